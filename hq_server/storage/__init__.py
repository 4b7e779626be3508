"""HQ's tables and the only place with SQL; one schema for embedded SQLite and PostgreSQL."""
