"""Facts about HQ, on both databases."""
