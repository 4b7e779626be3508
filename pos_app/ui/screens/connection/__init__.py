"""The connection page: which part of the way to head office works, what waits, and what to do."""
