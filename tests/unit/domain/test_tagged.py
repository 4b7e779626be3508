"""A unit known by its tag or serial number that another till has: a question on its line, which only paying waits for."""

import pytest
from msgspec.structs import replace

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.returns import Condition, ReturnOf, ReturnReason
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tagged import MAX_EPC_CHARS, UnitTaken, names_unit, unit_keys
from retail_core.domain.tax import TaxRate
from tests.unit.domain.test_sale import basket

TAX = TaxRate("std", "VAT", 210_000)
SOLD = UnitTaken("T2", "S0319-T2-A-000004")
LINE = SaleLine(LineId("l-1"), Sku("SHIRT"), "Shirt", 1_000, 2_999, TAX, epc="30" * 12, taken=SOLD)


def test_only_a_tag_of_a_length_that_there_is_names_a_unit() -> None:
    assert [names_unit(epc) for epc in (None, "", "3" * MAX_EPC_CHARS, "3" * (MAX_EPC_CHARS + 1))] == [
        False, False, True, False,
    ]  # fmt: skip


def test_a_unit_is_known_by_its_tag_and_by_its_number_among_those_of_its_item() -> None:
    sku = Sku("PHONE")
    assert unit_keys(sku, "4711", None) == ("sn:PHONE/4711",)
    assert unit_keys(sku, " Ab12 ", "30AA") == ("30AA", "sn:PHONE/ab12")
    assert unit_keys(sku, None, "30AA") == ("30AA",)
    assert unit_keys(sku, "4711", None) != unit_keys(Sku("WATCH"), "4711", None)
    typed_to_get_on = [None, "", "-", "none", "n/a", "0000", "9" * (MAX_EPC_CHARS + 1) + "8"]
    assert [unit_keys(sku, serial, "") for serial in typed_to_get_on] == [()] * len(typed_to_get_on)


def test_a_unit_another_till_has_waits_for_an_answer_and_is_sold_once_somebody_agreed() -> None:
    sale = basket(LINE)
    assert (sale.questions, LINE.contested) == (1, True)
    with pytest.raises(RuleViolationError, match=r"sale\.open_questions"):
        sale.begin_paying()
    sale.replace_line(LINE.line_id, replace(LINE, taken=replace(SOLD, agreed=True)))
    assert sale.questions == 0
    sale.begin_paying()


def test_nothing_is_asked_about_a_unit_that_is_taken_off_or_comes_back() -> None:
    sale = basket(LINE)
    sale.void_line(LINE.line_id)
    assert sale.questions == 0
    back = ReturnOf(ReturnReason.UNWANTED, Condition.SELLABLE, "R-1", 1)
    assert not replace(LINE, back=back).contested
    assert not replace(LINE, taken=None).contested
