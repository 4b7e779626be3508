"""Several rates on one item: a store's jurisdiction puts them in the place of the item's own; receipt, fact and return agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from retail_core.durable import reference
from retail_core.durable.engine import open_rw, transaction
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop
from tests.till.test_approving import journal
from tests.till.test_exempting import printed

MILK, THROW = ITEMS[0], ITEMS[6]
STATE, CITY = reference.TaxDoc("state", "State tax", 60_000, False), reference.TaxDoc("city", "City tax", 28_750, False)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path / "t1")
    conn = open_rw(shop.home.reference("ref-1.db"), shop.home.keys.file_key("ref-1.db"))
    with transaction(conn):
        for tax in (STATE, CITY):
            reference.put_tax(conn, tax)
    conn.close()
    shop.set_rules(tax={"stands_for": {"general": ["state", "city"]}})
    return shop


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop) as made:
        yield made.sign_in()


def test_state_and_city_are_added_and_food_keeps_its_own_rate(shop: Shop, at: AtTill) -> None:
    at.scan(THROW.code).scan(MILK.code)  # 39.90 + 2.394 + 1.147, and 1.19 with 9 % in it
    totals = at.sale.totals
    assert [(part.tax_class, part.tax_minor) for part in totals.taxes] == [("food", 10), ("state", 239), ("city", 115)]
    assert totals.due_minor == 3990 + 239 + 115 + 119
    number = at.pay_cash(totals.due_minor).receipt_no
    (_, _, sold) = journal(shop, "sale.completed")[0]
    lines = sold["lines"]
    assert isinstance(lines, list)
    throw = next(line for line in lines if line["sku"] == THROW.sku)
    assert (throw["tax_class"], throw["tax_minor"]) == ("state", 239)
    assert throw["more_taxes"] == [{"tax_class": "city", "tax_minor": 115}]
    assert "State tax 6 %" in printed(shop, number)
    assert "City tax 2.875 %" in printed(shop, number)


def test_what_comes_back_takes_both_taxes_with_it(at: AtTill) -> None:
    at.scan(THROW.code)
    paid = at.pay_cash(at.sale.totals.due_minor)
    draft = at.done(lambda done, failed: at.till.returning.open(paid.receipt_no, done, failed))
    draft.tick_all()
    at.till.returning.take()
    assert at.sale.totals.due_minor == -paid.total_minor
    assert {rate.name for line in at.sale for rate in line.taxes} == {"State tax", "City tax"}


def test_a_class_nobody_knows_is_untaxed_and_stops_nothing(shop: Shop) -> None:
    shop.set_rules(tax={"stands_for": {"general": ["county"]}})
    with at_till(shop) as at:
        at.sign_in().scan(THROW.code)
        assert at.sale.totals.due_minor == 3990
