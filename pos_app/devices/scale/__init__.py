"""Scales at the counter: three protocols without I/O, and one driver that polls them."""
