"""The way up and down: which peer is talked to, what is sent there, what is pulled from there."""
