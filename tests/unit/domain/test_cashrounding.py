"""Cash is rounded to the smallest coin; nothing else is, and no cent is unaccounted for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.cashrounding import CashRounding, cash_due, close_in_cash
from retail_core.domain.errors import RuleViolationError

FIVE, TEN = CashRounding(5), CashRounding(10)
RULES = st.builds(CashRounding, st.sampled_from((0, 1, 2, 5, 10, 20, 25, 50, 100, 1000)), st.booleans())
SUMS = st.integers(-(10**9), 10**9)


def test_sums_round_to_the_nearest_coin() -> None:
    """A due of 1.95 is paid with 1.95 and one of 1.98 with 2.00: odoo/odoo#113428 asked for 2.00 where 1.95 was due."""
    assert [cash_due(left, FIVE) for left in (193, 195, 197, 198, 200, 202, 203)] == [195, 195, 195, 200, 200, 200, 205]


def test_the_exact_middle_goes_where_the_country_sends_it() -> None:
    assert (cash_due(115, TEN), cash_due(115, CashRounding(10, half_down=True))) == (120, 110)


def test_without_a_smallest_coin_nothing_is_rounded() -> None:
    assert close_in_cash(1987, 2000, CashRounding()) == (1987, 2000, 13, 0)


def test_change_is_reckoned_from_the_rounded_sum() -> None:
    """20 for 19.98 is even; 19.97 gives 5 cents back. odoo/odoo#204301 gave change of 20 where 21 was right."""
    assert close_in_cash(1998, 2000, FIVE) == (2000, 2000, 0, 2)
    assert close_in_cash(1997, 2000, FIVE) == (1995, 2000, 5, -2)
    assert close_in_cash(7900, 10_000, CashRounding(100)) == (7900, 10_000, 2100, 0)


def test_a_sum_below_half_a_coin_is_given_away() -> None:
    assert close_in_cash(2, 0, FIVE) == (0, 0, 0, -2)


def test_too_little_and_coins_that_do_not_exist_are_refused() -> None:
    with pytest.raises(RuleViolationError, match="too_little") as short:
        close_in_cash(198, 195, FIVE)
    assert short.value.facts["missing_minor"] == 5
    with pytest.raises(RuleViolationError, match="no_such_coin"):
        close_in_cash(197, 198, FIVE)


def test_money_back_is_exactly_the_rounded_sum() -> None:
    assert close_in_cash(-198, -200, FIVE) == (-200, -200, 0, -2)
    with pytest.raises(RuleViolationError, match="over"):
        close_in_cash(-198, -195, FIVE)
    with pytest.raises(RuleViolationError, match="too_little"):
        close_in_cash(-198, -205, FIVE)


@given(SUMS, RULES)
def test_a_rounded_sum_is_payable_near_and_rounds_to_itself(left: int, rule: CashRounding) -> None:
    due = cash_due(left, rule)
    assert due % rule.coin_minor == 0
    assert 2 * abs(due - left) <= rule.coin_minor
    assert cash_due(due, rule) == due


@given(SUMS, RULES)
def test_a_return_gives_back_what_the_sale_took(left: int, rule: CashRounding) -> None:
    assert cash_due(-left, rule) == -cash_due(left, rule)


@given(st.integers(0, 10**9), st.integers(0, 10**6), RULES)
def test_given_less_change_is_the_total_and_its_rounding(left: int, more: int, rule: CashRounding) -> None:
    paid = close_in_cash(left, cash_due(left, rule) + more * rule.coin_minor, rule)
    assert paid.given_minor - paid.change_minor == paid.amount_minor == left + paid.rounding_minor
    assert paid.change_minor >= 0
    assert paid.change_minor % rule.coin_minor == 0
