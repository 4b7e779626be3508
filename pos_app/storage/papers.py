"""Full invoices this till has issued, one of a receipt. Whom they name stands in the journal's private part alone."""

import msgspec

from pos_app.storage.sales import COUNTER_DIGITS
from retail_core.domain.errors import RuleViolationError
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step

PAPER_STEP: Step = (
    # the counter is taken inside the invoice's transaction, so numbers have no gaps; they are counted by themselves
    """CREATE TABLE invoice (
        receipt TEXT PRIMARY KEY, invoice TEXT NOT NULL UNIQUE, series TEXT NOT NULL,
        counter INTEGER NOT NULL CHECK (counter > 0), event_id TEXT NOT NULL, at_ms INTEGER NOT NULL,
        UNIQUE (series, counter)) WITHOUT ROWID""",
)
INVOICE_MARK = "I"
_SELECT = "SELECT i.receipt, i.invoice, i.at_ms, p.part FROM invoice i LEFT JOIN private p ON p.id = i.event_id"


class Invoice(msgspec.Struct, frozen=True):
    """An invoice of a receipt. `private` holds its buyer; it is empty once that was erased."""

    receipt: str
    number: str
    at_ms: int
    private: bytes = b""


def next_invoice(conn: Connection, receipt: str, prefix: str, series: str, at_ms: int) -> tuple[Invoice, int]:
    """The next invoice of a series and its counter, inside the caller's transaction. Raises `invoice.exists`."""
    there = invoice_of(conn, receipt)
    if there:
        raise RuleViolationError("invoice.exists", invoice=there.number, receipt=receipt)
    (counter,) = conn.execute(
        "SELECT coalesce(max(counter), 0) + 1 FROM invoice WHERE series = ?", (series,)
    ).fetchone()
    return Invoice(receipt, f"{prefix}-{series}-{INVOICE_MARK}{counter:0{COUNTER_DIGITS}d}", at_ms), counter


def put_invoice(conn: Connection, invoice: Invoice, series: str, counter: int, event_id: str) -> None:
    conn.execute(
        "INSERT INTO invoice (receipt, invoice, series, counter, event_id, at_ms) VALUES (?,?,?,?,?,?)",
        (invoice.receipt, invoice.number, series, counter, event_id, invoice.at_ms),
    )


def invoice_of(conn: Connection, receipt: str) -> Invoice | None:
    """The invoice of a receipt, if there is one."""
    return _invoice(conn.execute(f"{_SELECT} WHERE i.receipt = ?", (receipt,)).fetchone())


def invoice_by_number(conn: Connection, number: str) -> Invoice | None:
    return _invoice(conn.execute(f"{_SELECT} WHERE i.invoice = ?", (number,)).fetchone())


def _invoice(row: tuple[str, str, int, bytes | None] | None) -> Invoice | None:
    return Invoice(row[0], row[1], row[2], row[3] or b"") if row else None
