"""What the tills of a store should know of one another within a second: baskets put aside, orders being worked on, what
came back of a receipt, what gift cards, credit and points moved, and how the drawers stand.

The store role folds it from the journals it holds, one row per thing; HQ is not needed. A row is the newest state, so it
may be sent again, and what arrives in another order than it happened comes to the same.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import assert_never

import msgspec

from retail_core.domain.events import (
    BasketRecalled,
    BasketSuspended,
    DrawerClosed,
    DrawerCounted,
    DrawerMoved,
    DrawerOpened,
    Event,
    FulfilmentEvent,
    SaleCompleted,
)
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.ids import InstrumentId, OperatorId, SaleId
from retail_core.domain.origin import Origin
from retail_core.domain.returns import ReturnReason
from retail_core.domain.saledata import SaleData
from retail_core.domain.shared_drawer import DrawerFact, SharedDrawer, drawer_merged, drawer_told
from retail_core.domain.shared_order import stepped
from retail_core.domain.value import OwnMove, ValueFact, ValueMoved

MAX_MOVES = 64


class SharedKind(StrEnum):
    BASKET = "basket"
    DRAWER = "drawer"
    ORDER = "order"
    RETURNS = "returns"
    VALUE = "value"


class SharedBasket(msgspec.Struct, frozen=True, omit_defaults=True):
    """A basket put aside. `taken_by` is the node that took it up; the basket itself is gone then."""

    sale_id: SaleId
    node: str = ""
    operator_id: OperatorId = OperatorId("")
    put_ms: int = 0
    units: int = 0
    total_minor: int = 0
    first: str = ""
    basket: SaleData | None = None
    taken_by: str = ""


class BackPart(msgspec.Struct, frozen=True):
    """What came back of line `n` of a receipt at once: on which till, with which receipt of its own."""

    node: str
    by_receipt: str
    n: int
    qty_milli: int
    minor: int


class SharedReturns(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything of a receipt that came back in this store, whichever till wrote the receipt."""

    receipt: str
    parts: tuple[BackPart, ...] = ()
    voided_by: str = ""


class SharedValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest moves of a gift card, credit, points or an account in this store; `issue` when it was issued here."""

    instrument: InstrumentId
    moves: tuple[OwnMove, ...] = ()
    issue: ValueMoved | None = None


Shared = SharedBasket | SharedDrawer | OrderDoc | SharedReturns | SharedValue
Known = Callable[[SharedKind, str], "Shared | None"]
"""What is known of a thing already: the row there is, or for an order HQ's newest document."""


def key_of(shared: Shared) -> tuple[SharedKind, str]:
    match shared:
        case SharedBasket():
            return SharedKind.BASKET, shared.sale_id
        case SharedDrawer():
            return SharedKind.DRAWER, shared.session_id
        case OrderDoc():
            return SharedKind.ORDER, shared.order_id
        case SharedReturns():
            return SharedKind.RETURNS, shared.receipt
        case SharedValue():
            return SharedKind.VALUE, shared.instrument
        case _:
            assert_never(shared)


def told_by(event: Event, origin: Origin, known: Known) -> Sequence[Shared]:
    """The new state of whatever `event` is about; nothing when it tells the others nothing new."""
    match event:
        case BasketSuspended():
            told = _suspended(event, origin, known)
        case BasketRecalled():
            told = _recalled(event, origin, known)
        case DrawerOpened() | DrawerMoved() | DrawerCounted() | DrawerClosed():
            told = _drawer(event, origin, known)
        case FulfilmentEvent():
            told = _order(event, known)
        case ValueMoved():
            told = _value(event, origin, known)
        case SaleCompleted():
            return _returns(event, origin, known)
        case _:
            told = None
    return (told,) if told else ()


def _suspended(event: BasketSuspended, origin: Origin, known: Known) -> Shared | None:
    there = known(SharedKind.BASKET, event.sale_id)
    if isinstance(there, SharedBasket) and there.put_ms >= event.put_ms:
        return None  # that it was taken up came here first
    return SharedBasket(
        event.sale_id, origin.node, OperatorId(origin.actor), event.put_ms, event.units, event.total_minor,
        event.first, event.basket,
    )  # fmt: skip


def _recalled(event: BasketRecalled, origin: Origin, known: Known) -> Shared | None:
    there = known(SharedKind.BASKET, event.sale_id)
    if isinstance(there, SharedBasket) and (there.put_ms > event.put_ms or there.taken_by):
        return None  # put aside once more since, or taken up twice while nobody could be asked: HQ has both
    return SharedBasket(event.sale_id, put_ms=event.put_ms, taken_by=origin.node)


def _drawer(event: DrawerFact, origin: Origin, known: Known) -> Shared | None:
    news = drawer_told(event, origin)
    return merged(known(SharedKind.DRAWER, event.session_id), news) if news else None


def _order(event: FulfilmentEvent, known: Known) -> Shared | None:
    order = known(SharedKind.ORDER, event.order_id)
    if not isinstance(order, OrderDoc):
        return None
    after, _ = stepped(order, (event,))
    return after if after != order else None


def _returns(event: SaleCompleted, origin: Origin, known: Known) -> Sequence[Shared]:
    told: list[Shared] = []
    backs = [line for line in event.lines if line.back and line.back.receipt and line.back.n]
    for receipt in dict.fromkeys(line.back.receipt for line in backs if line.back):
        lines = [(line.back, line) for line in backs if line.back and line.back.receipt == receipt]
        parts = tuple(
            BackPart(origin.node, event.receipt, back.n, line.qty_milli, -line.amount_minor) for back, line in lines
        )
        voided = any(back.reason is ReturnReason.POST_VOID for back, _ in lines)
        there = known(SharedKind.RETURNS, receipt)
        news = merged(there, SharedReturns(receipt, parts, event.receipt if voided else ""))
        told += [news] if news else []
    return told


def _value(event: ValueMoved, origin: Origin, known: Known) -> Shared | None:
    issue = event if event.what is ValueFact.ISSUED else None
    news = SharedValue(event.instrument, (OwnMove(origin.stream, origin.seq, event.delta),), issue)
    return merged(known(SharedKind.VALUE, event.instrument), news)


def merged(here: Shared | None, offered: Shared) -> Shared | None:
    """What is known here with what another machine remembers, or an event tells; None when it is nothing new."""
    match offered:
        case OrderDoc():
            return offered if not isinstance(here, OrderDoc) or offered.order_v > here.order_v else None
        case SharedBasket():
            old = here if isinstance(here, SharedBasket) else SharedBasket(offered.sale_id, put_ms=-1)
            return offered if (offered.put_ms, bool(offered.taken_by)) > (old.put_ms, bool(old.taken_by)) else None
        case SharedDrawer():
            return drawer_merged(here if isinstance(here, SharedDrawer) else None, offered)
        case SharedReturns():
            was = here if isinstance(here, SharedReturns) else SharedReturns(offered.receipt)
            parts = tuple(sorted({*was.parts, *offered.parts}, key=lambda part: (part.by_receipt, part.n)))
            now = SharedReturns(was.receipt, parts, was.voided_by or offered.voided_by)
            return now if now != was else None
        case SharedValue():
            had = here if isinstance(here, SharedValue) else SharedValue(offered.instrument)
            moves = tuple(sorted({*had.moves, *offered.moves}, key=lambda move: (move.stream, move.seq)))[-MAX_MOVES:]
            has = SharedValue(had.instrument, moves, had.issue or offered.issue)
            return has if has != had else None
        case _:
            assert_never(offered)
