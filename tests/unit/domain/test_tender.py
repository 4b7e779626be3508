"""Foreign money and what a store takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.tender import MAX_FOREIGN_MINOR, ForeignRate, TenderRules

DOLLAR = ForeignRate("USD", 920_000)
RULES = TenderRules(foreign=(DOLLAR, ForeignRate("JPY", 61, 4)))


@pytest.mark.parametrize(
    ("rate", "given_minor", "worth_minor"),
    [
        (DOLLAR, 2000, 1840),
        (DOLLAR, 1, 1),  # 0.92 of a cent
        (DOLLAR, 50, 46),
        (ForeignRate("JPY", 61, 4), 1000, 610),  # yen have no cents
        (ForeignRate("KWD", 3_015_000), 1000, 302),  # a dinar has a thousand fils; 301.5
    ],
)
def test_foreign_money_is_rounded_once_to_the_cent(rate: ForeignRate, given_minor: int, worth_minor: int) -> None:
    assert rate.worth_minor(given_minor, "EUR") == worth_minor


@given(st.integers(1, 10**7), st.sampled_from([DOLLAR, *RULES.foreign, ForeignRate("KWD", 3_015_000)]))
def test_what_is_asked_for_in_foreign_money_is_enough_and_no_more_than_needed(due: int, rate: ForeignRate) -> None:
    needed = rate.needed_minor(due, "EUR")
    assert rate.worth_minor(needed, "EUR") >= due
    assert needed == 1 or rate.worth_minor(needed - 1, "EUR") < due


@pytest.mark.parametrize(
    ("given_minor", "code"),
    [(0, "tender.not_positive"), (-5, "tender.not_positive"), (MAX_FOREIGN_MINOR + 1, "tender.too_large")],
)
def test_sums_that_nobody_hands_over(given_minor: int, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        DOLLAR.worth_minor(given_minor, "EUR")
    assert refused.value.code == code


def test_only_currencies_with_a_rate_are_taken() -> None:
    assert RULES.rate_of("USD") is DOLLAR
    with pytest.raises(RuleViolationError) as refused:
        RULES.rate_of("CHF")
    assert refused.value.code == "tender.no_rate"


@pytest.mark.parametrize(
    ("over_minor", "amount_minor", "code"),
    [
        (0, 1000, ""),
        (0, 1001, "tender.over"),
        (0, 0, "tender.not_positive"),
        (5000, 6000, ""),
        (5000, 6001, "tender.cash_back_limit"),
    ],
)
def test_a_card_pays_more_than_is_due_only_as_far_as_the_store_pays_it_out(
    over_minor: int, amount_minor: int, code: str
) -> None:
    rules = TenderRules(card_over_minor=over_minor)
    if not code:
        rules.check_card(amount_minor, 1000, "EUR")
        return
    with pytest.raises(RuleViolationError) as refused:
        rules.check_card(amount_minor, 1000, "EUR")
    assert refused.value.code == code
