"""The state changes a rate at midnight: the till has known for weeks, changes it alone, and what was sold before keeps its own."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pos_app.receipts import text
from pos_app.receipts.drawer_report import Facts, report_document
from pos_app.receipts.report_words import report_words
from retail_core.domain.errors import RuleViolationError
from retail_core.durable import reference
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.taxes import ALWAYS, DatedRate, TaxDoc
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill, ManualClock, Shop, at_till, make_shop
from tests.till.test_approving import journal
from tests.till.test_exempting import printed

MILK, WATER, THROW = ITEMS[0], ITEMS[2], ITEMS[6]
NEW_YEAR = datetime(2027, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
FOOD = TaxDoc(
    "food", "VAT 9 %", 90_000,
    dated=(DatedRate(ALWAYS, "VAT 9 %", 90_000), DatedRate("2027-01-01", "VAT 10 %", 100_000)),
)  # fmt: skip
SALES_TAX = TaxDoc(
    "general", "Sales tax", 60_000, included=False,
    dated=(DatedRate(ALWAYS, "Sales tax", 60_000, False), DatedRate("2027-01-01", "Sales tax", 65_000, False)),
)  # fmt: skip


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = make_shop(tmp_path / "t1")
    conn = open_rw(shop.home.reference("ref-1.db"), shop.home.keys.file_key("ref-1.db"))
    with transaction(conn):  # weeks ago
        reference.put_tax(conn, FOOD)
        reference.put_tax(conn, SALES_TAX)
    conn.close()
    return shop


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(ms(NEW_YEAR - timedelta(minutes=10)))


@pytest.fixture
def at(shop: Shop, clock: ManualClock) -> Iterator[AtTill]:
    with at_till(shop, clock) as made:
        yield made.sign_in()


def rates(at: AtTill) -> list[tuple[str, int, int]]:
    return [(part.tax_class, part.rate_ppm, part.tax_minor) for part in at.sale.totals.taxes]


def to_midnight(clock: ManualClock) -> None:
    clock.pass_ms(ms(NEW_YEAR) - clock.now_ms())


def test_the_first_sale_of_the_day_has_the_new_rate_without_a_restart(at: AtTill, clock: ManualClock) -> None:
    clock.pass_ms(ms(NEW_YEAR) - clock.now_ms() - 1)
    at.scan(MILK.code)
    assert rates(at) == [("food", 90_000, 10)]
    at.pay_cash(119)
    clock.pass_ms(1)
    at.scan(MILK.code)
    assert rates(at) == [("food", 100_000, 11)]
    assert at.pay_cash(119).total_minor == 119


def test_the_day_is_that_of_the_stores_own_calendar(shop: Shop) -> None:
    with at_till(shop, ManualClock(ms(datetime(2027, 1, 1, tzinfo=ZoneInfo("UTC"))) - 1)) as at:
        at.sign_in().scan(MILK.code)  # 23:59 in London, 0:59 in Berlin, of the trading day of before
        assert rates(at) == [("food", 100_000, 11)]


def test_a_basket_bears_the_rates_of_the_day_it_is_paid(shop: Shop, at: AtTill, clock: ManualClock) -> None:
    at.scan(MILK.code, WATER.code)
    assert rates(at) == [("food", 90_000, 17)]
    to_midnight(clock)
    at.scan(MILK.code)  # one rate of a class on all goods of a sale
    assert rates(at) == [("food", 100_000, 30)]
    number = at.pay_cash(400).receipt_no
    (_, _, sold) = journal(shop, "sale.completed")[0]
    assert [tax["rate_ppm"] for tax in sold["taxes"]] == [100_000]  # type: ignore[index, union-attr]
    assert "VAT 10 %" in printed(shop, number)


def test_what_is_left_alone_until_after_midnight_is_paid_by_the_new_rate(at: AtTill, clock: ManualClock) -> None:
    at.scan(THROW.code)
    assert at.sale.totals.due_minor == 3990 + 239
    to_midnight(clock)
    with pytest.raises(RuleViolationError, match="too_little"):  # it is added: the customer sees another sum first
        at.pay_cash(3990 + 239)
    assert at.sale.totals.due_minor == 3990 + 259
    assert at.pay_cash(3990 + 259).total_minor == 3990 + 259


def test_the_screen_hears_of_the_other_sum_by_itself(at: AtTill, clock: ManualClock) -> None:
    told: list[int] = []
    at.scan(THROW.code, MILK.code)
    at.till.rechecked = lambda lines: told.append(len(lines))
    at.till.refresh()
    to_midnight(clock)
    at.till.refresh()
    at.till.refresh()
    assert told == [2]


def test_once_something_was_taken_the_rates_stay(at: AtTill, clock: ManualClock) -> None:
    at.scan(THROW.code)
    at.done(lambda done, failed: at.till.tendering.pay_cash_part(2000, lambda: done(None), failed))
    to_midnight(clock)
    at.scan(THROW.code)  # goes by what the other bears: a sale has one rate of a class
    assert rates(at) == [("general", 60_000, 479)]
    at.pay_cash(at.sale.left_minor)


def test_a_basket_that_was_on_the_screen_at_a_power_cut_or_put_aside_is_taxed_anew(
    shop: Shop, clock: ManualClock
) -> None:
    with at_till(shop, clock) as at:
        at.sign_in().scan(MILK.code)
        aside = at.done(at.till.parking.park)
        at.scan(WATER.code)
    to_midnight(clock)
    with at_till(shop, clock) as at:
        at.sign_in()
        at.till.refresh()
        assert rates(at) == [("food", 100_000, 8)]
        at.pay_cash(89)
        at.done(lambda done, failed: at.till.parking.take_up(aside.sale_id, done, failed))
        assert rates(at) == [("food", 100_000, 11)]


def test_goods_of_before_come_back_at_the_rate_they_were_sold_at(shop: Shop, at: AtTill, clock: ManualClock) -> None:
    at.scan(MILK.code)
    paid = at.pay_cash(119)
    to_midnight(clock)
    at.scan(MILK.code, MILK.code)
    draft = at.done(lambda done, failed: at.till.returning.open(paid.receipt_no, done, failed))
    draft.tick_all()
    at.till.returning.take()
    assert rates(at) == [("food", 100_000, 22), ("food", 90_000, -10)]
    exchange = at.pay_cash(119)
    paper = printed(shop, exchange.receipt_no)
    assert "VAT 10 %" in paper
    assert "VAT 9 %" in paper
    # the goods of the exchange come back by their own rate, from the receipt and when the sale is reversed
    draft = at.done(lambda done, failed: at.till.returning.open(exchange.receipt_no, done, failed))
    draft.tick_all()
    at.till.returning.take()
    assert rates(at) == [("food", 100_000, -22)]


def test_a_paper_made_from_the_journal_later_has_both_rates(at: AtTill, clock: ManualClock) -> None:
    at.scan(MILK.code)
    paid = at.pay_cash(119)
    to_midnight(clock)
    at.scan(MILK.code, MILK.code)
    at.done(lambda done, failed: at.till.returning.open(paid.receipt_no, done, failed)).tick_all()
    at.till.returning.take()
    exchange = at.done(lambda done, failed: at.till.paying.pay_cash(119, done, failed, print_receipt=False))
    (paper,) = at.done(lambda done, failed: at.till.papers.data(exchange.receipt_no, done, failed))
    assert [(tax.rate_ppm, tax.tax_minor) for tax in paper.taxes] == [(100_000, 22), (90_000, -10)]


def test_a_day_with_two_rates_shows_both_on_its_report(at: AtTill, clock: ManualClock) -> None:
    at.scan(MILK.code).pay_cash(119)
    to_midnight(clock)  # the trading day goes on until four
    at.scan(MILK.code).pay_cash(119)
    at.sign_in(MANAGER_PIN)
    x: Facts = at.done(at.till.drawer.x_report)
    said = text.render(report_document(x, report_words(x.language)))
    assert "VAT 9 %" in said
    assert "VAT 10 %" in said
    assert x.totals.tax_minor == 10 + 11
