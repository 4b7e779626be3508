"""Prices typed into a department, at a till without a screen."""

from pathlib import Path

import msgspec
import pytest

from pos_app.service.outcome import OutcomeKind
from retail_core.domain.departments import Department
from retail_core.domain.events import SaleCompleted
from retail_core.domain.saleline import LineSort
from retail_core.domain.stock import movements_of
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop, row

MILK = ITEMS[0]
BAKERY = Department(4, "Bakery", "food", max_minor=5_000)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "t1")
    made.put_rows(row("department", "4", BAKERY), row("department", "11", Department(11, "Household", "general")))
    return made


def refusal(at: AtTill, typed: str) -> str:
    outcome = at.till.selling.enter(typed)
    assert outcome.kind is OutcomeKind.REFUSED, typed
    return outcome.code


def test_a_typed_price_is_sold_with_the_tax_of_its_department_and_moves_no_stock(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().till.selling
        assert selling.enter("1.49d11").kind is OutcomeKind.ADDED
        selling.enter("2*0,80d4")
        at.scan(MILK.code)
        assert [(line.name, line.amount_minor) for line in at.sale] == [
            ("Household", 149), ("Bakery", 160), ("Whole milk 1 L", 119),
        ]  # fmt: skip
        assert {part.tax_class: part.taxable_minor for part in at.sale.totals.taxes} == {"general": 149, "food": 279}
        assert at.pay_cash(428).total_minor == 428
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    (body,) = conn.execute("SELECT body FROM event WHERE type = 'sale.completed'").fetchone()
    conn.close()
    event = msgspec.json.decode(body, type=SaleCompleted)
    assert [line.sort for line in event.lines] == [LineSort.DEPARTMENT, LineSort.DEPARTMENT, LineSort.GOODS]
    assert [move.sku for move in movements_of(event)] == [MILK.sku]


def test_a_typed_price_says_what_an_unknown_code_is(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().till.selling
        selling.enter("3*")
        selling.scan("9780201379624")
        selling.scan(MILK.code)
        selling.select(at.sale.lines[0].line_id)
        assert selling.enter("2.49d4").kind is OutcomeKind.CHANGED
        answered = at.sale.lines[0]
        assert (answered.name, answered.qty_milli, answered.amount_minor) == ("Bakery", 3000, 747)
        assert (answered.label, answered.gtin) == ("9780201379624", "09780201379624")
        assert at.till.paying.blocked_by() == ()


def test_what_cannot_be_a_price_is_refused_in_words_and_changes_nothing(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        before = at.sale.data()
        assert refusal(at, "1.49d12") == "department.unknown"
        assert refusal(at, "1.49d") == "department.missing"
        assert refusal(at, "1.49d-4") == "department.unknown"
        assert refusal(at, "0d4") == "department.price_zero"
        assert refusal(at, "-1.49d4") == "amount.not_a_number"
        assert refusal(at, "1.4.9d4") == "amount.not_a_number"
        assert refusal(at, "1.499d4") == "amount.too_many_decimals"
        assert refusal(at, "50.01d4") == "department.over_limit"
        assert refusal(at, "4006381333931d11") == "amount.is_a_bar_code"
        assert refusal(at, f"{MILK.code}*1d4") == "quantity.is_a_bar_code"
        assert at.sale.data() == before


def test_what_could_be_a_slip_is_asked_before_it_is_done(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().scan(MILK.code).till.selling
        asked = {
            typed: doubt.code
            for typed in ("100*", "*100", "99*", "*99", "1000.01d11", "1000d11", "40170725d11", "9*2001", "26*2001")
            if (doubt := selling.doubt(typed))
        }
        assert asked == {
            "100*": "quantity.looks_large", "*100": "quantity.looks_large", "1000.01d11": "line.looks_large",
            "40170725d11": "amount.looks_like_a_bar_code", "26*2001": "line.looks_large",
        }  # fmt: skip


def test_a_basket_with_a_typed_price_survives_a_restart(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().till.selling.enter("1.49d11")
        at.till.writer.flush()
        before = at.sale.data()
    with at_till(shop) as at:
        assert at.sale.data() == before
