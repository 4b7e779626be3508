"""Receipt printers: what they say about themselves, and how bytes get to them."""
