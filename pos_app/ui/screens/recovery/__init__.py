"""The machine that stood here before: what was seen of it, and its disk when it is found."""
