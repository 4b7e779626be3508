"""Amounts: whole minor units, one rounding, and no cent lost in sharing."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import (
    MAX_AMOUNT_DIGITS,
    Money,
    allocate,
    div_half_up,
    exponent,
    format_minor,
    format_money,
    parse_amount,
)

AMOUNTS = st.integers(-(10**12), 10**12)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)


@given(AMOUNTS, st.integers(1, 10**9))
def test_rounding_is_what_a_person_does_on_paper(numerator: int, denominator: int) -> None:
    # Decimal divides to 28 digits, so compare the exact rest instead of a quotient that may be rounded already
    rounded = div_half_up(numerator, denominator)
    assert abs(numerator - rounded * denominator) * 2 <= denominator
    assert div_half_up(-numerator, denominator) == -rounded
    if numerator % denominator * 2 == denominator:  # a half goes away from zero
        assert abs(rounded) * denominator > abs(numerator)


@pytest.mark.parametrize("text", ["0.5", "1.5", "2.5", "-0.5", "2.4", "2.6"])
def test_rounding_agrees_with_round_half_up(text: str) -> None:
    exact = Decimal(text)
    assert div_half_up(int(exact * 10), 10) == int(exact.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("denominator", [0, -1])
def test_dividing_by_nothing_is_a_bug(denominator: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        div_half_up(1, denominator)


@given(AMOUNTS, WEIGHTS)
def test_sharing_loses_no_cent(total: int, weights: list[int]) -> None:
    shares = allocate(total, weights)
    assert sum(shares) == total
    assert len(shares) == len(weights)
    whole = sum(weights)
    for share, weight in zip(shares, weights, strict=True):
        fair = (abs(total) * weight, whole) if whole else (abs(total), len(weights))
        assert fair[0] // fair[1] <= abs(share) <= -(-fair[0] // fair[1])
        assert share == 0 or (share < 0) == (total < 0)


@given(AMOUNTS, st.integers(1, 60))
def test_equal_parts_differ_by_at_most_one_cent(minor: int, parts: int) -> None:
    shares = Money(minor, "EUR").split(parts)
    assert sum(share.minor for share in shares) == minor
    assert max(shares).minor - min(shares).minor <= 1


def test_the_odd_cent_goes_to_the_largest_remainder_then_to_the_earlier_share() -> None:
    assert allocate(100, [1, 1, 1]) == (34, 33, 33)
    assert allocate(-100, [1, 1, 1]) == (-34, -33, -33)
    assert allocate(10, [3, 0, 7, 1]) == (3, 0, 6, 1)
    assert allocate(5, [0, 0]) == (3, 2)


def test_nothing_to_share_with_is_a_bug() -> None:
    with pytest.raises(ValueError, match="nobody"):
        allocate(1, [])
    with pytest.raises(ValueError, match="negative"):
        allocate(1, [2, -1])


def test_amounts_of_one_currency_add_and_compare() -> None:
    assert Money(150, "EUR") + Money(50, "EUR") == Money(200, "EUR")
    assert Money(150, "EUR") - Money(200, "EUR") == -Money(50, "EUR")
    assert Money(1, "EUR") < Money(2, "EUR")


def test_two_currencies_never_mix() -> None:
    with pytest.raises(RuleViolationError) as refused:
        _ = Money(1, "EUR") + Money(1, "USD")
    assert refused.value.code == "money.currency_differs"
    with pytest.raises(RuleViolationError):
        _ = Money(1, "EUR") - Money(1, "USD")


def test_currencies_have_their_own_decimals() -> None:
    assert [exponent(code) for code in ("EUR", "JPY", "KWD", "CLF", "XXX")] == [2, 0, 3, 4, 2]
    assert format_minor(123456, "EUR") == "1,234.56"
    assert format_minor(-5, "EUR") == "−0.05"
    assert format_minor(1234, "JPY") == "1,234"
    assert format_minor(1234567, "KWD", group=".", point=",") == "1.234,567"
    assert format_money(1670, "EUR") == "€ 16.70"
    assert format_money(1670, "CHF") == "CHF 16.70"


@given(st.integers(0, 10**11), st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_what_is_shown_can_be_typed_again(minor: int, currency: str) -> None:
    assert parse_amount(format_minor(minor, currency, group=""), currency) == minor
    assert parse_amount(f" {format_minor(minor, currency, group='', point=',')} ", currency) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("5", "EUR", 500),
        (".5", "EUR", 50),
        ("5.", "EUR", 500),
        ("0,05", "EUR", 5),
        ("7", "JPY", 7),
        ("1.5", "KWD", 1500),
    ],
)
def test_amounts_typed_in_a_hurry(typed: str, currency: str, minor: int) -> None:
    assert parse_amount(typed, currency) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "code"),
    [
        ("", "EUR", "amount.not_a_number"),
        (".", "EUR", "amount.not_a_number"),
        ("-5", "EUR", "amount.not_a_number"),
        ("1.234,56", "EUR", "amount.not_a_number"),
        ("٣", "EUR", "amount.not_a_number"),
        ("²", "EUR", "amount.not_a_number"),
        ("1e3", "EUR", "amount.not_a_number"),
        ("5.005", "EUR", "amount.too_many_decimals"),
        ("5.0", "JPY", "amount.too_many_decimals"),
        ("9" * (MAX_AMOUNT_DIGITS + 1), "EUR", "amount.too_large"),
        ("9" * 5000, "EUR", "amount.too_large"),
    ],
)
def test_what_is_no_amount_is_refused_by_name(typed: str, currency: str, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        parse_amount(typed, currency)
    assert refused.value.code == code


@given(st.text(max_size=60), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_text_is_an_amount_or_refused(typed: str, currency: str) -> None:
    try:
        minor = parse_amount(typed, currency)
    except RuleViolationError:
        return
    assert minor >= 0
