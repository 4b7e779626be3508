"""What this till's people chose for this till alone: small named values, written by the writer, read at the start."""

from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step

MAX_VALUE_CHARS = 4_000
PREFERENCE_STEP: Step = ("CREATE TABLE preference (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",)
"""The table, as a step of till.db's."""


def read_prefs(conn: Connection) -> dict[str, str]:
    return dict(conn.execute("SELECT name, value FROM preference").fetchall())


def put_pref(conn: Connection, name: str, value: str) -> None:
    """An empty value takes the choice back."""
    if value:
        conn.execute("INSERT OR REPLACE INTO preference (name, value) VALUES (?, ?)", (name, value[:MAX_VALUE_CHARS]))
    else:
        conn.execute("DELETE FROM preference WHERE name = ?", (name,))
