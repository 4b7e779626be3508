"""How the store's own copy of an order goes on with the steps its machines write down, whichever of them is read first."""

from collections.abc import Iterable

from retail_core.domain.events import FulfilmentEvent
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.orderfold import folded, waits

Steps = tuple[FulfilmentEvent, ...]


def stepped(order: OrderDoc, steps: Iterable[FulfilmentEvent]) -> tuple[OrderDoc, Steps]:
    """The order after the steps whose turn has come, as head office will fold them, and the steps that wait for one
    before them: taken without it, goods that were picked would be picked once more. A step of a version the order has
    reached is neither: of two decisions head office makes an exception.
    """
    left: list[FulfilmentEvent] = []
    for step in sorted(steps, key=lambda step: step.order_v):
        if waits(order, step.order_v):
            left.append(step)
        elif step.order_v > order.order_v:
            order = folded(order, step).order
    return order, tuple(left)
