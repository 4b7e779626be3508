"""Questions to the store role, by way of the agent beside this till, which reads them here."""

from collections.abc import Mapping

from retail_core.domain.claims import Thing
from retail_core.durable.engine import Connection

KEEP_MS = 600_000


def put_asks(conn: Connection, asked: Mapping[str, Thing], for_ms: int, now_ms: int) -> None:
    """Ask for things, for no time to give them back; older questions, which nobody waits for any more, go."""
    conn.execute("DELETE FROM claim_ask WHERE at_ms < ?", (now_ms - KEEP_MS,))
    conn.executemany(
        "INSERT INTO claim_ask (ask_id, kind, key, for_ms, at_ms) VALUES (?,?,?,?,?)",
        [(ask_id, kind.value, key, for_ms, now_ms) for ask_id, (kind, key) in asked.items()],
    )
