"""Receipts this till asks its store and head office for, by way of the agent beside it, which reads them here."""

from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step

RECEIPT_ASK_STEP: Step = (
    "CREATE TABLE receipt_ask (ask_id TEXT PRIMARY KEY, receipt TEXT NOT NULL, at_ms INTEGER NOT NULL) WITHOUT ROWID",
)
KEEP_MS = 600_000


def put_receipt_ask(conn: Connection, ask_id: str, receipt: str, now_ms: int) -> None:
    """Ask; older questions, which nobody waits for any more, go."""
    conn.execute("DELETE FROM receipt_ask WHERE at_ms < ?", (now_ms - KEEP_MS,))
    conn.execute("INSERT INTO receipt_ask (ask_id, receipt, at_ms) VALUES (?,?,?)", (ask_id, receipt, now_ms))
