"""What the store role said of tagged units, as link.db has it. The agent writes, the till beside it reads."""

import msgspec

from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step, has_table
from retail_core.wire.claim_rounds import UnitsReply

UNIT_ANSWER_STEP: Step = (
    "CREATE TABLE unit_answer (ask_id TEXT PRIMARY KEY, reply BLOB NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX unit_answer_at ON unit_answer (at_ms)",
)
KEEP_ANSWERS_MS = 3_600_000


class UnitAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """`reply` is None when nobody could be asked; what it gives is given until `until_ms`."""

    reply: UnitsReply | None = None
    until_ms: int = 0


def put_unit_answer(conn: Connection, ask_id: str, reply: UnitsReply | None, now_ms: int) -> None:
    """Inside the caller's transaction; old answers go."""
    body = msgspec.json.encode(UnitAnswer(reply, now_ms + (reply.for_ms if reply else 0)))
    conn.execute("INSERT OR REPLACE INTO unit_answer (ask_id, reply, at_ms) VALUES (?,?,?)", (ask_id, body, now_ms))
    conn.execute("DELETE FROM unit_answer WHERE at_ms < ?", (now_ms - KEEP_ANSWERS_MS,))


def unit_answer(conn: Connection, ask_id: str) -> UnitAnswer | None:
    """None while there is no answer yet, or from an agent that knows no such question."""
    if not has_table(conn, "unit_answer"):
        return None
    row = conn.execute("SELECT reply FROM unit_answer WHERE ask_id = ?", (ask_id,)).fetchone()
    return msgspec.json.decode(row[0], type=UnitAnswer) if row else None
