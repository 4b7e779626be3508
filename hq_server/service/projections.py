"""From facts to figures: what an event changes at HQ, and what makes an event one we only keep.

A fact that parses and chains is never refused. One this program does not know, or that breaks a rule no honest till
breaks, is quarantined: stored, shown, applied again after an upgrade. Everything else is applied, negative stock included.
"""

from collections.abc import Sequence

import msgspec

from hq_server.service import (
    baskets,
    coupons,
    customers,
    fulfilment,
    locks,
    loyalty,
    mails,
    returns,
    shelves,
    units,
    value,
)
from hq_server.service import bought as histories
from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import TODAY, Hq, sha256
from hq_server.storage import cashier_acts, drawers, receipts, sales, stock, streams
from hq_server.storage.database import Unit
from hq_server.storage.sales import Sold
from hq_server.storage.stock import MovedFrom
from retail_core.domain.cases import CaseKind
from retail_core.domain.cashier_acts import noted_acts
from retail_core.domain.drawer_events import DayClosed, DrawerClosed
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import (
    BasketRecalled,
    CustomerConsented,
    CustomerCreated,
    Event,
    FulfilmentEvent,
    InvoiceIssued,
    MailWanted,
    SaleCompleted,
    StockCounted,
    TillLocked,
)
from retail_core.domain.saledata import MAX_LINES, MAX_TOTAL_MINOR
from retail_core.domain.stock import StockMovement, movements_of
from retail_core.domain.value import ValueMoved, checked
from retail_core.trust.locks import MAX_NODES
from retail_core.wire.envelope import Entry, StreamEntry, StreamId
from retail_core.wire.events import decode_event

MAX_TEXT_CHARS = 200
MAX_ROWS = 2 * MAX_LINES
BIGGEST_MILLI = 10**12
BIGGEST_FIGURE = 2**53
JSON_NUL = b"\\u0000"


class Fact(msgspec.Struct, frozen=True):
    """An entry with its event, understood and checked."""

    stream: StreamId
    seq: int
    entry: Entry
    event: Event
    movements: tuple[StockMovement, ...]


def digest(body: bytes) -> bytes:
    """SHA-256 of a body: what decides "same id, other content"."""
    return sha256(body)


def understand(stream: StreamId, placed: StreamEntry) -> Fact:
    """`stream` and position are those by which the entry came here first.

    Raises RuleViolationError (UnknownEventError, BadEventError, `event.*`) for what can only be quarantined.
    """
    entry = placed.entry
    if JSON_NUL in entry.body:
        raise RuleViolationError("event.bad_text", type=entry.type[:60])
    event = decode_event(entry.type, entry.v, entry.body)
    if isinstance(event, SaleCompleted):  # nearly all of them
        _check_sale(event)
    else:
        _check_event(event)
    movements = movements_of(event)
    _check_movements(movements)
    _check_head(entry)
    return Fact(stream, placed.seq, entry, event, movements)


def apply(hq: Hq, unit: Unit, store: str, facts: Sequence[Fact]) -> None:
    """Change everything new facts of one store change: sales, stock, orders, exception cases."""
    now_ms = hq.clock.now_ms()
    sold = [
        Sold(fact.event, fact.entry.node, fact.entry.actor, fact.entry.biz_date, fact.entry.at)
        for fact in facts
        if isinstance(fact.event, SaleCompleted)
    ]
    sales.add_sales(unit, store, sold, now_ms)
    receipts.note(unit, store, [(f.entry, f.event) for f in facts if isinstance(f.event, SaleCompleted)])
    moves = [(_position(fact), movement) for fact in facts for movement in fact.movements]
    counted = [
        shelves.Counted(streams.key_of(fact.entry), fact.entry, fact.event)
        for fact in facts
        if isinstance(fact.event, StockCounted)
    ]
    below_zero = stock.move(unit, store, moves, now_ms, {one.event.sku for one in counted})
    moved = [shelves.Moved(fact.entry, fact.movements) for fact in facts if fact.movements]
    below_zero = shelves.follow(hq, unit, store, counted, moved, below_zero)
    open_cases(
        unit,
        [
            new_case(hq, CaseKind.NEGATIVE_STOCK, store, sku, {"task": "count", "sku": sku, "sellable_milli": qty})
            for sku, qty in below_zero
        ],
    )
    about_orders = [
        fulfilment.OrderFact(fact.entry, fact.event) for fact in facts if isinstance(fact.event, FulfilmentEvent)
    ]
    if about_orders:
        fulfilment.fold(hq, unit, store, about_orders)
    _about_customers(hq, unit, store, facts)
    drawers.keep_closed(unit, store, [(f.entry, f.event) for f in facts if isinstance(f.event, DrawerClosed)])
    drawers.keep_days(unit, store, [(f.entry, f.event) for f in facts if isinstance(f.event, DayClosed)])
    cashier_acts.add(unit, store, [(fact.entry, act) for fact in facts for act in noted_acts(fact.event)])
    value.fold(hq, unit, store, [(fact.entry, fact.event) for fact in facts if isinstance(fact.event, ValueMoved)])
    loyalty.follow(hq, unit, sold, [fact.event for fact in facts if isinstance(fact.event, ValueMoved)])
    returns.watch(hq, unit, store, [one.sale for one in sold])
    units.watch(hq, unit, store, [one.sale for one in sold])
    baskets.watch(hq, unit, store, [(f.entry, f.event) for f in facts if isinstance(f.event, BasketRecalled)])
    locks.watch(hq, unit, store, [(fact.entry, fact.event) for fact in facts if isinstance(fact.event, TillLocked)])
    mails.want(hq, unit, store, [(fact.entry, fact.event) for fact in facts if isinstance(fact.event, MailWanted)])
    if sold or moves:
        unit.changed.add(TODAY)


def _about_customers(hq: Hq, unit: Unit, store: str, facts: Sequence[Fact]) -> None:
    people = [
        customers.PersonFact(fact.entry, fact.event)
        for fact in facts
        if isinstance(fact.event, CustomerCreated | CustomerConsented)
    ]
    if people:
        customers.fold(hq, unit, store, people)
    bought = {
        fact.event.customer: fact.entry.at
        for fact in facts
        if isinstance(fact.event, SaleCompleted) and fact.event.customer
    }
    if bought:
        customers.note_bought(hq, unit, store, bought)
    sold = [(fact.event, fact.entry.at) for fact in facts if isinstance(fact.event, SaleCompleted)]
    histories.note(hq, unit, store, sold)
    coupons.note_used(hq, unit, store, sold)


def _position(fact: Fact) -> MovedFrom:
    return MovedFrom(fact.stream.node, fact.stream.epoch, fact.seq, fact.entry.actor, fact.entry.at)


def _check_event(event: Event) -> None:
    if isinstance(event, FulfilmentEvent) and not 0 < event.order_v < 2**31:
        raise RuleViolationError("event.bad_order_version", order_v=event.order_v)
    if isinstance(event, ValueMoved):
        _check_texts(
            [event.move_id, event.instrument, event.currency, event.tail, event.sale_id, event.expires, event.reason]
        )
        checked(event)
    if isinstance(event, DrawerClosed | DayClosed):
        _check_close(event)
    if isinstance(event, InvoiceIssued | MailWanted):
        _check_texts([event.receipt, event.commit])
    if isinstance(event, StockCounted):
        _check_texts([event.sku, event.count_id, *event.cut])
        shelves.check(event)
    if isinstance(event, TillLocked):
        _check_texts([*event.nodes, event.register, event.why, event.by, event.heard_from])
        if not 0 < len(event.nodes) <= MAX_NODES or not 0 < event.n < BIGGEST_FIGURE:
            raise RuleViolationError("event.bad_head", what="a number")
    if isinstance(event, BasketRecalled):
        _check_texts([event.sale_id, event.as_sale])
        if not 0 <= event.put_ms < BIGGEST_FIGURE:
            raise RuleViolationError("event.bad_head", what="a number")


def _check_sale(sale: SaleCompleted) -> None:
    lines = sum([line.amount_minor for line in sale.lines])
    added = sum([part.added_minor for part in sale.taxes])
    paid = sum([tender.amount_minor for tender in sale.tenders])
    # a cash rounding may be part of the total or beside it; both are sums of the same figures
    off = sale.total_minor - lines - added
    if (off and off != sale.rounding_minor) or (
        paid != sale.total_minor and paid != sale.total_minor + sale.rounding_minor
    ):
        raise RuleViolationError("event.sale_sums_differ", total=sale.total_minor, lines=lines + added, paid=paid)
    figures = [sale.total_minor, sale.change_minor, sale.rounding_minor]
    texts = [sale.sale_id, sale.receipt, sale.currency, sale.order_id or ""]
    numbers: set[int] = set()
    for line in sale.lines:
        numbers.add(line.n)
        figures += (line.n, line.qty_milli, line.unit_minor, line.amount_minor, line.tax_minor)
        texts += (line.sku, line.tax_class, line.book)
        if line.back:
            texts.append(line.back.receipt)
    if len(sale.lines) > MAX_LINES or len(numbers) != len(sale.lines):
        raise RuleViolationError("event.bad_lines", lines=len(sale.lines))
    for tender in sale.tenders:
        figures += (tender.amount_minor, tender.given_minor)
    figures += [part.tax_minor for part in sale.taxes]
    if max(figures) > MAX_TOTAL_MINOR or min(figures) < -MAX_TOTAL_MINOR:
        raise RuleViolationError("event.bad_amount", total=str(sale.total_minor)[:40])
    _check_texts(texts)


def _check_close(event: DrawerClosed | DayClosed) -> None:
    totals, texts, figures = event.totals, [event.drawer, event.currency], [event.variance_minor]
    if isinstance(event, DrawerClosed):
        texts += [event.session_id, event.series, event.opened_by, event.reason, event.by]
        figures += [event.z_number, event.opened_ms, event.counted_minor, event.expected_minor]
    figures += [totals.sales.count, totals.sales.minor, totals.tax_minor]
    if any(abs(figure) >= BIGGEST_FIGURE for figure in figures):
        raise RuleViolationError("event.bad_amount", drawer=event.drawer[:40])
    _check_texts(texts)


def _check_movements(movements: Sequence[StockMovement]) -> None:
    if len(movements) > MAX_ROWS:
        raise RuleViolationError("event.bad_lines", lines=len(movements))
    texts: list[str] = []
    for movement in movements:
        if not 0 < movement.qty_milli <= BIGGEST_MILLI or movement.from_state is movement.to_state:
            raise RuleViolationError("event.bad_movement", n=movement.n, qty_milli=str(movement.qty_milli)[:40])
        texts += (movement.sku, movement.lot or "", movement.serial or "", movement.reason, movement.document)
    _check_texts(texts)


def _check_head(entry: Entry) -> None:
    if any(not 0 <= value < BIGGEST_FIGURE for value in (entry.seq, entry.at)) or abs(entry.clock) >= BIGGEST_FIGURE:
        raise RuleViolationError("event.bad_head", what="a number")
    texts = [entry.id, entry.node, entry.epoch, entry.type, entry.biz_date, entry.actor]
    if "\x00" in "".join(texts) or len(entry.biz_date) > 10:
        raise RuleViolationError("event.bad_head", what="a text")
    _check_texts(texts)


def _check_texts(texts: Sequence[str]) -> None:
    if max(map(len, texts), default=0) > MAX_TEXT_CHARS:
        raise RuleViolationError("event.text_too_long", limit=MAX_TEXT_CHARS)
