"""The sale at a till without a screen: real files, real threads, no network."""

from pathlib import Path

import pytest

from pos_app.service.completing import sold_event
from pos_app.service.outcome import OutcomeKind
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.durable.engine import open_ro
from retail_core.durable.verify import verify_file
from tests.support.cash import cash_tender
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, AtTill, ManualClock, Shop, at_till, make_shop

MILK, CHICKEN, WATER = ITEMS[0], ITEMS[1], ITEMS[2]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def table(shop: Shop, sql: str) -> list[tuple[object, ...]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute(sql).fetchall()
    conn.close()
    return rows


def test_a_scanned_basket_becomes_one_durable_sale(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code, MILK.code, CHICKEN.code)
        paid = at.pay_cash(1000)
    assert (paid.total_minor, paid.change_minor) == (2 * 119 + 649, 1000 - 887)
    assert paid.receipt_no == "S0319-T1-A-000001"
    assert table(shop, "SELECT receipt, total_minor FROM sale") == [("S0319-T1-A-000001", 887)]
    assert table(shop, "SELECT count(*) FROM sale_line") == [(3,)]
    assert table(shop, "SELECT type FROM event WHERE type = 'sale.completed'") == [("sale.completed",)]
    assert table(shop, "SELECT subject, state FROM spool") == [("S0319-T1-A-000001", "QUEUED")]
    key = shop.home.keys.signing_key("till").public_text
    assert verify_file(shop.home.till_db, shop.home.keys.file_key("till.db"), {shop.config.till_node: key}).ok


def test_a_sale_without_paper_queues_no_print_job(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        at.done(lambda done, failed: at.till.paying.pay_cash(119, done, failed, print_receipt=False))
    assert table(shop, "SELECT count(*) FROM spool") == [(0,)]


def test_an_unknown_code_waits_as_a_red_line_and_stops_only_paying(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().till.selling
        assert selling.scan("9780201379624").kind is OutcomeKind.PENDING
        assert selling.scan(MILK.code).kind is OutcomeKind.ADDED
        assert at.till.paying.blocked_by() == ("sale.pending_lines",)
        with pytest.raises(RuleViolationError, match="pending_lines"):
            at.pay_cash(500)
        pending = next(line for line in at.sale if line.pending)
        selling.select(pending.line_id)
        assert selling.add_item(WATER.sku).kind is OutcomeKind.CHANGED
        assert at.pay_cash(500).total_minor == MILK.price_minor + WATER.price_minor


def test_three_times_a_scan_and_the_quantity_of_the_selected_line(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().till.selling
        assert selling.enter("3*").kind is OutcomeKind.MULTIPLIER
        selling.scan(WATER.code)
        assert at.sale.lines[0].qty_milli == 3000
        selling.enter("*5")
        assert at.sale.lines[0].qty_milli == 5000
        selling.enter("-")
        selling.enter("2*" + MILK.code)
        assert [line.qty_milli for line in at.sale] == [4000, 2000]
        refused = selling.enter(MILK.code + "*")
        assert (refused.kind, refused.code) == (OutcomeKind.REFUSED, "quantity.is_a_bar_code")


def test_a_void_line_stays_visible_costs_nothing_and_is_in_the_journal(shop: Shop) -> None:
    with at_till(shop) as at:
        selling = at.sign_in().scan(MILK.code, CHICKEN.code).till.selling
        selling.void_line(at.sale.lines[1].line_id)
        assert [line.voided for line in at.sale] == [False, True]
        assert at.pay_cash(119).total_minor == 119
    assert table(shop, "SELECT count(*) FROM event WHERE type = 'audit.line_voided'") == [(1,)]
    assert table(shop, "SELECT count(*) FROM sale_line") == [(1,)]


def test_the_same_basket_after_the_till_was_stopped(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code, CHICKEN.code)
        at.till.writer.flush()
        before = at.sale.data()
    with at_till(shop) as at:
        assert at.sale.data() == before
        at.sign_in()
        assert at.pay_cash(1000).total_minor == 768


def test_a_basket_keeps_the_prices_of_its_first_scan(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        shop.reprice(MILK.sku, 999, rev=2)
        at.till.refresh()
        at.scan(MILK.code)
        assert at.pay_cash(500).total_minor == 2 * 119
        at.scan(MILK.code)
        assert at.sale.totals.due_minor == 999


def test_pressing_pay_twice_sells_once(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        paid, refused = [], []
        for _ in range(3):
            at.till.paying.pay_cash(119, paid.append, refused.append)
        at.hand.until(lambda: bool(paid) and len(refused) == 2)
        assert {error.code for error in refused} == {"sale.being_paid"}
    assert table(shop, "SELECT count(*) FROM sale") == [(1,)]


def test_too_little_cash_is_refused_and_the_basket_stays(shop: Shop) -> None:
    with at_till(shop) as at:
        at.sign_in().scan(CHICKEN.code)
        with pytest.raises(RuleViolationError) as refused:
            at.pay_cash(500)
        assert refused.value.facts["missing_minor"] == 149
        assert at.pay_cash(649).change_minor == 0


def test_nobody_sells_without_signing_in(shop: Shop) -> None:
    with at_till(shop) as at:
        assert at.till.selling.scan(MILK.code).code == "operator.not_signed_in"
        assert at.till.selling.sale is None


def test_a_manager_gives_a_whole_basket_up(shop: Shop) -> None:
    with at_till(shop) as at:
        assert at.sign_in(MANAGER_PIN).till.selling.void_sale("left").code == "sale.nothing_to_void"
        at.scan(MILK.code)
        at.till.selling.void_sale("left")
        assert at.till.selling.sale is None
    assert table(shop, "SELECT count(*) FROM sale") == [(0,)]


def test_a_wrong_pin_says_how_many_tries_are_left_and_ten_lock_for_half_an_hour(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as at:
        for left in range(9, 0, -1):
            with pytest.raises(RuleViolationError) as wrong:
                at.sign_in("0000")
            assert wrong.value.facts["tries_left"] == left
        with pytest.raises(RuleViolationError, match=r"pin\.locked"):
            at.sign_in("0000")
    with at_till(shop, clock) as at:
        clock.wall_ms += 86_400_000  # somebody sets the clock a day ahead
        with pytest.raises(RuleViolationError, match=r"pin\.locked"):
            at.sign_in(PIN)
        clock.pass_ms(31 * 60_000)
        at.sign_in(PIN)


def test_a_second_till_on_the_same_files_is_refused(shop: Shop) -> None:
    with at_till(shop), pytest.raises(EnvironmentFault, match="already_running"), at_till(shop):
        pass


def test_a_till_that_was_put_back_to_an_old_copy_begins_a_new_series(shop: Shop, tmp_path: Path) -> None:
    with at_till(shop) as at:
        at.sign_in()
    copy = shop.home.till_db.read_bytes()
    with at_till(shop) as at:
        sell_many(at.sign_in(), 40)
    for leftover in shop.home.folder.glob("till.db-*"):
        leftover.unlink()
    shop.home.till_db.write_bytes(copy)
    with at_till(shop) as at:
        at.sign_in().scan(MILK.code)
        assert at.pay_cash(119).receipt_no == "S0319-T1-B-000001"
    assert table(shop, "SELECT count(*) FROM event WHERE type = 'epoch.opened'") == [(2,)]


def test_a_till_with_no_agent_yet_starts_and_says_that_there_is_no_staff(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    shop.home.link_db.unlink()
    with at_till(shop) as at, pytest.raises(RuleViolationError, match=r"staff\.none"):
        at.sign_in()


def sell_many(at: AtTill, count: int) -> None:
    for _ in range(count):
        at.scan(MILK.code)
        at.pay_cash(200)


def test_a_line_under_two_rates_shares_each_tax_to_the_cent() -> None:
    state, city = (
        TaxRate("state", "State 6 %", 60_000, included=False),
        TaxRate("city", "City 2 %", 20_000, included=False),
    )
    sale = Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("op-1"), currency="USD", at_ms=1)
    for n, price in enumerate((99, 199, 1001), start=1):
        sale.add(SaleLine(LineId(f"l{n}"), Sku(f"{n}"), "Thing", 1000, price, state, more_taxes=(city,)))
    totals = sale.totals
    assert [(part.tax_class, part.tax_minor) for part in totals.taxes] == [("state", 78), ("city", 26)]
    assert totals.due_minor == 1299 + 78 + 26
    event = sold_event(sale, sale.lines, totals, (cash_tender(totals.due_minor, 1500),), "R-1")
    assert sum(line.tax_minor for line in event.lines) == 78
    assert sum(tax.tax_minor for line in event.lines for tax in line.more_taxes) == 26


@pytest.mark.expects_log
def test_a_full_disk_stops_paying_in_plain_words_and_loses_nothing(shop: Shop) -> None:
    def limit(at: AtTill, pages: int) -> None:
        at.done(
            lambda ok, bad: at.till.writer.submit(lambda s: s.conn.execute(f"PRAGMA max_page_count = {pages}"), ok, bad)
        )

    with at_till(shop) as at:
        at.sign_in()
        limit(at, 1)  # SQLite takes the pages there are as the least: not one more fits
        with pytest.raises(EnvironmentFault, match=r"disk\.full"):
            sell_many(at, 50)
        left = at.sale.totals.due_minor
        limit(at, 1 << 30)
        assert at.pay_cash(left).total_minor == left
    receipts = [r for (r,) in table(shop, "SELECT receipt FROM sale ORDER BY counter")]
    assert receipts == [f"S0319-T1-A-{n:06d}" for n in range(1, len(receipts) + 1)]


@pytest.mark.expects_log
def test_a_void_a_full_disk_did_not_take_is_written_once_with_the_sale(shop: Shop) -> None:
    def limit(at: AtTill, pages: int) -> None:
        at.done(
            lambda ok, bad: at.till.writer.submit(lambda s: s.conn.execute(f"PRAGMA max_page_count = {pages}"), ok, bad)
        )

    with at_till(shop) as at:
        at.sign_in()
        limit(at, 1)
        with pytest.raises(EnvironmentFault, match=r"disk\.full"):
            sell_many(at, 50)
        at.scan(CHICKEN.code)
        at.till.selling.void_line(at.sale.lines[-1].line_id)
        with pytest.raises(EnvironmentFault, match=r"disk\.full"):
            at.pay_cash(119)
        limit(at, 1 << 30)
        at.pay_cash(119)
    assert table(shop, "SELECT count(*) FROM event WHERE type = 'audit.line_voided'") == [(1,)]
