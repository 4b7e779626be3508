"""Promotions of head office at the till: cut, explained, kept until paid, and priced again only where touched."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from retail_core.domain.ids import Sku
from retail_core.domain.promotions.following import until_text
from retail_core.domain.promotions.model import (
    BasketPercent,
    Goods,
    NForM,
    PercentOff,
    Promotion,
    Stacking,
    Validity,
)
from retail_core.durable.engine import open_ro
from retail_core.wire.messages import FeedRow
from tests.support.shop import ITEMS, AtTill, Shop, at_till, make_shop, row

MILK, CHICKEN, WATER = ITEMS[0], ITEMS[1], ITEMS[2]
THREE_FOR_TWO = Promotion("P-1", "3 for 2", NForM(3, 2), Goods(skus=(Sku(WATER.sku),)))
TENTH_OFF = Promotion("P-2", "10 % off all", BasketPercent(100_000, from_minor=500))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop) as made:
        yield made.sign_in()


def publish(shop: Shop, *promotions: Promotion) -> None:
    shop.put_rows(*(row("promotion", one.promo_id, one) for one in promotions))


def amounts(at: AtTill) -> list[int]:
    return [line.amount_minor for line in at.sale]


def why(at: AtTill, n: int) -> list[tuple[str, int]]:
    return [(reason.text, reason.amount_minor) for reason in list(at.sale)[n].reasons]


def test_three_for_two_is_cut_as_the_third_is_scanned_and_taken_back_when_one_goes(shop: Shop, at: AtTill) -> None:
    publish(shop, THREE_FOR_TWO)
    at.scan(WATER.code).scan(WATER.code)
    assert sum(amounts(at)) == 2 * 89
    at.scan(WATER.code)
    assert sum(amounts(at)) == 2 * 89
    assert sum(minor for n in range(3) for _, minor in why(at, n)) == -89
    assert {text for n in range(3) for text, _ in why(at, n)} == {"3 for 2"}
    at.till.selling.void_line(next(iter(at.sale)).line_id)
    assert sum(amounts(at)) == 2 * 89
    assert at.sale.totals.saved_minor == 0


def test_a_cut_of_the_whole_basket_comes_with_its_threshold_and_is_shared_to_the_cent(shop: Shop, at: AtTill) -> None:
    publish(shop, TENTH_OFF)
    at.scan(MILK.code)
    assert at.sale.totals.saved_minor == 0
    at.scan(CHICKEN.code)  # 1.19 + 6.49 = 7.68
    assert at.sale.totals.saved_minor == 77
    assert sum(amounts(at)) == 768 - 77
    assert all(text == "10 % off all" for n in range(2) for text, _ in why(at, n))


def test_a_sale_keeps_the_promotions_of_its_first_scan_until_it_is_paid(shop: Shop, at: AtTill) -> None:
    publish(shop, THREE_FOR_TWO)
    at.scan(WATER.code)
    shop.put_rows(FeedRow(2, "promotion", "P-1", "del", 1, b"null"))  # type: ignore[arg-type]
    at.till.refresh()
    at.scan(WATER.code).scan(WATER.code)
    assert sum(amounts(at)) == 2 * 89
    at.pay_cash(1000)
    at.scan(WATER.code).scan(WATER.code).scan(WATER.code)
    assert sum(amounts(at)) == 3 * 89


def test_the_sold_lines_say_why_and_add_up(shop: Shop, at: AtTill) -> None:
    publish(shop, THREE_FOR_TWO, Promotion("P-3", "5 % on top", PercentOff(50_000), stacking=Stacking.ON_TOP))
    at.scan(WATER.code).scan(WATER.code).scan(WATER.code)
    total = at.sale.totals.due_minor
    at.pay_cash(1000)
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    body = conn.execute("SELECT body FROM event WHERE type = 'sale.completed'").fetchone()[0]
    conn.close()
    assert b'"promo:P-1"' in body
    assert b'"promo:P-3"' in body
    assert at.till.selling.last_paid is not None
    assert at.till.selling.last_paid.total_minor == total


def test_how_long_it_holds_is_told_by_the_stores_own_day() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight_ms = 1_795_993_200_000  # 2026-11-30 00:00 in Berlin
    assert until_text(Validity(until_ms=midnight_ms), berlin) == "2026-11-29"
    assert until_text(Validity(until_ms=midnight_ms, from_minute=1020, until_minute=1140), berlin) == "19:00"
    assert until_text(Validity(), berlin) == ""


def test_a_happy_hour_that_is_over_and_a_mistake_of_head_office_cut_nothing(shop: Shop, at: AtTill) -> None:
    over = Promotion("P-4", "Yesterday", PercentOff(500_000), validity=Validity(until_ms=1))
    publish(shop, over, Promotion("P-5", "Broken", NForM(2, 5)))
    at.scan(MILK.code)
    assert amounts(at) == [119]


def test_after_a_restart_the_basket_is_cut_as_before(shop: Shop) -> None:
    publish(shop, THREE_FOR_TWO)
    with at_till(shop) as at:
        at.sign_in().scan(WATER.code).scan(WATER.code).scan(WATER.code)
        at.till.writer.flush()
    with at_till(shop) as at:
        assert sum(amounts(at)) == 2 * 89
        at.sign_in().scan(WATER.code)
        assert sum(amounts(at)) == 3 * 89
