"""Goods that come back: what a returned line says of the purchase it undoes, what it is worth, and what a store allows."""

from enum import StrEnum
from typing import Annotated

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import div_half_up

DAY_MS = 86_400_000
MOST_DAYS = 36_500


class ReturnReason(StrEnum):
    """Why goods come back; fixed words, so that they can be counted."""

    UNWANTED = "unwanted"
    FAULTY = "faulty"
    WRONG_ITEM = "wrong_item"
    EXPIRED = "expired"
    OVERCHARGED = "overcharged"
    POST_VOID = "post_void"  # the whole sale was a mistake; not a customer's reason


class Condition(StrEnum):
    """Where returned goods go in the store."""

    SELLABLE = "sellable"
    DAMAGED = "damaged"


CONDITION_OF = {
    ReturnReason.UNWANTED: Condition.SELLABLE,
    ReturnReason.FAULTY: Condition.DAMAGED,
    ReturnReason.WRONG_ITEM: Condition.SELLABLE,
    ReturnReason.EXPIRED: Condition.DAMAGED,
    ReturnReason.OVERCHARGED: Condition.SELLABLE,
    ReturnReason.POST_VOID: Condition.SELLABLE,
}
"""What is proposed; whoever holds the goods in the hand decides."""


class ReturnOf(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a returned line undoes. Without `receipt` nobody knows when it was bought; `n` is the receipt's line."""

    reason: ReturnReason
    condition: Condition = Condition.SELLABLE
    receipt: str = ""
    n: int = 0
    paid_with: str = ""  # the tender most of the receipt was paid with: how the money should go back


class ReturnRules(msgspec.Struct, frozen=True):
    """What one member of staff may take back alone. Beyond it somebody with `return_freely` must agree; 0 is no limit."""

    days: Annotated[int, msgspec.Meta(ge=0, le=MOST_DAYS)] = 30
    max_minor: Annotated[int, msgspec.Meta(ge=0)] = 20_000  # of one sale
    without_receipt: bool = True  # False: never, whoever agrees
    without_receipt_minor: Annotated[int, msgspec.Meta(ge=0)] = 2_000
    cash_for_card: bool = False  # True: goods paid by card may be paid back in cash by anybody


def worth_minor(sold: "Part", before: "Part", back_milli: int) -> int:
    """What `back_milli` of a line are worth that was `sold`, after `before` of it came back already.

    However a line is returned, piece by piece or at once, the parts add up to what was paid for it, to the cent.
    Raises RuleViolationError `return.more_than_sold`.

    >>> worth_minor(Part(3000, 100), Part(0, 0), 1000), worth_minor(Part(3000, 100), Part(1000, 33), 1000)
    (33, 34)
    """
    if back_milli <= 0:
        raise RuleViolationError("quantity.zero")
    left_milli = sold.qty_milli - before.qty_milli
    if back_milli > left_milli:
        raise RuleViolationError("return.more_than_sold", left_milli=max(0, left_milli))
    return div_half_up(sold.minor * (before.qty_milli + back_milli), sold.qty_milli) - before.minor


class Part(msgspec.Struct, frozen=True):
    """So many thousandths of a line for so much money."""

    qty_milli: int
    minor: int

    def __add__(self, other: "Part") -> "Part":
        return Part(self.qty_milli + other.qty_milli, self.minor + other.minor)


NOTHING = Part(0, 0)


class Beyond(StrEnum):
    """Why a return needs a second person."""

    TOO_OLD = "return.too_old"
    TOO_MUCH = "return.too_much"
    NO_RECEIPT = "return.no_receipt"


def beyond(rules: ReturnRules, *, has_receipt: bool, age_ms: int, total_minor: int) -> Beyond | None:
    """What a return of `total_minor` in all goes beyond, or None. Raises RuleViolationError `return.receipt_needed`."""
    if not has_receipt:
        if not rules.without_receipt:
            raise RuleViolationError("return.receipt_needed")
        if rules.without_receipt_minor and total_minor > rules.without_receipt_minor:
            return Beyond.NO_RECEIPT
    elif rules.days and age_ms > rules.days * DAY_MS:
        return Beyond.TOO_OLD
    return Beyond.TOO_MUCH if rules.max_minor and total_minor > rules.max_minor else None
