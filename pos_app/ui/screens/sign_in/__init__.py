"""Who is at the till: the PIN pad, and what the till shows while it is locked."""
