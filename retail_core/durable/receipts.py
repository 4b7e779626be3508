"""Receipts asked for elsewhere, as link.db has the answers: the agent writes, the till beside it reads."""

import msgspec

from retail_core.domain.receipts import FoundReceipt
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step

RECEIPT_ANSWER_STEP: Step = (
    """CREATE TABLE receipt_answer (
        ask_id TEXT PRIMARY KEY, doc BLOB NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX receipt_answer_at ON receipt_answer (at_ms)",
)
KEEP_MS = 600_000
NOBODY_HAS_IT = b""


class ReceiptAnswer(msgspec.Struct, frozen=True):
    """What was found; None when nobody who could be asked has it."""

    found: FoundReceipt | None = None


def put_receipt_answer(conn: Connection, ask_id: str, found: FoundReceipt | None, now_ms: int) -> None:
    """Inside the caller's transaction; answers nobody can be waiting for any more go."""
    conn.execute("DELETE FROM receipt_answer WHERE at_ms < ?", (now_ms - KEEP_MS,))
    doc = msgspec.json.encode(found) if found else NOBODY_HAS_IT
    conn.execute("INSERT OR REPLACE INTO receipt_answer (ask_id, doc, at_ms) VALUES (?,?,?)", (ask_id, doc, now_ms))


def receipt_answer(conn: Connection, ask_id: str) -> ReceiptAnswer | None:
    """None while there is no answer yet."""
    row = conn.execute("SELECT doc FROM receipt_answer WHERE ask_id = ?", (ask_id,)).fetchone()
    if row is None:
        return None
    return ReceiptAnswer(msgspec.json.decode(row[0], type=FoundReceipt) if row[0] else None)
