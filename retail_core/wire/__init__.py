"""How facts are written: the entry and its hashes, events by kind and version, batches, and protocol messages."""
