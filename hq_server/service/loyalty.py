"""Points at head office: tiers that follow from what was earned, and points of goods that came back at another till.

A till takes back what its own receipts earned, in the transaction of the return. What a receipt of another till earned
it does not know: that is done here, once, as a move with the id the till would have given it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from hq_server.service import customers, value
from hq_server.service.context import Hq
from hq_server.storage import customers as stored
from hq_server.storage import loyalty, settings
from hq_server.storage.database import Unit
from hq_server.storage.sales import Sold
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import CustomerId
from retail_core.domain.loyalty import (
    TIER_PERIOD_MS,
    Earned,
    LoyaltyRules,
    earning_id,
    points_of,
    reached,
    receipts_back,
    taking_back,
)
from retail_core.domain.value import POINTS_CURRENCY, ValueFact, ValueKind, ValueMoved, checked

GROUP, ACTOR = "loyalty", "system"


def follow(hq: Hq, unit: Unit, sold: Sequence[Sold], moved: Sequence[ValueMoved]) -> None:
    """What new sales and moves of one store change, after both were counted."""
    taken = [move for one in sold for move in _taken_back(unit, one.sale, one.node)]
    value.book(hq, unit, taken, ACTOR)
    holders = {move.holder for move in (*moved, *taken) if move.kind is ValueKind.POINTS and move.holder}
    _raise_tiers(hq, unit, sorted(holders))


def give(hq: Hq, customer_id: str, move_id: str, points: int, reason: str, actor: str) -> int:
    """Points that people give or take away; the same `move_id` again changes nothing. What the customer has then.

    Raises `customer.unknown`, and `value.bad_move` for none at all.
    """

    def work(unit: Unit) -> int:
        row = stored.find(unit.conn, customer_id)
        if row is None or row.erased:
            raise RuleViolationError("customer.unknown", customer=customer_id[:40])
        holder = row.customer.customer_id
        move = ValueMoved(
            ValueFact.ADJUSTED, move_id, points_of(holder), ValueKind.POINTS, points, POINTS_CURRENCY, holder=holder,
            reason=reason,
        )  # fmt: skip
        value.book(hq, unit, [checked(move)], actor)
        return loyalty.balance(unit.conn, holder)

    return hq.database.write(work)


def _taken_back(unit: Unit, sale: SaleCompleted, node: str) -> Iterable[ValueMoved]:
    for receipt, back_minor in receipts_back(sale).items():
        purchase = loyalty.purchase_of(unit.conn, receipt)
        if purchase is None or purchase.node == node:
            continue
        earned = loyalty.earned(unit.conn, purchase.store, earning_id(purchase.sale_id))
        if earned is None:
            continue
        after_minor = loyalty.came_back(unit.conn, receipt)
        known = Earned(earned.instrument, earned.points, purchase.worth_minor, earned.holder)
        move = taking_back(known, receipt, sale.sale_id, after_minor - back_minor, after_minor)
        if move:
            yield move


def _raise_tiers(hq: Hq, unit: Unit, holders: Sequence[CustomerId]) -> None:
    """Nobody loses a tier here: that is for people to say."""
    since_ms = hq.clock.now_ms() - TIER_PERIOD_MS
    for customer_id in holders:
        row = stored.find(unit.conn, customer_id)
        if row is None or row.erased:
            continue
        group = settings.groups_of(unit.conn, row.home_store).get(GROUP, {})
        rules = msgspec.convert(group, type=LoyaltyRules)
        earned = loyalty.earned_since(unit.conn, points_of(customer_id), since_ms)
        tier = reached(rules.tiers, row.customer.tier, earned)
        if tier != row.customer.tier:
            customers.change(hq, unit, row, msgspec.structs.replace(row.customer, tier=tier))
