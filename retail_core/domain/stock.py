"""The stock ledger: every movement leaves one state and enters another, and stock is the fold of movements.

Movements commute, so the order of arrival does not matter; a negative balance is legal and is somebody's task, never
clamped away. `movements_of(event)` is the one place that says which goods an event moved; till, agent and HQ use it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from retail_core.domain.ids import Sku
from retail_core.domain.saleline import LineSort

if TYPE_CHECKING:
    from retail_core.domain.events import Event, FulfilmentEvent, SoldLine


class StockState(StrEnum):
    """Buckets inside a place, and the three outside of it (supplier, customer, shrink)."""

    SELLABLE = "sellable"
    PICKED = "picked"  # set aside for click and collect
    QUALITY = "quality"
    DAMAGED = "damaged"
    DISPLAY = "display"
    IN_TRANSIT = "in_transit"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SHRINK = "shrink"


EXTERNAL = frozenset({StockState.SUPPLIER, StockState.CUSTOMER, StockState.SHRINK})


class StockMovement(msgspec.Struct, frozen=True):
    """A positive quantity from one state to another. `n` numbers the movements of one event from 1."""

    n: int
    sku: Sku
    qty_milli: int
    from_state: StockState
    to_state: StockState
    reason: str
    document: str = ""
    lot: str | None = None
    serial: str | None = None
    epc: str | None = None


REJECTED_TO = {"not_in_stock": StockState.SHRINK, "damaged": StockState.DAMAGED, "display": StockState.DISPLAY}
"""Book effect of a short pick or rejection by its reason (orders.md section 4); other reasons move nothing."""


def movements_of(event: "Event") -> tuple[StockMovement, ...]:
    """The movements an event implies, numbered; empty for events that move no goods."""
    from retail_core.domain import events

    if isinstance(event, events.SaleCompleted):
        receipt = event.receipt
        return tuple(
            [
                StockMovement(
                    line.n, line.sku, line.qty_milli, *_sold_way(line), receipt, line.lot, line.serial, line.epc
                )
                for line in event.lines
                if line.sort is LineSort.GOODS
            ]
        )
    if isinstance(event, events.StockMoved):
        return tuple(
            StockMovement(
                n, line.sku, line.qty_milli, line.from_state, line.to_state,
                event.reason, event.document, line.lot, line.serial, line.epc,
            )
            for n, line in enumerate(event.lines, start=1)
        )  # fmt: skip
    if isinstance(event, events.FulfilmentEvent):
        return _fulfilment_movements(event)
    return ()


def fold(movements: Iterable[StockMovement]) -> Mapping[tuple[Sku, StockState], int]:
    """Balances in thousandths per (sku, state), zero balances left out; the same for every order of movements."""
    balances: dict[tuple[Sku, StockState], int] = {}
    for move in movements:
        for key, delta in (((move.sku, move.from_state), -move.qty_milli), ((move.sku, move.to_state), move.qty_milli)):
            balances[key] = balances.get(key, 0) + delta
    return {key: qty for key, qty in balances.items() if qty}


_SOLD = (StockState.SELLABLE, StockState.CUSTOMER, "sale")


def _sold_way(line: "SoldLine") -> tuple[StockState, StockState, str]:
    if line.back is None:
        return _SOLD
    return StockState.CUSTOMER, StockState(line.back.condition.value), "return"


def _fulfilment_movements(event: "FulfilmentEvent") -> tuple[StockMovement, ...]:
    way = _way(event)
    if way is None:
        return ()
    reason = f"fulfilment.{event.what.value}"
    return tuple(
        StockMovement(n, line.sku, line.qty_milli, *way, reason, event.order_id, line.lot, line.serial)
        for n, line in enumerate(event.lines, start=1)
    )


def _way(event: "FulfilmentEvent") -> tuple[StockState, StockState] | None:
    ways = {
        "picked": (StockState.SELLABLE, StockState.PICKED),
        "collected": (StockState.PICKED, StockState.CUSTOMER),
        "restocked": (StockState.PICKED, StockState.SELLABLE),
        "shipped": (StockState.PICKED, StockState.IN_TRANSIT),
        "received": (StockState.IN_TRANSIT, StockState.PICKED),
        "cancel_confirmed": (StockState.PICKED, StockState.SELLABLE),
    }
    if event.what in {"short", "rejected"}:
        to_state = REJECTED_TO.get(event.reason)
        return None if to_state is None else (StockState.SELLABLE, to_state)
    return ways.get(event.what.value)
