"""Numbered schema steps kept in `PRAGMA user_version`: a copy is made first, and a newer file is refused.

Steps only ever widen (expand, later contract), so the program one version back can still read the file.
"""

from collections.abc import Sequence
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import Connection, faults, transaction

Step = Sequence[str]


def ensure_schema(conn: Connection, path: Path, steps: Sequence[Step]) -> None:
    """Bring a file to the newest schema, which is version `len(steps)`.

    An existing older file is first copied to `<name>.v<old>.bak` beside it. Another program that reads the file meanwhile
    sees all of the new tables or none. Raises EnvironmentFault `db.newer_than_program` when the file was written by a
    later release; nothing is changed then.
    """
    found = conn.execute("PRAGMA user_version").fetchone()[0]
    if found > len(steps):
        raise EnvironmentFault("db.newer_than_program", file=path.name, found=found, known=len(steps))
    if found == len(steps):
        return
    if found:
        backup = path.with_suffix(f"{path.suffix}.v{found}.bak")
        backup.unlink(missing_ok=True)
        with faults(path):
            conn.execute("VACUUM INTO ?", (str(backup),))
    with transaction(conn, path):
        for step in steps[found:]:
            for statement in step:
                conn.execute(statement)
        conn.execute(f"PRAGMA user_version = {len(steps)}")


def check_readable(conn: Connection, path: Path, known: int) -> None:
    """A reader's check: raises `db.newer_than_program` or, before the writer made the tables, `db.not_ready`."""
    found = conn.execute("PRAGMA user_version").fetchone()[0]
    if found > known:
        raise EnvironmentFault("db.newer_than_program", file=path.name, found=found, known=known)
    if found == 0:
        raise EnvironmentFault("db.not_ready", file=path.name)


def has_table(conn: Connection, name: str) -> bool:
    """For a reader whose release may be newer than that of the file's writer."""
    return conn.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (name,)).fetchone() is not None
