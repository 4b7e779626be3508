"""What must be known before goods are sold: ages, dates of birth, fields of an item."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.asks import (
    EXPIRY,
    LOT,
    NO_RULES,
    SERIAL,
    ItemRules,
    born_by,
    check_birth,
    checked_rules,
    checked_value,
)
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate

TODAY = "2026-11-27"
FOOD = TaxRate("food", "VAT 9 %", 90_000)


def refused(call: object, *args: object) -> str:
    with pytest.raises(RuleViolationError) as caught:
        call(*args)  # type: ignore[operator] # any of the functions here
    return caught.value.code


@pytest.mark.parametrize(
    "typed", ["27112008", "27.11.2008", "27/11/2008", "2008-11-27", " 27.11.2008 ", "1.2.1960", "29022008"]
)
def test_somebody_who_is_eighteen_today_or_older_may_buy(typed: str) -> None:
    check_birth(typed, TODAY, 18)


def test_one_day_too_young_and_what_is_no_date_of_birth() -> None:
    assert refused(check_birth, "28112008", TODAY, 18) == "age.too_young"
    for typed in (
        "",
        "2008",
        "31022000",
        "29022009",
        "01.01.08",
        "9999999999999.1.2000",
        "a.b.2000",
        "1.1.1.2000",
        "28112026",
        "26111906",
        "٠١.٠١.٢٠٠٠",
    ):
        assert refused(check_birth, typed, TODAY, 18) == "age.bad_date", typed
    assert born_by("2028-02-29", 18) == "2010-02-28"


@given(st.dates(), st.integers(1, 30))
def test_the_last_birth_date_is_old_enough_and_the_next_day_is_not(today: object, age: int) -> None:
    day = str(today)
    if int(day[:4]) > 200:
        check_birth(born_by(day, age), day, age)


def test_fields_take_what_can_be_read_and_nothing_else() -> None:
    assert checked_value(SERIAL, " SN-1 ") == "SN-1"
    assert checked_value(EXPIRY, "24.12.2026") == "2026-12-24"
    assert refused(checked_value, LOT, "  ") == "ask.empty"
    assert refused(checked_value, LOT, "L" * 41) == "ask.too_long"
    assert refused(checked_value, LOT, "L\x1b1") == "ask.unreadable"
    assert refused(checked_value, EXPIRY, "soon") == "ask.bad_date"
    assert refused(checked_value, SERIAL, "4111 1111 1111 1111") == "card.number_refused"


def test_rules_that_make_no_sense_are_refused() -> None:
    good = ItemRules(18, ("serial", "Registration"), Sku("P25"))
    assert checked_rules(good, "1") is good
    assert refused(checked_rules, ItemRules(-1), "1") == "product.bad_age"
    for required in (("",), ("a" * 25,), (" x",), ("x\n",), ("a", "a"), tuple("abcde")):
        assert refused(checked_rules, ItemRules(0, required), "1") == "product.bad_required"
    assert refused(checked_rules, ItemRules(deposit=Sku("1")), "1") == "product.bad_deposit"


def sale_of(*rules: ItemRules) -> Sale:
    sale = Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("o"), currency="EUR", at_ms=0)
    for n, one in enumerate(rules):
        sale.add(SaleLine(LineId(f"l{n}"), Sku(str(n)), "x", 1000, 100, FOOD, rules=one))
    return sale


def test_the_highest_age_on_the_sale_is_asked_once_for_all_of_it() -> None:
    sale = sale_of(ItemRules(16), ItemRules(18), NO_RULES)
    assert (sale.age_asked, sale.questions) == (18, 1)
    with pytest.raises(RuleViolationError, match=r"sale\.open_questions"):
        sale.begin_paying()
    sale.void_line(LineId("l1"))
    assert sale.age_asked == 16
    sale.show_age(16)
    assert (sale.age_asked, sale.questions) == (0, 0)
    again = Sale(sale.data())
    assert (again.age_asked, again.age_shown) == (0, 16)
    again.add(SaleLine(LineId("l9"), Sku("9"), "x", 1000, 100, FOOD, rules=ItemRules(18)))
    assert again.age_asked == 18
    again.show_age(18)
    again.begin_paying()


def test_fields_are_open_until_the_line_knows_them() -> None:
    sale = sale_of(ItemRules(required=("serial", "lot", "expiry", "Registration")))
    line = sale.lines[0]
    assert (line.unfilled, sale.questions) == (("serial", "lot", "expiry", "Registration"), 1)
    known = SaleLine(
        line.line_id, line.sku, "x", 1000, 100, FOOD, rules=line.rules, serial="1", lot="2", best_before="2027-01-01",
        filled=(("Registration", "R-7"),),
    )  # fmt: skip
    sale.replace_line(line.line_id, known)
    assert (known.unfilled, sale.questions) == ((), 0)


def test_goods_that_come_back_ask_for_nothing() -> None:
    sale = sale_of()
    back = ReturnOf(ReturnReason.UNWANTED)
    rules = ItemRules(18, ("serial",))
    sale.add(SaleLine(LineId("b"), Sku("1"), "x", 1000, 100, FOOD, rules=rules, back=back))
    assert sale.questions == 0
    assert sale.touched == (LineId("b"),)
