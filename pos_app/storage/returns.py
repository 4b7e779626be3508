"""What came back of each line of a receipt, on this till. The tables refuse more than was sold, and a second reversal."""

from collections.abc import Iterable, Mapping

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SoldLine
from retail_core.domain.receipts import PaidReceipt
from retail_core.domain.returns import NOTHING, Part, ReturnReason
from retail_core.domain.shared import SharedReturns
from retail_core.durable.engine import Connection, IntegrityError

MORE_THAN_SOLD, VOIDED = "return.more_than_sold", "receipt.voided"


def know_lines(conn: Connection, receipt: PaidReceipt) -> None:
    """Keep what was sold, inside the caller's transaction; what is known already stays as it is."""
    conn.executemany(
        "INSERT OR IGNORE INTO bought_line (receipt, n, sold_milli, sold_minor) VALUES (?,?,?,?)",
        [(receipt.number, line.n, line.qty_milli, line.amount_minor) for line in receipt.lines],
    )


def came_back(conn: Connection, receipt: str) -> Mapping[int, Part]:
    """What of each line came back before."""
    rows = conn.execute("SELECT n, back_milli, back_minor FROM bought_line WHERE receipt = ?", (receipt,))
    return {n: Part(milli, minor) for n, milli, minor in rows}


def voided_by(conn: Connection, receipt: str) -> str:
    """The receipt that reversed this one; empty when none did."""
    row = conn.execute("SELECT by_receipt FROM post_void WHERE receipt = ?", (receipt,)).fetchone()
    return row[0] if row else ""


def elsewhere(told: SharedReturns | None, node: str) -> Mapping[int, Part]:
    """What of each line came back on other tills of the store."""
    found: dict[int, Part] = {}
    for part in told.parts if told else ():
        if part.node != node:
            before = found.get(part.n, NOTHING)
            found[part.n] = Part(before.qty_milli + part.qty_milli, before.minor + part.minor)
    return found


def note_returns(
    conn: Connection, lines: Iterable[SoldLine], by_receipt: str, in_store: Mapping[str, SharedReturns], node: str
) -> None:
    """Count what comes back, in the transaction of the sale it comes back with. `in_store`: what the store's tills took back.

    Raises RuleViolationError `return.more_than_sold` or `receipt.voided`, and then nothing of the sale is written.
    """
    reversed_now: set[str] = set()
    for line in lines:
        if line.back is None or not line.back.n:
            continue
        if line.back.reason is ReturnReason.POST_VOID:
            reversed_now.add(line.back.receipt)
        elif voided_by(conn, line.back.receipt) or _voided_in(in_store.get(line.back.receipt)):
            raise RuleViolationError(VOIDED, receipt=line.back.receipt)
        _count(conn, line.back.receipt, line.back.n, Part(line.qty_milli, -line.amount_minor))
        before = elsewhere(in_store.get(line.back.receipt), node).get(line.back.n)
        if before and not _fits(conn, line.back.receipt, line.back.n, before):
            raise RuleViolationError(MORE_THAN_SOLD, receipt=line.back.receipt, n=line.back.n)
    for receipt in sorted(reversed_now):
        note_post_void(conn, receipt, by_receipt)


def note_post_void(conn: Connection, receipt: str, by_receipt: str) -> None:
    """A receipt is reversed whole. Raises RuleViolationError `receipt.voided` when it was before."""
    try:
        conn.execute("INSERT INTO post_void (receipt, by_receipt) VALUES (?,?)", (receipt, by_receipt))
    except IntegrityError as twice:
        raise RuleViolationError(VOIDED, receipt=receipt) from twice


def _count(conn: Connection, receipt: str, n: int, back: Part) -> None:
    try:
        counted = conn.execute(
            "UPDATE bought_line SET back_milli = back_milli + ?, back_minor = back_minor + ? WHERE receipt = ? AND n = ?",
            (back.qty_milli, back.minor, receipt, n),
        ).rowcount
    except IntegrityError as over:
        raise RuleViolationError(MORE_THAN_SOLD, receipt=receipt, n=n) from over
    if counted != 1:
        raise RuleViolationError("return.unknown_line", receipt=receipt, n=n)


def _fits(conn: Connection, receipt: str, n: int, before: Part) -> bool:
    row = conn.execute(
        "SELECT back_milli + ? <= sold_milli FROM bought_line WHERE receipt = ? AND n = ?",
        (before.qty_milli, receipt, n),
    ).fetchone()
    return bool(row and row[0])


def _voided_in(told: SharedReturns | None) -> bool:
    return bool(told and told.voided_by)
