"""How one fact about an order changes what HQ knows of it: the store owns what physically happened.

Facts come by several streams and in any order; they are taken in the order of `order_v`, and one whose predecessor has not
arrived waits for it. What cannot be folded is disputed: it becomes an exception and changes nothing, except that goods
handed over are handed over, whatever else was decided.
"""

import msgspec
from msgspec.structs import replace

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import ACTION_OF, FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import OrderDoc, State, apply

UNKNOWN = "order.unknown"
TWO_DECISIONS = "order.two_decisions"
HANDED_OVER_TWICE = "order.handed_over_twice"
REJECTED = "order.rejected"


class Folded(msgspec.Struct, frozen=True):
    """The order after a fact. `exception` is why people must look at it, empty when all is well; `value_minor` is what
    may have been lost. A `disputed` fact was not what came next.
    """

    order: OrderDoc
    exception: str = ""
    disputed: bool = False
    value_minor: int = 0


def waits(order: OrderDoc, order_v: int) -> bool:
    """True for a fact whose predecessor has not arrived."""
    return order_v > order.order_v + 1


def folded(order: OrderDoc, fact: FulfilmentEvent) -> Folded:
    """Take a fact that waits for none before it, or has waited long enough."""
    if fact.order_v <= order.order_v:  # somebody else already decided this version
        return _disputed(order, fact, TWO_DECISIONS)
    action = ACTION_OF.get(fact.what)
    if action is None:  # a request, a refusal, a substitution: no change of state
        asked = order.cancel_requested and fact.what is not FulfilmentFact.CANCEL_REFUSED
        return Folded(replace(order, order_v=fact.order_v, cancel_requested=asked))
    try:
        changed = apply(order, action, fact.lines, order_v=fact.order_v, shelf=fact.shelf)
    except RuleViolationError as broken:
        return _disputed(order, fact, broken.code)
    if fact.what is FulfilmentFact.REJECTED:
        return Folded(changed, REJECTED, value_minor=order.total_minor)
    return Folded(changed)


def _disputed(order: OrderDoc, fact: FulfilmentEvent, why: str) -> Folded:
    collected = fact.what is FulfilmentFact.COLLECTED
    code = HANDED_OVER_TWICE if collected and order.state is State.COLLECTED else why
    state = State.COLLECTED if collected else order.state  # collected beats cancelled and everything else
    changed = replace(order, state=state, order_v=max(order.order_v, fact.order_v))
    return Folded(changed, code, disputed=True, value_minor=order.total_minor if collected else 0)
