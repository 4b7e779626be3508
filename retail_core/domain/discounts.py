"""What a person takes off by hand: a line, a whole sale, or another price; how deep it may go, and for whom.

Promotions are reckoned on the price list first; what is done by hand comes on top and never mixes with them:
1. a line's own: percent or amount of what the line costs after promotions; a new price replaces all of it, and such a
   line takes part in no promotion;
2. the sale's: percent or amount of what all lines cost after that, shared over them in proportion, to the cent.
Each is rounded once, half up. Nothing ever costs less than nothing. A limit holds for as long as the discount stands:
goods that are taken off the sale again do not make an amount deeper than its giver may go.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, assert_never

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import allocate, div_half_up
from retail_core.domain.quantity import amount_minor
from retail_core.domain.roles import Permission, Role, may

PPM = 1_000_000
PPM_PER_PERCENT = 10_000
BY_HAND = "manual."
LINE_RULE, SALE_RULE, PRICE_RULE = "manual.line", "manual.sale", "manual.price"
MAX_UNIT_MINOR = 10**9
Ppm = Annotated[int, msgspec.Meta(ge=0, le=PPM)]


class Kind(StrEnum):
    PERCENT = "percent"
    AMOUNT = "amount"
    PRICE = "price"


class Why(StrEnum):
    """Reasons a person may give."""

    DAMAGED = "damaged"
    PRICE_MATCH = "price_match"
    SHELF_LABEL = "shelf_label"
    GOODWILL = "goodwill"
    STAFF = "staff"


class Manual(msgspec.Struct, frozen=True, omit_defaults=True):
    """One discount by hand. `value`: parts per million, minor units off, or the new price of one piece or kilogram.

    `most_ppm`: it never takes more than that off, whatever becomes of the goods. `by`: who agreed, if it took somebody.
    """

    kind: Kind
    value: int
    why: str = ""
    by: str = ""
    most_ppm: int = PPM


class DiscountRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far each role may go alone, in parts per million; a new price counts by how far it is below the old one.

    Goods of `no_discount_departments` and `no_discount_skus` are left alone by hand.
    """

    cashier_ppm: Ppm = 100_000
    supervisor_ppm: Ppm = 300_000
    manager_ppm: Ppm = PPM
    cashier_price_ppm: Ppm = 0
    supervisor_price_ppm: Ppm = 300_000
    manager_price_ppm: Ppm = PPM
    price_up_ppm: Ppm = PPM
    no_discount_departments: tuple[str, ...] = ()
    no_discount_skus: tuple[str, ...] = ()

    def steps(self, kind: Kind) -> tuple[tuple[Permission, int], ...]:
        """(what it takes, how far it goes), the smallest first."""
        limits = (
            (self.cashier_price_ppm, self.supervisor_price_ppm, self.manager_price_ppm)
            if kind is Kind.PRICE
            else (self.cashier_ppm, self.supervisor_ppm, self.manager_ppm)
        )
        return tuple(zip((Permission.DISCOUNT, Permission.DISCOUNT_MORE, Permission.DISCOUNT_ANY), limits, strict=True))

    def needed(self, kind: Kind, depth_ppm: int) -> Permission:
        """What a discount of this depth takes. Raises `discount.over_limit` when nobody may give it."""
        for permission, limit_ppm in self.steps(kind):
            if depth_ppm <= limit_ppm:
                return permission
        raise RuleViolationError("discount.over_limit", depth_ppm=depth_ppm, limit_ppm=self.steps(kind)[-1][1])

    def limit_of(self, kind: Kind, role: Role) -> int:
        """How far this role may go."""
        return max((limit_ppm for permission, limit_ppm in self.steps(kind) if may(role, permission)), default=0)


def checked(manual: Manual) -> Manual:
    """The discount, if it is one. Raises `discount.nothing`, `discount.over_all` or `discount.no_such_price`."""
    if manual.kind is Kind.PRICE:
        if not 0 <= manual.value <= MAX_UNIT_MINOR:
            raise RuleViolationError("discount.no_such_price")
    elif manual.value <= 0:
        raise RuleViolationError("discount.nothing")
    elif manual.kind is Kind.PERCENT and manual.value > PPM:
        raise RuleViolationError("discount.over_all")
    return manual


def depth_ppm(manual: Manual, before_minor: int, qty_milli: int) -> int:
    """How deep it cuts goods that cost `before_minor`, rounded up; more than PPM when it is more than they cost."""
    match manual.kind:
        case Kind.PERCENT:
            return manual.value
        case Kind.AMOUNT:
            less_minor = manual.value
        case Kind.PRICE:
            less_minor = max(0, before_minor - amount_minor(manual.value, qty_milli))
        case _:
            assert_never(manual.kind)
    if less_minor <= 0:
        return 0
    return -(-less_minor * PPM // before_minor) if before_minor > 0 else PPM + 1


def together_ppm(one_ppm: int, other_ppm: int) -> int:
    """How deep two cuts are, one taken off what the other leaves; rounded up."""
    return PPM - (PPM - one_ppm) * (PPM - other_ppm) // PPM


def off_line(manual: Manual, before_minor: int, qty_milli: int) -> int:
    """What it changes about a line that costs `before_minor`: below zero is taken off. The line stays above nothing."""
    if manual.kind is Kind.PRICE:
        return amount_minor(manual.value, qty_milli) - before_minor
    return -_off(manual, before_minor)


def shares(manual: Manual, before_minor: Sequence[int]) -> tuple[int, ...]:
    """What a discount of the sale takes off each line, to the cent; `before_minor` are the lines it is taken off."""
    whole = sum(before_minor)
    return allocate(_off(manual, whole), before_minor) if whole > 0 else (0,) * len(before_minor)


def percent_text(manual: Manual) -> str:
    """What was given in percent; an amount says itself.

    >>> percent_text(Manual(Kind.PERCENT, 125_000)), percent_text(Manual(Kind.AMOUNT, 50))
    ('12.5 %', '')
    """
    if manual.kind is not Kind.PERCENT:
        return ""
    whole, rest = divmod(manual.value, PPM_PER_PERCENT)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


def _off(manual: Manual, before_minor: int) -> int:
    if before_minor <= 0:
        return 0
    if manual.kind is Kind.PERCENT:
        return div_half_up(before_minor * manual.value, PPM)
    return min(manual.value, before_minor * manual.most_ppm // PPM)
