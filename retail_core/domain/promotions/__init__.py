"""Promotions: what they are (`model`), what each kind takes off (`offers`), and how a basket chooses (`engine`)."""
