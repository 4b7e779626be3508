"""Price check: what one of it costs, and why, without touching the basket."""
