"""Questions to the store role, by way of the agent beside this till, which reads them here."""

from collections.abc import Mapping, Sequence

import msgspec

from retail_core.domain.claims import Thing
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step

UNIT_ASK_STEP: Step = (
    # all tagged units of a sale in one question
    """CREATE TABLE unit_ask (
        ask_id TEXT PRIMARY KEY, epcs BLOB NOT NULL, for_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID""",
)
KEEP_MS = 600_000


def put_asks(conn: Connection, asked: Mapping[str, Thing], for_ms: int, now_ms: int) -> None:
    """Ask for things, for no time to give them back; older questions, which nobody waits for any more, go."""
    conn.execute("DELETE FROM claim_ask WHERE at_ms < ?", (now_ms - KEEP_MS,))
    conn.executemany(
        "INSERT INTO claim_ask (ask_id, kind, key, for_ms, at_ms) VALUES (?,?,?,?,?)",
        [(ask_id, kind.value, key, for_ms, now_ms) for ask_id, (kind, key) in asked.items()],
    )


def put_unit_ask(conn: Connection, ask_id: str, epcs: Sequence[str], for_ms: int, now_ms: int) -> None:
    """The same for tagged units."""
    conn.execute("DELETE FROM unit_ask WHERE at_ms < ?", (now_ms - KEEP_MS,))
    conn.execute(
        "INSERT INTO unit_ask (ask_id, epcs, for_ms, at_ms) VALUES (?,?,?,?)",
        (ask_id, msgspec.json.encode(epcs), for_ms, now_ms),
    )
