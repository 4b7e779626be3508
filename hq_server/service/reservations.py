"""Promises of stock. No other module touches `committed`; every promise belongs to one line of one order.

All of an order is promised or nothing: demand is added up by SKU first, then taken in the order of the SKUs, so two
orders never wait for each other in a circle, and the last piece is promised once.
"""

from collections.abc import Sequence

from hq_server.storage import orders, stock
from hq_server.storage.database import Unit
from hq_server.storage.orders import Reservation, ReservationState
from retail_core.domain.errors import RuleViolationError, require
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.ids import IdSource

Demand = Sequence[tuple[str, int]]
"""(sku, thousandths) pairs; a SKU may come more than once."""


def by_sku(demand: Demand) -> dict[str, int]:
    """Demand added up, in the order of the SKUs."""
    total: dict[str, int] = {}
    for sku, qty_milli in demand:
        total[sku] = total.get(sku, 0) + qty_milli
    return dict(sorted(total.items()))


def commit(unit: Unit, store: str, demand: Demand) -> str | None:
    """Promise everything at one place; returns the first SKU that could not be promised, and then nothing was."""
    with unit.conn.begin_nested() as attempt:
        for sku, qty_milli in by_sku(demand).items():
            if not stock.commit_stock(unit, store, sku, qty_milli):
                attempt.rollback()
                return sku
    return None


def give_back(unit: Unit, store: str, demand: Demand) -> None:
    """Undo `commit` for an order that was not written after all."""
    for sku, qty_milli in by_sku(demand).items():
        stock.uncommit_stock(unit, store, sku, qty_milli)


def record(unit: Unit, doc: OrderDoc, ids: IdSource) -> None:
    """Write the promises of an order whose quantities were committed just now: firm, one per line."""
    orders.add_reservations(
        unit,
        [
            Reservation(
                doc.store, ids.next(), doc.order_id, line.n, line.sku, line.qty_milli, line.qty_milli,
                ReservationState.FIRM, f"{doc.order_id}/{line.n}",
            )
            for line in doc.lines
        ],
    )  # fmt: skip


def consume(unit: Unit, doc: OrderDoc) -> None:
    """The goods were handed over: nothing of the order stays promised."""
    _close(unit, doc, ReservationState.CONSUMED)


def release(unit: Unit, doc: OrderDoc) -> None:
    """The order will not be filled: nothing of it stays promised."""
    _close(unit, doc, ReservationState.RELEASED)


def release_part(unit: Unit, doc: OrderDoc, n: int, qty_milli: int) -> None:
    """A part of a line was not found: that much is no longer promised."""
    for one in orders.open_reservations(unit, doc.store, doc.order_id):
        if one.n == n:
            given_back = min(qty_milli, one.qty_open_milli)
            left = one.qty_open_milli - given_back
            stock.uncommit_stock(unit, doc.store, one.sku, given_back)
            orders.set_reservation(unit, one, left, one.state if left else ReservationState.RELEASED)


def transfer(unit: Unit, old: OrderDoc, store: str, demand: Demand) -> None:
    """Promise at another place before the old promise is given back. Raises `order.not_available`."""
    require(old.store != store, "reservation.same_place", store=store)
    missing = commit(unit, store, demand)
    if missing is not None:
        raise RuleViolationError("order.not_available", sku=missing, store=store)
    release(unit, old)


def _close(unit: Unit, doc: OrderDoc, state: ReservationState) -> None:
    for one in orders.open_reservations(unit, doc.store, doc.order_id):
        stock.uncommit_stock(unit, doc.store, one.sku, one.qty_open_milli)
        orders.set_reservation(unit, one, 0, state)
    left = orders.open_reservations(unit, doc.store, doc.order_id)
    require(not left, "reservation.leaks", order=doc.number)
