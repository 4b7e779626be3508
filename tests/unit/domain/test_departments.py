"""Departments for typed prices, and typed figures that could be a slip."""

import pytest

from retail_core.domain.departments import Department, check_price, checked, department_no
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.guards import LineRules, price_doubt, quantity_doubt

BAKERY = Department(4, "Bakery", "food", min_minor=10, max_minor=5_000)
RULES = LineRules()


def code_of(department: Department, price_minor: int) -> str:
    with pytest.raises(RuleViolationError) as refused:
        check_price(department, price_minor, "EUR")
    return refused.value.code


def test_a_typed_price_stays_within_the_limits_of_its_department() -> None:
    check_price(BAKERY, 10, "EUR")
    check_price(BAKERY, 5_000, "EUR")
    check_price(Department(5, "Flowers", "food"), 10**9, "EUR")
    assert code_of(BAKERY, 0) == "department.price_zero"
    assert code_of(BAKERY, 9) == "department.below_limit"
    assert code_of(BAKERY, 5_001) == "department.over_limit"


@pytest.mark.parametrize(
    ("department", "code"),
    [
        (Department(0, "Bakery", "food"), "department.bad_no"),
        (Department(10_000, "Bakery", "food"), "department.bad_no"),
        (Department(4, " ", "food"), "department.bad_name"),
        (Department(4, "B" * 61, "food"), "department.bad_name"),
        (Department(4, "Bakery", ""), "department.bad_name"),
        (Department(4, "Bakery", "food", min_minor=0), "department.bad_limits"),
        (Department(4, "Bakery", "food", min_minor=200, max_minor=100), "department.bad_limits"),
        (Department(4, "Bakery", "food", min_age=121), "department.bad_limits"),
    ],
)
def test_a_department_that_makes_no_sense_is_refused(department: Department, code: str) -> None:
    assert checked(BAKERY) is BAKERY
    with pytest.raises(RuleViolationError) as refused:
        checked(department)
    assert refused.value.code == code


def test_the_code_of_a_department_is_told_from_an_items_own() -> None:
    assert department_no(BAKERY.sku) == 4
    assert [department_no(sku) for sku in ("1001", "dept/", "dept/x", "dept")] == [None] * 4


def test_large_figures_are_asked_once_and_usual_ones_never() -> None:
    assert quantity_doubt(99_000, 100, RULES) == ""
    assert quantity_doubt(99_001, 100, RULES) == "quantity.looks_large"
    assert quantity_doubt(2_000, 50_000, RULES) == ""
    assert quantity_doubt(2_000, 50_001, RULES) == "line.looks_large"
    assert quantity_doubt(99_000, None, RULES) == ""
    assert quantity_doubt(10_000, 1, LineRules(ask_above_milli=9_000)) == "quantity.looks_large"


def test_eight_digits_that_could_be_a_short_bar_code_are_asked_as_a_price() -> None:
    assert price_doubt("40170725", 4_017_072_500, 1_000, LineRules(ask_above_minor=10**12)) == (
        "amount.looks_like_a_bar_code"
    )
    assert price_doubt("40170726", 4_017_072_600, 1_000, LineRules(ask_above_minor=10**12)) == ""
    assert price_doubt("1.49", 149, 1_000, RULES) == ""
    assert price_doubt("1000.01", 100_001, 1_000, RULES) == "line.looks_large"
