"""When each member of staff signed in at this till last, and by what."""

from collections.abc import Mapping

import msgspec

from retail_core.durable.engine import Connection


class SeenHere(msgspec.Struct, frozen=True):
    at_ms: int
    how: str  # "pin" | "badge"


def note_here(conn: Connection, operator_id: str, seen: SeenHere) -> None:
    conn.execute(
        "INSERT OR REPLACE INTO staff_here (operator_id, at_ms, how) VALUES (?,?,?)",
        (operator_id, seen.at_ms, seen.how),
    )


def seen_here(conn: Connection) -> Mapping[str, SeenHere]:
    """By operator, who was here last first."""
    rows = conn.execute("SELECT operator_id, at_ms, how FROM staff_here ORDER BY at_ms DESC, operator_id")
    return {operator_id: SeenHere(at_ms, how) for operator_id, at_ms, how in rows}
