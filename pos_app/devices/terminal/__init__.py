"""Card terminals. What is paid is written down before the first byte goes out, and asked for again when in doubt."""
