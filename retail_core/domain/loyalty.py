"""Points: what a purchase earns, what they pay for, which tier they lead to, and what goes back with returned goods.

Points are moves of one instrument of the customer (`retail_core.domain.value`), whose id every till can work out alone.
Nothing is earned until a store says how much: points are money the shop owes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from retail_core.domain.customers import MAX_TIER_CHARS, MEMBER
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.saleline import DISCOUNTED
from retail_core.domain.tender import TenderKind
from retail_core.domain.value import ID_CHARS, POINTS_CURRENCY, ValueFact, ValueKind, ValueMoved

ORDINARY_PERCENT, MAX_PERCENT = 100, 1_000
MAX_TIERS = 20
MAX_POINTS = 10**9
TIER_PERIOD_MS = 365 * 86_400_000
_SALT = b"omnitill points 1\n"
_Points = Annotated[int, Meta(ge=0, le=MAX_POINTS)]
_OneOrMore = Annotated[int, Meta(ge=1, le=MAX_POINTS)]


class TierRule(msgspec.Struct, frozen=True):
    """A tier: `percent` of the ordinary points, reached by `from_points` earned in a year; 0: only people give it."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_TIER_CHARS)]
    percent: Annotated[int, Meta(ge=0, le=MAX_PERCENT)] = ORDINARY_PERCENT
    from_points: _Points = 0


class LoyaltyRules(msgspec.Struct, frozen=True):
    """`earn_points` for each `earn_minor` of goods; `pay_points` pay `pay_minor`. Zero in front: not at all.

    `offline_points`: how many may be spent while head office has not been heard of.
    """

    earn_points: _Points = 0
    earn_minor: _OneOrMore = 100
    pay_minor: _Points = 1
    pay_points: _OneOrMore = 1
    offline_points: _Points = 500
    tiers: Annotated[tuple[TierRule, ...], Meta(max_length=MAX_TIERS)] = ()

    def percent_of(self, tier: str) -> int:
        """Of the ordinary points; a tier nobody described earns those."""
        named = tier.casefold()
        return next((one.percent for one in self.tiers if one.name.casefold() == named), ORDINARY_PERCENT)


def points_of(customer_id: CustomerId) -> InstrumentId:
    """The instrument that a customer's points are."""
    return InstrumentId(hashlib.sha256(_SALT + customer_id.encode()).hexdigest()[:ID_CHARS])


def points_for(goods_minor: int, rules: LoyaltyRules, tier: str) -> int:
    """Whole points; a started one is none.

    >>> points_for(1_299, LoyaltyRules(earn_points=1), ""), points_for(0, LoyaltyRules(earn_points=1), "")
    (12, 0)
    """
    percent = rules.percent_of(tier)
    return max(0, goods_minor) * rules.earn_points * percent // (rules.earn_minor * ORDINARY_PERCENT)


def earned_by(sale: SaleCompleted, rules: LoyaltyRules) -> int:
    """What a sale earns: for goods, not for deposits, gift cards or what was paid with points itself."""
    goods = sum(line.amount_minor for line in sale.lines if line.sort in DISCOUNTED and line.back is None)
    by_points = sum(tender.amount_minor for tender in sale.tenders if tender.kind is TenderKind.POINTS)
    return points_for(goods - max(0, by_points), rules, sale.tier)


def earning(sale: SaleCompleted, rules: LoyaltyRules) -> ValueMoved | None:
    """The move of what a sale earns its customer; the same sale has the same move for ever."""
    points = earned_by(sale, rules) if sale.customer else 0
    if not points or sale.customer is None:
        return None
    return ValueMoved(
        ValueFact.LOADED, earning_id(sale.sale_id), points_of(sale.customer), ValueKind.POINTS, points, POINTS_CURRENCY,
        sale_id=sale.sale_id, holder=sale.customer,
    )  # fmt: skip


def earning_id(sale_id: str) -> str:
    return f"{sale_id}:e"


def worth_of(amounts_minor: Iterable[int]) -> int:
    """What of a receipt can come back, for the share its points go back in."""
    return sum(amount for amount in amounts_minor if amount > 0)


class Earned(msgspec.Struct, frozen=True):
    """What a receipt earned, to whom, and what it was worth."""

    instrument: InstrumentId
    points: int
    worth_minor: int
    holder: CustomerId | None = None


def taking_back(purchase: Earned, receipt: str, by_sale: str, before_minor: int, after_minor: int) -> ValueMoved | None:
    """The move for goods of `receipt` that come back on the sale `by_sale`: until then `before_minor` of it had.

    However a receipt comes back, piece by piece or at once, all its points have gone when all of it has. It may leave
    fewer than none, because they were spent: the next purchases make up for it.
    """
    points = _kept(purchase, before_minor) - _kept(purchase, after_minor)
    if points <= 0:
        return None
    return ValueMoved(
        ValueFact.ADJUSTED, f"{by_sale}:b:{receipt}", purchase.instrument, ValueKind.POINTS, -points, POINTS_CURRENCY,
        sale_id=by_sale, holder=purchase.holder, reason="goods_back",
    )  # fmt: skip


def _kept(purchase: Earned, back_minor: int) -> int:
    left_minor = max(0, purchase.worth_minor - back_minor)
    return purchase.points * left_minor // purchase.worth_minor if purchase.worth_minor > 0 else purchase.points


def receipts_back(sale: SaleCompleted) -> dict[str, int]:
    """Receipts of which goods come back on a sale, and what they were worth."""
    found: dict[str, int] = {}
    for line in sale.lines:
        if line.back and line.back.receipt and line.back.n:
            found[line.back.receipt] = found.get(line.back.receipt, 0) - line.amount_minor
    return found


def reached(tiers: Sequence[TierRule], now: str, earned: int) -> str:
    """The tier a customer has who earned so much in a year: the highest reached, never lower than the one of `now`.

    A tier that people gave, or that is unknown here, stays.
    """
    by_points = sorted((one for one in tiers if one.from_points), key=lambda one: one.from_points)
    names = [one.name.casefold() for one in by_points]
    if now and now != MEMBER and now.casefold() not in names:
        return now
    at = names.index(now.casefold()) if now.casefold() in names else -1
    best = max((n for n, one in enumerate(by_points) if earned >= one.from_points), default=-1)
    return by_points[best].name if best > at else now
