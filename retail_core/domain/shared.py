"""What the tills of a store should know of one another within a second: baskets put aside, orders being worked on.

The store role folds it from the journals it holds, one row per thing; HQ is not needed. A row is the newest state, so it
may be sent again, and what arrives in another order than it happened comes to the same.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import ACTION_OF, BasketRecalled, BasketSuspended, Event, FulfilmentEvent
from retail_core.domain.fulfilment import OrderDoc, apply
from retail_core.domain.ids import OperatorId, SaleId
from retail_core.domain.sale import SaleData


class SharedKind(StrEnum):
    BASKET = "basket"
    ORDER = "order"


class Origin(msgspec.Struct, frozen=True):
    """Where an event was written down, and by whom."""

    node: str
    actor: str


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


Shared = SharedBasket | OrderDoc
Known = Callable[[SharedKind, str], "Shared | None"]
"""What is known of a thing already: the row there is, or for an order HQ's newest document."""


def key_of(shared: Shared) -> tuple[SharedKind, str]:
    if isinstance(shared, SharedBasket):
        return SharedKind.BASKET, shared.sale_id
    return SharedKind.ORDER, shared.order_id


def told_by(event: Event, origin: Origin, known: Known) -> Shared | None:
    """The new state of what `event` is about, or None when it tells the others nothing new."""
    match event:
        case BasketSuspended():
            return _suspended(event, origin, known)
        case BasketRecalled():
            return _recalled(event, origin, known)
        case FulfilmentEvent():
            return _order(event, known)
        case _:
            return None


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


def _order(event: FulfilmentEvent, known: Known) -> Shared | None:
    order = known(SharedKind.ORDER, event.order_id)
    if not isinstance(order, OrderDoc) or event.what not in ACTION_OF or event.order_v <= order.order_v:
        return None
    try:
        return apply(order, ACTION_OF[event.what], event.lines, order_v=event.order_v, shelf=event.shelf)
    except RuleViolationError:
        return None  # two machines worked on it at once; HQ makes an exception of it


def merged(here: Shared | None, offered: Shared) -> Shared | None:
    """What a machine that has just taken the store role makes of what another one remembers; None when it knows better."""
    if isinstance(offered, OrderDoc):
        return offered if not isinstance(here, OrderDoc) or offered.order_v > here.order_v else None
    if not isinstance(here, SharedBasket):
        return offered
    newer = (offered.put_ms, bool(offered.taken_by)) > (here.put_ms, bool(here.taken_by))
    return offered if newer else None
