"""What happened in a drawer session that may explain a difference. Asked for at a count only, never by a report."""

from collections.abc import Iterator

import msgspec

from pos_app.storage import drawer
from retail_core.domain.drawer import DrawerSession, MoveKind
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import uuid7
from retail_core.domain.payments import Stage
from retail_core.domain.tender import TenderKind
from retail_core.domain.variance import CauseKind, Trace, of_cash, of_move, of_other_tender
from retail_core.durable.engine import Connection

MAX_SALES = 20_000
DAY_MS = 24 * 3_600_000
LOWEST = bytes(10)
_NOTED = {
    "audit.line_voided": CauseKind.LINE_VOIDED,
    "audit.sale_voided": CauseKind.SALE_VOIDED,
    "audit.card_doubt_settled": CauseKind.CARD_DOUBT,
}
_CARDS = {Stage.REVERSED: CauseKind.TENDER_CORRECTED}


def traces(conn: Connection, session: DrawerSession) -> tuple[Trace, ...]:
    """Everything of the session that `variance.causes` can weigh."""
    return (
        *_of_session(conn, session),
        *_of_sales(conn, session),
        *_of_notes(conn, session),
        *_of_cards(conn, session),
    )


def _of_session(conn: Connection, session: DrawerSession) -> Iterator[Trace]:
    if session.by_itself and not session.totals.moved(MoveKind.FLOAT).count:
        yield Trace(CauseKind.FLOAT_UNSAID, 0, session.opened_ms, session.opened_by)
    for move in drawer.moves_of(conn, session.session_id):
        yield from of_move(move.kind, move.amount_minor, move.at_ms, move.operator, move.reason)


def _of_sales(conn: Connection, session: DrawerSession) -> Iterator[Trace]:
    for receipts in session.totals.receipts:
        rows = conn.execute(
            "SELECT s.receipt, s.at_ms, s.operator_id, s.change_minor, t.kind, t.amount_minor, t.given_minor"
            " FROM sale s JOIN tender t ON t.sale_id = s.sale_id"
            " WHERE s.series = ? AND s.counter BETWEEN ? AND ? LIMIT ?",
            (receipts.series, receipts.first, receipts.last, MAX_SALES),
        )
        for receipt, at_ms, operator, change_minor, kind, amount_minor, given_minor in rows:
            if kind == TenderKind.CASH:
                yield from of_cash(receipt, amount_minor, given_minor, change_minor, at_ms, operator)
            else:
                back_minor = given_minor - amount_minor if kind == TenderKind.CARD else 0
                yield from of_other_tender(receipt, amount_minor, back_minor, at_ms, operator)


def _of_notes(conn: Connection, session: DrawerSession) -> Iterator[Trace]:
    rows = conn.execute(
        "SELECT type, at, actor, body FROM event WHERE n > ? AND type IN (?, ?, ?)",
        (drawer.opened_n(conn, session.session_id), *_NOTED),
    )
    for type_, at_ms, actor, body in rows:
        note = msgspec.json.decode(body, type=AuditNoted)
        yield Trace(_NOTED[type_], note.amount_minor, at_ms, actor, note.subject)


def _of_cards(conn: Connection, session: DrawerSession) -> Iterator[Trace]:
    """Payments given back, and those nobody knows the end of. Their ids begin with the time of their sale."""
    rows = conn.execute(
        "SELECT stage, amount_minor, at_ms, tender_id FROM payment"
        " WHERE tender_id >= ? AND at_ms >= ? AND stage IN ('REVERSED', 'SENT', 'UNKNOWN', 'REVERSING')",
        (uuid7(max(0, session.opened_ms - DAY_MS), LOWEST), session.opened_ms),
    )
    for stage, amount_minor, at_ms, tender_id in rows:
        yield Trace(_CARDS.get(Stage(stage), CauseKind.CARD_DOUBT), amount_minor, at_ms, "", tender_id)
