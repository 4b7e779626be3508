"""The return screen: a receipt, the goods of it that come back, why, and where they go."""
