"""What this till's people chose for this till alone: small named values, written by the writer, read at the start."""

from contextlib import closing

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import Connection, faults, open_ro
from retail_core.durable.home import Home
from retail_core.durable.migrate import Step

MAX_VALUE_CHARS = 4_000
PREFERENCE_STEP: Step = ("CREATE TABLE preference (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",)
"""The table, as a step of till.db's."""


def read_prefs(conn: Connection) -> dict[str, str]:
    return dict(conn.execute("SELECT name, value FROM preference").fetchall())


def prefs_of(home: Home) -> dict[str, str]:
    """What was chosen for the till of this folder, before it is opened; nothing from a file that cannot be read."""
    file = home.till_db
    if not file.exists():
        return {}
    try:
        with closing(open_ro(file, home.keys.file_key(file.name))) as conn, faults(file):
            there = conn.execute("SELECT 1 FROM sqlite_master WHERE name = 'preference'").fetchone()
            return read_prefs(conn) if there else {}
    except EnvironmentFault:
        return {}  # whoever opens the file to write says what is wrong with it


def put_pref(conn: Connection, name: str, value: str) -> None:
    """An empty value takes the choice back."""
    if value:
        conn.execute("INSERT OR REPLACE INTO preference (name, value) VALUES (?, ?)", (name, value[:MAX_VALUE_CHARS]))
    else:
        conn.execute("DELETE FROM preference WHERE name = ?", (name,))
