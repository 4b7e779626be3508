"""Customer orders, the store's part of them, every fact said about them, and the promises behind them."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, Row, func, select, update

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import (
    customer_order,
    fulfilment_line,
    fulfilment_order,
    order_directory,
    order_step,
    reservation,
)
from retail_core.domain.fulfilment import FINAL, OrderDoc, State

OPEN_ENDS = frozenset(FINAL)


class CustomerOrder(msgspec.Struct, frozen=True):
    """What the customer bought; it belongs to the place of its channel."""

    place: str
    order_id: str
    number: str
    channel: str
    customer_ref: str
    customer_name: str
    currency: str
    total_minor: int
    paid: bool
    placed_ms: int
    idem_key: str
    idem_sha256: bytes
    placed_by: str


class Sourced(msgspec.Struct, frozen=True):
    """Why a place was chosen, and why others were not."""

    store: str
    why: str
    rejected: tuple[tuple[str, str], ...] = ()


class Fulfilment(msgspec.Struct, frozen=True):
    """The store's part of an order as HQ holds it."""

    doc: OrderDoc
    sourcing: Sourced
    offers: int = 1


class StepOutcome(StrEnum):
    APPLIED = "applied"
    WAITING = "waiting"  # a step before it has not arrived yet
    DISPUTED = "disputed"


class Step(msgspec.Struct, frozen=True):
    """One fact about an order, HQ's or the store's."""

    order_id: str
    order_v: int
    event_id: str
    what: str
    body: bytes
    actor: str
    at_ms: int
    outcome: StepOutcome
    recorded_ms: int


class ReservationState(StrEnum):
    HELD = "held"
    FIRM = "firm"
    CONSUMED = "consumed"
    RELEASED = "released"


class Reservation(msgspec.Struct, frozen=True):
    """HQ's record of one promise; `qty_open_milli` of it is still committed."""

    store: str
    reservation_id: str
    order_id: str
    n: int
    sku: str
    qty_milli: int
    qty_open_milli: int
    state: ReservationState
    idem_key: str


def add_customer_order(unit: Unit, order: CustomerOrder) -> bool:
    """False when the channel has already used this idempotency key."""
    row = {"store": order.place} | {
        name: getattr(order, name) for name in CustomerOrder.__struct_fields__ if name != "place"
    }
    return bool(bulk.insert_new_texts(unit, customer_order, [row], "idem_key"))


def customer_order_by_key(conn: Connection, place: str, idem_key: str) -> CustomerOrder | None:
    here = (customer_order.c.store == place) & (customer_order.c.idem_key == idem_key)
    return _customer_order(conn.execute(select(customer_order).where(here)).one_or_none())


def add_to_directory(unit: Unit, order: CustomerOrder, store: str) -> None:
    """Where an order id leads: the channel's place and the store."""
    row = {"order_id": order.order_id, "place": order.place, "store": store, "placed_ms": order.placed_ms}
    bulk.insert_new(unit, order_directory, [row])


def where_is(conn: Connection, order_id: str) -> tuple[str, str] | None:
    """(channel place, store) of an order, or None."""
    found = select(order_directory.c.place, order_directory.c.store).where(order_directory.c.order_id == order_id)
    row = conn.execute(found).one_or_none()
    return None if row is None else (row.place, row.store)


def add_fulfilment(unit: Unit, made: Fulfilment, prices: dict[int, int], now_ms: int) -> None:
    """Write a new fulfilment order and its lines; `prices` are unit prices by line number."""
    unit.conn.execute(fulfilment_order.insert(), [_fulfilment_row(made, now_ms)])
    lines = [
        {
            "store": made.doc.store, "order_id": made.doc.order_id, "n": line.n, "sku": line.sku,
            "qty_milli": line.qty_milli, "unit_minor": prices[line.n],
        }
        for line in made.doc.lines
    ]  # fmt: skip
    bulk.insert_new(unit, fulfilment_line, lines)


def save_fulfilment(unit: Unit, changed: Fulfilment, now_ms: int) -> None:
    here = (fulfilment_order.c.store == changed.doc.store) & (fulfilment_order.c.order_id == changed.doc.order_id)
    unit.conn.execute(update(fulfilment_order).where(here).values(_fulfilment_row(changed, now_ms)))


def lock_fulfilment(unit: Unit, store: str, order_id: str) -> Fulfilment | None:
    """The store's part of an order, held until the end of the transaction."""
    here = (fulfilment_order.c.store == store) & (fulfilment_order.c.order_id == order_id)
    return _fulfilment(unit.conn.execute(select(fulfilment_order).where(here).with_for_update()).one_or_none())


def fulfilment_of(conn: Connection, store: str, order_id: str) -> Fulfilment | None:
    here = (fulfilment_order.c.store == store) & (fulfilment_order.c.order_id == order_id)
    return _fulfilment(conn.execute(select(fulfilment_order).where(here)).one_or_none())


def fulfilments(
    conn: Connection, *, store: str | None, state: State | None, only_open: bool, limit: int
) -> Sequence[Fulfilment]:
    """Newest first."""
    table = fulfilment_order
    asked = select(table).order_by(table.c.placed_ms.desc(), table.c.order_id).limit(limit)
    if store is not None:
        asked = asked.where(table.c.store == store)
    if state is not None:
        asked = asked.where(table.c.state == state.value)
    if only_open:
        asked = asked.where(table.c.is_open.is_(True))
    return [found for row in conn.execute(asked) if (found := _fulfilment(row))]


def open_by_store(conn: Connection) -> dict[tuple[str, str], int]:
    """Open orders by (store, state)."""
    table = fulfilment_order
    rows = conn.execute(
        select(table.c.store, table.c.state, func.count())
        .where(table.c.is_open.is_(True))
        .group_by(table.c.store, table.c.state)
    )
    return {(store, state): int(count) for store, state, count in rows}


def late_offers(conn: Connection, before_ms: int, limit: int) -> Sequence[tuple[str, str]]:
    """(store, order id) of offers whose lease ended before a moment."""
    table = fulfilment_order
    here = table.c.is_open.is_(True) & (table.c.state == State.OFFERED.value) & (table.c.lease_until_ms < before_ms)
    rows = conn.execute(
        select(table.c.store, table.c.order_id).where(here).order_by(table.c.lease_until_ms).limit(limit)
    )
    return [(row.store, row.order_id) for row in rows]


def closed_before(conn: Connection, before_ms: int, limit: int) -> Sequence[tuple[str, str]]:
    """(store, order id) of closed orders that are still in their store's feed."""
    table = fulfilment_order
    here = table.c.is_open.is_(False) & table.c.in_feed.is_(True) & (table.c.changed_ms < before_ms)
    rows = conn.execute(select(table.c.store, table.c.order_id).where(here).limit(limit))
    return [(row.store, row.order_id) for row in rows]


def mark_retired(unit: Unit, store: str, order_id: str) -> None:
    here = (fulfilment_order.c.store == store) & (fulfilment_order.c.order_id == order_id)
    unit.conn.execute(update(fulfilment_order).where(here).values(in_feed=False))


def unit_prices(conn: Connection, store: str, order_id: str) -> dict[int, int]:
    here = (fulfilment_line.c.store == store) & (fulfilment_line.c.order_id == order_id)
    rows = conn.execute(select(fulfilment_line.c.n, fulfilment_line.c.unit_minor).where(here))
    return {row.n: row.unit_minor for row in rows}


# ── facts about an order ─────────────────────────────────────────────────────────────────────────


def add_steps(unit: Unit, store: str, steps: Sequence[Step]) -> None:
    rows = [
        {
            "store": store, "order_id": step.order_id, "order_v": step.order_v, "event_id": step.event_id,
            "what": step.what, "body": step.body, "actor": step.actor, "at_ms": step.at_ms,
            "outcome": step.outcome.value, "recorded_ms": step.recorded_ms,
        }
        for step in steps
    ]  # fmt: skip
    bulk.insert_new(unit, order_step, rows)


def steps_of(conn: Connection, store: str, order_id: str, outcome: StepOutcome | None = None) -> Sequence[Step]:
    """In the order of their versions."""
    here = (order_step.c.store == store) & (order_step.c.order_id == order_id)
    if outcome is not None:
        here &= order_step.c.outcome == outcome.value
    rows = conn.execute(select(order_step).where(here).order_by(order_step.c.order_v, order_step.c.event_id))
    return [
        Step(
            row.order_id, row.order_v, row.event_id, row.what, row.body, row.actor, row.at_ms,
            StepOutcome(row.outcome), row.recorded_ms,
        )
        for row in rows
    ]  # fmt: skip


def set_outcome(unit: Unit, store: str, step: Step, outcome: StepOutcome) -> None:
    here = (
        (order_step.c.store == store)
        & (order_step.c.order_id == step.order_id)
        & (order_step.c.order_v == step.order_v)
        & (order_step.c.event_id == step.event_id)
    )
    unit.conn.execute(update(order_step).where(here).values(outcome=outcome.value))


def stuck_orders(conn: Connection, before_ms: int, limit: int) -> Sequence[tuple[str, str]]:
    """(store, order id) with a fact that has waited since before a moment for one that never came."""
    here = (order_step.c.outcome == StepOutcome.WAITING.value) & (order_step.c.recorded_ms < before_ms)
    rows = conn.execute(select(order_step.c.store, order_step.c.order_id).where(here).distinct().limit(limit))
    return [(row.store, row.order_id) for row in rows]


# ── promises ─────────────────────────────────────────────────────────────────────────────────────


def add_reservations(unit: Unit, made: Sequence[Reservation]) -> None:
    rows = [
        {name: getattr(one, name) for name in Reservation.__struct_fields__}
        | {"state": one.state.value, "expires_ms": None}
        for one in made
    ]
    unit.conn.execute(reservation.insert(), rows)


def open_reservations(unit: Unit, store: str, order_id: str) -> Sequence[Reservation]:
    """Promises of an order that are still open, held until the end of the transaction, in the order of their SKUs."""
    here = (reservation.c.store == store) & (reservation.c.order_id == order_id) & (reservation.c.qty_open_milli > 0)
    rows = unit.conn.execute(select(reservation).where(here).order_by(reservation.c.sku).with_for_update())
    return [
        Reservation(
            row.store, row.reservation_id, row.order_id, row.n, row.sku, row.qty_milli, row.qty_open_milli,
            ReservationState(row.state), row.idem_key,
        )
        for row in rows
    ]  # fmt: skip


def set_reservation(unit: Unit, one: Reservation, qty_open_milli: int, state: ReservationState) -> None:
    here = (reservation.c.store == one.store) & (reservation.c.reservation_id == one.reservation_id)
    unit.conn.execute(update(reservation).where(here).values(qty_open_milli=qty_open_milli, state=state.value))


def open_promises(conn: Connection) -> dict[tuple[str, str], int]:
    """Σ of open promises by (store, sku), to compare with `stock.committed`."""
    rows = conn.execute(
        select(reservation.c.store, reservation.c.sku, func.sum(reservation.c.qty_open_milli))
        .where(reservation.c.qty_open_milli > 0)
        .group_by(reservation.c.store, reservation.c.sku)
    )
    return {(store, sku): int(total) for store, sku, total in rows}


def _fulfilment_row(made: Fulfilment, now_ms: int) -> dict[str, bulk.Value]:
    doc = made.doc
    return {
        "store": doc.store, "order_id": doc.order_id, "number": doc.number, "state": doc.state.value,
        "order_v": doc.order_v, "owner": doc.owner.value, "lease_until_ms": doc.lease_until_ms,
        "placed_ms": doc.placed_ms, "due_ms": doc.due_ms, "hold_until_ms": doc.hold_until_ms,
        "is_open": doc.state not in OPEN_ENDS, "doc": msgspec.json.encode(doc),
        "sourcing": msgspec.json.encode(made.sourcing), "offers": made.offers, "changed_ms": now_ms, "in_feed": True,
    }  # fmt: skip


def _fulfilment(row: Row[tuple[object, ...]] | None) -> Fulfilment | None:
    if row is None:
        return None
    return Fulfilment(
        msgspec.json.decode(row.doc, type=OrderDoc), msgspec.json.decode(row.sourcing, type=Sourced), row.offers
    )


def _customer_order(row: Row[tuple[object, ...]] | None) -> CustomerOrder | None:
    if row is None:
        return None
    return CustomerOrder(
        row.store, row.order_id, row.number, row.channel, row.customer_ref, row.customer_name, row.currency,
        row.total_minor, row.paid, row.placed_ms, row.idem_key, row.idem_sha256, row.placed_by,
    )  # fmt: skip
