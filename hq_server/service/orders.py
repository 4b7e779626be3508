"""Orders: placed once per idempotency key, promised or refused as a whole, offered to a store, cancelled by its rules."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Annotated

import msgspec

from hq_server.service import fulfilment, journal, reservations, sourcing
from hq_server.service.context import Hq, sha256
from hq_server.service.fields import Id, Milli, Name, ShortText, TimeMs
from hq_server.storage import access, catalogue, feed, orders
from hq_server.storage.database import Connection, Unit
from hq_server.storage.orders import CustomerOrder, Fulfilment, Sourced, Step, StepOutcome
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import FINAL, Action, OrderDoc, OrderLine, Owner, State, apply
from retail_core.domain.ids import Gtin, OrderId, Sku, StoreId
from retail_core.domain.quantity import MAX_QUANTITY_MILLI, ONE, amount_minor
from retail_core.durable.reference import ItemDoc
from retail_core.trust.pickup import CODE_BYTES, code_from, code_hash, issue_pass

LEASE_MS = 30 * 60_000
LEASE_MARGIN_MS = 120_000  # a store's clock may be that wrong
DUE_AFTER_MS = 2 * 3_600_000
HOLD_MS = 7 * 86_400_000
MAX_OFFERS_UNASKED = 3
MAX_LINES = 100
MAX_LATE_PER_SWEEP = 200
FIRST_NUMBER = 10_001
SALT_BYTES = 16
TAIL_CHARS = 2


class WishLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What and how much, in thousandths."""

    sku: Id
    qty_milli: Milli


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order as a channel gives it. Without a store HQ chooses one; without times the shop's usual ones hold."""

    lines: Annotated[tuple[WishLine, ...], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    customer_name: Name
    channel: Id = "WEB"
    store: Id | None = None
    customer_ref: ShortText = ""
    paid: bool = True
    due_ms: TimeMs | None = None
    hold_until_ms: TimeMs | None = None


class Placed(msgspec.Struct, frozen=True):
    """An order with the customer's proofs. The code is in no database: only its salted hash is."""

    order: Fulfilment
    pickup_pass: str
    code: str
    repeated: bool


def place(hq: Hq, wish: Wish, idem_key: str, placed_by: str) -> Placed:
    """Place an order, once per channel and key.

    Raises RuleViolationError `order.key_reused` (same key, other order), `order.not_available`, `order.unknown_store`,
    `order.unknown_item`, `order.no_price`, `order.bad_line`, `order.bad_time`.
    """
    wished = sha256(msgspec.json.encode(wish))

    def work(unit: Unit) -> Placed:
        known = orders.customer_order_by_key(unit.conn, wish.channel, idem_key)
        if known is None:
            _check(hq, unit.conn, wish)
            made = _make(hq, unit, wish, idem_key, wished, placed_by)
            if made is not None:
                return _with_proofs(hq, made, repeated=False)
            known = orders.customer_order_by_key(unit.conn, wish.channel, idem_key)
        if known is None or not hmac.compare_digest(known.idem_sha256, wished):
            raise RuleViolationError("order.key_reused", key=idem_key[:60])
        return _with_proofs(hq, find(unit.conn, known.order_id), repeated=True)

    return hq.database.write(work)


def find(conn: Connection, order_id: str) -> Fulfilment:
    """Raises RuleViolationError `order.unknown`."""
    where = orders.where_is(conn, order_id)
    found = where and orders.fulfilment_of(conn, where[1], order_id)
    if not found:
        raise RuleViolationError("order.unknown", order=order_id[:60])
    return found


def cancel(hq: Hq, order_id: str, by: str) -> Fulfilment:
    """Cancel what HQ still owns; ask the store for what it already works on. Asking twice changes nothing more.

    Raises RuleViolationError `order.unknown` or `order.already_closed`.
    """

    def work(unit: Unit) -> Fulfilment:
        where = orders.where_is(unit.conn, order_id)
        held = where and orders.lock_fulfilment(unit, where[1], order_id)
        if not held:
            raise RuleViolationError("order.unknown", order=order_id[:60])
        doc = held.doc
        if doc.state is State.CANCELLED or doc.cancel_requested:
            return held
        if doc.state in FINAL:
            raise RuleViolationError("order.already_closed", order=doc.number, state=doc.state.value)
        if doc.owner is Owner.STORE:
            return _say(hq, unit, held, msgspec.structs.replace(doc, cancel_requested=True), "cancel_requested", by)
        reservations.release(unit, doc)
        return _say(hq, unit, held, apply(doc, Action.CANCEL), "cancel_confirmed", by)

    return hq.database.write(work)


def renew_late_offers(hq: Hq) -> int:
    """Housekeeping: an offer nobody accepted in time is offered again at the same place, without a new version.

    A pickup is never moved to another store behind the customer's back; after three offers somebody must decide.
    Returns how many offers were late.
    """
    now_ms = hq.clock.now_ms()
    late = hq.database.read(lambda conn: orders.late_offers(conn, now_ms - LEASE_MARGIN_MS, MAX_LATE_PER_SWEEP))
    for store, order_id in late:

        def work(unit: Unit, store: str = store, order_id: str = order_id) -> None:
            held = orders.lock_fulfilment(unit, store, order_id)
            if held is None or held.doc.state is not State.OFFERED or held.doc.lease_until_ms > now_ms:
                return
            doc = msgspec.structs.replace(held.doc, lease_until_ms=now_ms + LEASE_MS)
            renewed = msgspec.structs.replace(held, doc=doc, offers=held.offers + 1)
            fulfilment.save(hq, unit, renewed)
            if renewed.offers > MAX_OFFERS_UNASKED:
                fulfilment.report_unaccepted(hq, unit, renewed)

        hq.database.write(work)
    return len(late)


def detail(conn: Connection, order_id: str) -> tuple[Fulfilment, dict[int, int], Sequence[Step]]:
    """An order, its unit prices by line number, and every fact about it. Raises `order.unknown`."""
    held = find(conn, order_id)
    store = held.doc.store
    return held, orders.unit_prices(conn, store, order_id), orders.steps_of(conn, store, order_id)


def _check(hq: Hq, conn: Connection, wish: Wish) -> None:
    if not 0 < len(wish.lines) <= MAX_LINES:
        raise RuleViolationError("order.bad_line", lines=len(wish.lines), limit=MAX_LINES)
    now_ms = hq.clock.now_ms()
    for moment in (wish.due_ms, wish.hold_until_ms):
        if moment is not None and not now_ms < moment < now_ms + 366 * 86_400_000:
            raise RuleViolationError("order.bad_time", at_ms=moment)
    known = catalogue.items_of(conn, [line.sku for line in wish.lines])
    for n, line in enumerate(wish.lines, start=1):
        item = known.get(line.sku)
        if item is None:
            raise RuleViolationError("order.unknown_item", line=n, sku=line.sku[:40])
        whole = item.unit != "each" or line.qty_milli % ONE == 0
        if not 0 < line.qty_milli <= MAX_QUANTITY_MILLI or not whole:
            raise RuleViolationError("order.bad_line", line=n, qty_milli=line.qty_milli)


def _make(hq: Hq, unit: Unit, wish: Wish, idem_key: str, wished: bytes, placed_by: str) -> Fulfilment | None:
    """None when a rival used the same key first; then nothing was written."""
    demand = [(line.sku, line.qty_milli) for line in wish.lines]
    chosen = _promise(unit, demand, wish.store)
    order_id = OrderId(hq.ids.next())
    number = f"W-{access.next_count(unit, 'order_number', FIRST_NUMBER)}"
    doc, prices = _document(hq, unit.conn, wish, chosen.store, order_id, number)
    bought = CustomerOrder(
        wish.channel, order_id, number, wish.channel, wish.customer_ref, wish.customer_name, doc.currency,
        doc.total_minor, wish.paid, doc.placed_ms, idem_key, wished, placed_by,
    )  # fmt: skip
    if not orders.add_customer_order(unit, bought):
        reservations.give_back(unit, chosen.store, demand)
        return None
    offered = apply(apply(doc, Action.ALLOCATE), Action.OFFER)
    made = Fulfilment(offered, chosen)
    orders.add_to_directory(unit, bought, chosen.store)
    orders.add_fulfilment(unit, made, prices, doc.placed_ms)
    reservations.record(unit, offered, hq.ids)
    return _say(hq, unit, made, offered, "offered", placed_by)


def _promise(unit: Unit, demand: reservations.Demand, asked: str | None) -> Sourced:
    missing, tried = "", ""
    for candidate in sourcing.candidates(unit.conn, demand, asked):
        failed = reservations.commit(unit, candidate.store, demand)
        if failed is None:
            return candidate
        missing, tried = failed, candidate.store
    raise RuleViolationError("order.not_available", sku=missing, store=tried)


def _document(
    hq: Hq, conn: Connection, wish: Wish, store: str, order_id: OrderId, number: str
) -> tuple[OrderDoc, dict[int, int]]:
    now_ms = hq.clock.now_ms()
    place = catalogue.place_of(conn, store)
    if place is None:
        raise RuleViolationError("order.unknown_store", store=store)
    skus = [line.sku for line in wish.lines]
    items, priced = catalogue.items_of(conn, skus), catalogue.price_at(conn, place.zone, skus, now_ms)
    unpriced = next((sku for sku in skus if sku not in priced), None)
    if unpriced is not None:
        raise RuleViolationError("order.no_price", sku=unpriced, zone=place.zone)
    prices = {n: priced[line.sku].price_minor for n, line in enumerate(wish.lines, start=1)}
    total = sum(amount_minor(prices[n], line.qty_milli) for n, line in enumerate(wish.lines, start=1))
    code, salt = _code(hq, order_id), hq.rand(SALT_BYTES).hex()
    doc = OrderDoc(
        order_id, number, StoreId(store), wish.channel, State.NEW, 0, Owner.HQ, place.currency,
        tuple(_line(n, line, items[line.sku]) for n, line in enumerate(wish.lines, start=1)),
        now_ms, now_ms + LEASE_MS, wish.due_ms or now_ms + DUE_AFTER_MS, wish.hold_until_ms or now_ms + HOLD_MS,
        wish.paid, 0 if wish.paid else total, total, wish.customer_ref, wish.customer_name,
        salt, code_hash(salt, code), code[-TAIL_CHARS:],
    )  # fmt: skip
    return doc, prices


def _line(n: int, line: WishLine, item: ItemDoc) -> OrderLine:
    return OrderLine(n, Sku(line.sku), item.name, item.gtins[0] if item.gtins else Gtin(""), line.qty_milli)


def _say(hq: Hq, unit: Unit, held: Fulfilment, doc: OrderDoc, fact: str, by: str) -> Fulfilment:
    """Write HQ's own decision down as a fact and publish the order."""
    event = FulfilmentEvent(FulfilmentFact(fact), doc.order_id, doc.order_v)
    (placed,) = journal.write(hq, unit, doc.store, [event], by)
    entry = placed.entry
    step = Step(doc.order_id, doc.order_v, entry.id, fact, entry.body, by, entry.at, StepOutcome.APPLIED, entry.at)
    orders.add_steps(unit, doc.store, [step])
    changed = msgspec.structs.replace(held, doc=doc)
    fulfilment.save(hq, unit, changed)
    return changed


def _code(hq: Hq, order_id: str) -> str:
    # drawn from a secret, so that a repeated request gets the same code although none is kept
    return code_from(hmac.digest(hq.secret, b"pickup-code/1\n" + order_id.encode(), hashlib.sha256)[:CODE_BYTES])


def _with_proofs(hq: Hq, made: Fulfilment, *, repeated: bool) -> Placed:
    doc = made.doc
    proof = issue_pass(hq.key, doc.order_id, doc.store, doc.hold_until_ms)
    return Placed(made, proof, _code(hq, doc.order_id), repeated)


def listed(
    conn: Connection, *, store: str | None, state: State | None, only_open: bool, limit: int
) -> Sequence[Fulfilment]:
    """Newest first."""
    return orders.fulfilments(conn, store=store, state=state, only_open=only_open, limit=limit)


def retire_closed(hq: Hq, closed_before_ms: int) -> int:
    """Housekeeping: orders closed for long leave their store's feed, and the customer's name with them."""

    def work(unit: Unit) -> int:
        gone = orders.closed_before(unit.conn, closed_before_ms, MAX_LATE_PER_SWEEP)
        for store, order_id in gone:
            feed.publish(unit, feed.store_scope(store), [feed.Change("order", order_id, None)], hq.clock.now_ms())
            orders.mark_retired(unit, store, order_id)
        return len(gone)

    return hq.database.write(work)
