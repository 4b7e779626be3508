"""What every fact does to the open drawer session, in the transaction that writes it. On the writer's thread.

Nothing here refuses: a sale that finds no session open begins one with an empty float, and the journal says so.
"""

from datetime import datetime

import msgspec

from pos_app.storage import drawer
from pos_app.storage.sales import ReceiptNumber
from pos_app.storage.store import TillStore
from retail_core.domain.drawer import (
    DrawerAct,
    DrawerSession,
    ReceiptRange,
    SessionTotals,
    business_date_of_session,
)
from retail_core.domain.drawer_events import DrawerOpened
from retail_core.domain.drawer_totals import with_note, with_sale
from retail_core.domain.events import AuditNoted, SaleCompleted

Owed = tuple[tuple[AuditNoted, str], ...]
"""Notes that are to be written, each with the id of whoever did it."""
BEGINS_SESSION = frozenset({"line_voided", "sale_voided"})


def open_session(store: TillStore, operator_id: str, opened: DrawerOpened) -> DrawerSession:
    """Begin a session inside `unit()`; its trading day is never before the last session's."""
    at = store.now_ms()
    biz_date = business_date_of_session(store.date_by_clock(at), drawer.last_date(store.conn))
    session = DrawerSession(
        opened.session_id, opened.drawer, biz_date, opened.currency, at, operator_id, opened.float_minor, opened.by_itself
    )  # fmt: skip
    store.session = session  # the event already belongs to the session's trading day
    drawer.begin(store.conn, session)
    store.append(opened, operator_id)
    return session


def session_for_sale(store: TillStore, operator_id: str) -> DrawerSession:
    """The open session; inside `unit()` one begins by itself when there is none."""
    if store.session is not None:
        return store.session
    opened = DrawerOpened(store.new_id(), store.drawer, store.config.currency, 0, by_itself=True)
    return open_session(store, operator_id, opened)


def note_sale(store: TillStore, sale: SaleCompleted, number: ReceiptNumber, at_ms: int) -> None:
    """Add a paid sale to the session, inside `unit()`: one statement, the same work after one sale and after a thousand."""
    session = store.session
    if session is None:
        return
    receipt = ReceiptRange(number.series, number.counter, number.counter, sale.receipt, sale.receipt)
    hour = datetime.fromtimestamp(at_ms / 1000, store.zone).hour
    _put(store, session.after(DrawerAct.SELL), with_sale(session.totals, sale, receipt, hour))


def append_owed(store: TillStore, owed: Owed) -> None:
    """The same for notes of several people."""
    for note, operator_id in owed:
        append_notes(store, (note,), operator_id)


def append_notes(store: TillStore, notes: tuple[AuditNoted, ...], operator_id: str) -> None:
    """Journal audit notes inside `unit()`; the session counts those a report tells.

    A void before the first sale of a session begins one: nothing that a Z tells stands outside of one.
    """
    for note in notes:
        if note.what in BEGINS_SESSION:
            session_for_sale(store, operator_id)
        store.append(note, operator_id)
        session = store.session
        if session is not None and (totals := with_note(session.totals, note)) is not session.totals:
            _put(store, session, totals)


def _put(store: TillStore, session: DrawerSession, totals: SessionTotals) -> None:
    store.session = msgspec.structs.replace(session, totals=totals)
    drawer.keep(store.conn, store.session)
