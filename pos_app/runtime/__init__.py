"""The till's own threads: the one that writes till.db, the one that prints, the one that searches, and the wake line."""
