"""Label printers: what they say about themselves, and how labels get to them."""
