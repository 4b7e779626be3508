"""Ways to pay: what a tender is, what a store takes, foreign money in the store's own, and likely sums of cash."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from retail_core.domain.errors import RuleViolationError, require
from retail_core.domain.money import div_half_up, exponent

NOTES = (5, 10, 20, 50, 100, 200, 500)
MAX_SUGGESTIONS = 4
MAX_RATE = 10**15
MAX_FOREIGN_MINOR = 10**13
Amount = Annotated[int, Meta(ge=0, le=10**9)]


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    POINTS = "points"
    ACCOUNT = "account"
    FOREIGN_CASH = "foreign_cash"


GIVES_CHANGE = frozenset({TenderKind.CASH, TenderKind.FOREIGN_CASH})
"""More than is due may be given of these alone; the change is cash of the store's own currency."""


class Foreign(msgspec.Struct, frozen=True):
    """Money of another currency as it was handed over, and the rate it was taken at."""

    currency: str
    given_minor: int
    rate: int
    exponent: int


class Tender(msgspec.Struct, frozen=True, omit_defaults=True):
    """A means and amount of paying. `given_minor` is what the customer handed over, change included, in the sale's currency.

    Both are negative for money that goes back to the customer. A card's may be more than its amount: that was paid out in cash. `reference` names the card payment, or the gift card,
    credit, points or account (its id); `tail` is what people may see of its number; `points` are how many were taken.
    """

    kind: TenderKind
    amount_minor: int
    given_minor: int
    reference: str = ""
    tail: str = ""
    foreign: Foreign | None = None
    points: int = 0


class ForeignRate(msgspec.Struct, frozen=True):
    """What one unit of a currency is worth here: `rate` / 10^`exponent` units of the store's own."""

    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
    rate: Annotated[int, Meta(ge=1, le=MAX_RATE)]
    exponent: Annotated[int, Meta(ge=0, le=15)] = 6

    def worth_minor(self, given_minor: int, own: str) -> int:
        """What foreign money is worth in the store's own, rounded half away from zero to its minor unit, once.

        Raises `tender.not_positive` or `tender.too_large`.
        """
        if given_minor <= 0:
            raise RuleViolationError("tender.not_positive")
        if given_minor > MAX_FOREIGN_MINOR:
            raise RuleViolationError("tender.too_large", limit_minor=MAX_FOREIGN_MINOR)
        return div_half_up(
            given_minor * self.rate * 10 ** exponent(own), 10 ** (self.exponent + exponent(self.currency))
        )

    def needed_minor(self, due_minor: int, own: str) -> int:
        """The least foreign money that is worth `due_minor` or more.

        >>> ForeignRate("USD", 920_000).needed_minor(670, "EUR")
        729
        """
        scale = 10 ** (self.exponent + exponent(self.currency))
        step = self.rate * 10 ** exponent(own)
        return -(-(2 * due_minor - 1) * scale // (2 * step))  # what rounds to the sum or more


class TenderRules(msgspec.Struct, frozen=True):
    """How a store lets its customers pay. A kind that is not among `kinds` is not offered.

    `card_over_minor`: how much more than is due a card may be charged and paid out in cash; 0: not at all.
    `card_min_minor` and `card_max_minor`: what may be put on a gift card at once. `credit_days`: how long store credit
    given here is good; 0: for ever.
    """

    kinds: tuple[TenderKind, ...] = tuple(TenderKind)
    foreign: tuple[ForeignRate, ...] = ()
    card_over_minor: Amount = 0
    card_min_minor: Amount = 100
    card_max_minor: Amount = 50_000
    credit_days: Annotated[int, Meta(ge=0, le=36_500)] = 0

    def check_card(self, amount_minor: int, left_minor: int, currency: str) -> None:
        """A card pays what is left, and as much more as this store pays out in cash on top.

        Raises `tender.not_positive`, `tender.over` where nothing is paid out, `tender.cash_back_limit` where less is.
        """
        if amount_minor <= 0:
            raise RuleViolationError("tender.not_positive")
        over_minor = amount_minor - left_minor
        if over_minor > self.card_over_minor:
            code = "tender.cash_back_limit" if self.card_over_minor else "tender.over"
            raise RuleViolationError(code, over_minor=over_minor, limit_minor=self.card_over_minor, currency=currency)

    def rate_of(self, currency: str) -> ForeignRate:
        """Raises `tender.no_rate`."""
        for rate in self.foreign:
            if rate.currency == currency:
                return rate
        raise RuleViolationError("tender.no_rate", currency=currency[:3])


def with_tender(taken: tuple[Tender, ...], tender: Tender, left_minor: int) -> tuple[Tender, ...]:
    """What was taken, with one more of a sale of which `left_minor` is open; below zero that goes back. Under one
    reference it counts once. Raises `tender.not_positive` or `tender.over`.
    """
    if any(tender.reference and known.reference == tender.reference for known in taken):
        return taken
    sign = -1 if left_minor < 0 else 1
    if sign * tender.amount_minor <= 0:
        raise RuleViolationError("tender.not_positive")
    if sign * tender.amount_minor > sign * left_minor:
        raise RuleViolationError("tender.over", over_minor=sign * (tender.amount_minor - left_minor))
    return (*taken, tender)


def without_tender(taken: tuple[Tender, ...], reference: str) -> tuple[Tender, ...]:
    """Raises `tender.not_taken`."""
    left = tuple(tender for tender in taken if tender.reference != reference)
    if len(left) == len(taken):
        raise RuleViolationError("tender.not_taken", reference=reference)
    return left


def change_due(due_minor: int, tenders: Sequence[Tender]) -> int:
    """What is given back on `tenders`, which close a sale together. When the sale owes the customer, every tender is
    negative and nobody gets change. Raises `tender.too_little`, `tender.wrong_way` or `tender.over` (only cash gives change).
    """
    paid = sum(tender.amount_minor for tender in tenders)
    given = sum(tender.given_minor for tender in tenders)
    if paid < due_minor:
        raise RuleViolationError("tender.too_little", missing_minor=due_minor - paid)
    if any((tender.amount_minor < 0) != (due_minor < 0) for tender in tenders) or (due_minor < 0 and given != paid):
        raise RuleViolationError("tender.wrong_way", due_minor=due_minor)
    if paid > due_minor or any(t.given_minor != t.amount_minor for t in tenders if t.kind is not TenderKind.CASH):
        raise RuleViolationError("tender.over", over_minor=paid - due_minor)
    require(given >= paid, "tender.given_below_amount")
    return given - paid


def suggested_cash(due_minor: int, currency: str, coin_minor: int = 1) -> tuple[int, ...]:
    """The sum that closes it first, then the next whole unit and the next sums payable with one or two notes.

    `coin_minor` is the smallest coin there is: sums that no coins make are left out.

    >>> suggested_cash(670, "EUR")
    (670, 700, 1000, 2000)
    """
    if due_minor <= 0:
        return (due_minor,) if due_minor else (0,)
    unit = 10 ** exponent(currency)
    scale = 1 if exponent(currency) else 1000  # JPY and the like: notes start at 1,000
    steps = [unit, *(note * unit * (scale if not exponent(currency) else 1) for note in NOTES)]
    found = {due_minor}
    for step in steps:
        rounded = -(-due_minor // step) * step
        if rounded - due_minor < 10 * max(steps[0], due_minor) and rounded % coin_minor == 0:
            found.add(rounded)
    return tuple(sorted(found)[:MAX_SUGGESTIONS])
