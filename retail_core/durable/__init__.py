"""How facts survive: keyed SQLite files, the append-only chained journal, and the tables two programs read."""
