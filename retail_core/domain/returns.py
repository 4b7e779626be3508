"""Goods that come back: what a returned line says of the purchase it undoes, what it is worth, and what a store allows."""

from enum import StrEnum

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import div_half_up


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


def worth_minor(amount_minor: int, qty_milli: int, before_milli: int, back_milli: int) -> int:
    """What `back_milli` of a line are worth that cost `amount_minor`, after `before_milli` of it came back already.

    However a line is returned, piece by piece or at once, the parts add up to what was paid for it, to the cent.
    Raises RuleViolationError `return.more_than_sold`.

    >>> [worth_minor(100, 3000, before, 1000) for before in (0, 1000, 2000)]
    [33, 34, 33]
    """
    if back_milli <= 0:
        raise RuleViolationError("quantity.zero")
    if not 0 <= before_milli <= qty_milli - back_milli:
        raise RuleViolationError("return.more_than_sold", left_milli=max(0, qty_milli - before_milli))
    upto = div_half_up(amount_minor * (before_milli + back_milli), qty_milli)
    return upto - div_half_up(amount_minor * before_milli, qty_milli)
