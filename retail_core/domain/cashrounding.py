"""Cash rounding: where the smallest coin is larger than a cent, the part paid in cash is rounded and nothing else.

Lines, taxes and the total keep their cents; card, gift card and credit pay to the cent. Only the cash that closes the
sale is rounded, once, to the nearest coin, and the difference is a figure of its own: Σ tenders = total + rounding.
"""

from typing import Annotated, NamedTuple

import msgspec

from retail_core.domain.errors import RuleViolationError

MAX_STEP_MINOR = 100_000


class CashRounding(msgspec.Struct, frozen=True, omit_defaults=True):
    """The smallest coin or note in minor units (0 and 1 round nothing), and where the exact middle goes."""

    step_minor: Annotated[int, msgspec.Meta(ge=0, le=MAX_STEP_MINOR)] = 0
    half_down: bool = False

    @property
    def coin_minor(self) -> int:
        """What every sum of cash is a multiple of."""
        return max(1, self.step_minor)


class CashPaid(NamedTuple):
    """Cash that closes a sale: given − change = amount, and amount − what was due = rounding."""

    amount_minor: int
    given_minor: int
    change_minor: int
    rounding_minor: int


def cash_due(left_minor: int, rule: CashRounding) -> int:
    """What is to be given in coins for `left_minor`; below zero is paid out, rounded alike, so that a sale and its
    return are the same sum.

    >>> cash_due(198, CashRounding(5)), cash_due(197, CashRounding(5)), cash_due(-198, CashRounding(5))
    (200, 195, -200)
    """
    coin = rule.coin_minor
    coins, over = divmod(abs(left_minor), coin)
    up = 2 * over > coin or (2 * over == coin and not rule.half_down)
    rounded = (coins + (1 if up else 0)) * coin
    return rounded if left_minor >= 0 else -rounded


def close_in_cash(left_minor: int, given_minor: int, rule: CashRounding) -> CashPaid:
    """Pay all that is left in cash. Money back (`left_minor` below zero) takes a `given_minor` of exactly `cash_due`.

    Raises `tender.too_little` when it is less than the rounded sum, `cash.no_such_coin` for a sum that no coins make.
    """
    due_minor = cash_due(left_minor, rule)
    if given_minor % rule.coin_minor:
        raise RuleViolationError("cash.no_such_coin", given_minor=given_minor, coin_minor=rule.coin_minor)
    if given_minor < due_minor:
        raise RuleViolationError("tender.too_little", missing_minor=due_minor - given_minor)
    if left_minor < 0 and given_minor != due_minor:
        raise RuleViolationError("tender.over", over_minor=given_minor - due_minor)
    return CashPaid(due_minor, given_minor, given_minor - due_minor, due_minor - left_minor)
