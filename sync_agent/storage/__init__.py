"""The agent's files and every SQL statement on them. Used on one thread of their own (`files.Files`)."""
