"""Suggestions at the till: of what is in the store and not in the basket, taken on purpose and noted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.service.outcome import OutcomeKind
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import Sku
from retail_core.domain.suggestions import GoesWith, OftenWith
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop, row
from tests.till.test_customers import event_of, facts

MILK, CHICKEN, WATER, COFFEE, CREAM = ITEMS[:5]


def advice(item: str, *goes_with: tuple[str, int], as_of_ms: int = 1) -> OftenWith:
    return OftenWith(Sku(item), tuple(GoesWith(Sku(sku), left) for sku, left in goes_with), as_of_ms)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "t1")
    docs = (
        advice(COFFEE.sku, (MILK.sku, 2), (CREAM.sku, 1), (WATER.sku, 9)),
        advice(CHICKEN.sku, (WATER.sku, 9), ("nobody-sells-this", 9)),
    )
    made.put_rows(*(row("often_with", doc.sku, doc) for doc in docs))
    return made


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop, ManualClock()) as opened:
        yield opened.sign_in()


def names(at: AtTill) -> list[str]:
    return [one.name for one in at.till.suggesting.now()]


def test_a_few_that_go_with_the_goods_and_are_not_in_the_basket(at: AtTill) -> None:
    assert names(at) == []
    at.scan(COFFEE.code)
    assert names(at) == [MILK.name, CREAM.name]
    at.scan(MILK.code)
    assert names(at) == [CREAM.name, WATER.name]
    at.scan(CHICKEN.code)
    assert names(at)[0] == WATER.name  # the newest goods first
    assert at.till.suggesting.now()[0].goes_with == CHICKEN.name


def test_what_was_sold_out_since_is_not_suggested(at: AtTill) -> None:
    for _ in range(2):
        at.scan(MILK.code).pay_cash(119)
        assert names(at) == []
    at.scan(COFFEE.code)
    assert names(at) == [CREAM.name, WATER.name]


def test_it_is_taken_as_a_line_of_its_own_and_the_journal_says_so(at: AtTill) -> None:
    at.scan(COFFEE.code, "4006381333931")  # and a code nobody knows
    at.till.selling.select(at.sale.lines[1].line_id)
    outcome = at.till.suggesting.take(MILK.sku)
    assert outcome.kind is OutcomeKind.ADDED
    assert [line.sku for line in at.sale.lines] == [COFFEE.sku, "", MILK.sku]
    at.till.selling.void_line(at.sale.lines[1].line_id)
    at.pay_cash(1000)
    noted = [event for event in map(event_of, facts(at)) if isinstance(event, AuditNoted)]
    assert ("suggestion_taken", MILK.sku) in [(note.what, note.subject) for note in noted]
    assert at.till.suggesting.take(MILK.sku).kind is OutcomeKind.NOTHING


def test_an_advice_of_tomorrow_is_no_advice(at: AtTill, shop: Shop) -> None:
    shop.put_rows(row("often_with", COFFEE.sku, {"sku": COFFEE.sku, "items": "in another way"}))
    at.scan(COFFEE.code)
    assert names(at) == []
