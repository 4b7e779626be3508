"""Where head office speaks to other people's systems."""
