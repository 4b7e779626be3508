"""Where in this store's journals a receipt stands, for tills that hold a code without the lines."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.events import SaleCompleted
from retail_core.domain.receipts import FoundReceipt, paid_receipt
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.migrate import has_table
from retail_core.durable.receipts import put_receipt_answer
from sync_agent.storage.files import Files

MAX_ASKS = 8
ASK_VALID_MS = 5_000
"""Nobody waits for an older question any more."""


class ReceiptAsk(msgspec.Struct, frozen=True):
    """A receipt the till beside us waits for."""

    ask_id: str
    receipt: str


def note_receipt(conn: Connection, receipt: str, event_id: str) -> None:
    """Remember where it is, inside the caller's transaction; the first one of a number stays."""
    conn.execute("INSERT OR IGNORE INTO receipt_at (receipt, event_id) VALUES (?,?)", (receipt, event_id))


def receipt_here(files: Files, receipt: str) -> FoundReceipt | None:
    """A receipt of this store with its lines, from whichever journal here has it; tills know what came back here."""
    found = files.store.execute("SELECT event_id FROM receipt_at WHERE receipt = ?", (receipt,)).fetchone()
    if found is None:
        return None
    for history in (files.history, files.till_history()):
        fact = history.fact(found[0]) if history else None
        if fact is not None:
            return FoundReceipt(paid_receipt(msgspec.json.decode(fact.body, type=SaleCompleted), fact.at))
    return None


def receipt_asks(files: Files, now_ms: int) -> Sequence[ReceiptAsk]:
    """What the till beside us waits for, the oldest first."""
    conn = files.till()
    if conn is None or not has_table(conn, "receipt_ask"):
        return ()
    rows = conn.execute(
        "SELECT ask_id, receipt FROM receipt_ask WHERE at_ms > ? ORDER BY at_ms LIMIT ?",
        (now_ms - ASK_VALID_MS, MAX_ASKS),
    ).fetchall()
    known = {row[0] for row in files.link.execute("SELECT ask_id FROM receipt_answer")}
    return [ReceiptAsk(ask_id, receipt) for ask_id, receipt in rows if ask_id not in known]


def answer_receipt(files: Files, ask_id: str, found: FoundReceipt | None, now_ms: int) -> None:
    with transaction(files.link, files.link_path):
        put_receipt_answer(files.link, ask_id, found, now_ms)
