"""Every sale belongs to a drawer session, whose totals are written with it and whose trading day it has."""

from pathlib import Path

import pytest

from pos_app.service.completing import SoldBy, complete
from pos_app.storage import drawer
from pos_app.storage.store import TillStore
from retail_core.domain.drawer import DrawerSession, Tally
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.roles import Role
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.durable.engine import sqlite
from retail_core.durable.system import SystemIds
from tests.support.cash import cash_tender
from tests.support.shop import ITEMS, ManualClock, Shop, at_till, make_shop

ANA = SoldBy(OperatorId("op-1"), "Ana M.", Role.CASHIER)
DAY_MS = 24 * 3_600_000


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def in_file(store: TillStore) -> DrawerSession:
    found = drawer.read_open(store.conn, store.drawer)
    assert found is not None
    return found


def test_the_first_sale_opens_the_drawer_by_itself_and_says_so(shop: Shop) -> None:
    with at_till(shop) as till:
        till.sign_in().scan(ITEMS[0].code)
        till.pay_cash(119)
        store = till.till.writer._store
        session = in_file(store)
        assert (session.by_itself, session.float_minor, session.opened_by) == (True, 0, "op-1")
        assert session == store.session
        types = [row[0] for row in store.conn.execute("SELECT type FROM event ORDER BY n")]
        assert types[-2:] == ["drawer.opened", "sale.completed"]


def test_totals_are_written_with_each_sale_and_survive_a_restart(shop: Shop) -> None:
    with at_till(shop) as till:
        till.sign_in()
        for item in ITEMS[:3]:
            till.scan(item.code)
            till.pay_cash(2_000)
    with at_till(shop) as till:
        totals = in_file(till.till.writer._store).totals
        assert totals.sales == Tally(3, 119 + 649 + 89)
        assert totals.cash_minor == 119 + 649 + 89
        assert (totals.receipts[0].first, totals.receipts[0].last) == (1, 3)


def test_a_line_taken_off_before_the_first_sale_is_counted_too(shop: Shop) -> None:
    with at_till(shop) as till:
        till.sign_in().scan(ITEMS[0].code, ITEMS[1].code)
        till.till.selling.void_line(till.sale.lines[0].line_id)
        till.till.writer.flush()
        assert in_file(till.till.writer._store).totals.voided_lines == Tally(1, 119)


def test_sales_after_midnight_and_after_the_clock_was_changed_stay_in_the_day_of_their_session(shop: Shop) -> None:
    clock = ManualClock()
    with at_till(shop, clock) as till:
        till.sign_in().scan(ITEMS[0].code)
        till.pay_cash(119)
        clock.wall_ms += 5 * DAY_MS
        till.scan(ITEMS[0].code)
        till.pay_cash(119)
        clock.wall_ms -= 9 * DAY_MS
        till.scan(ITEMS[0].code)
        till.pay_cash(119)
        store = till.till.writer._store
        dates = {row[0] for row in store.conn.execute("SELECT biz_date FROM sale")}
        assert dates == {in_file(store).biz_date}


def test_a_sale_that_could_not_be_written_is_in_no_total(shop: Shop) -> None:
    store = TillStore.open(shop.home, shop.config, ManualClock(), SystemIds())

    def basket(sale_id: str) -> Sale:
        sale = Sale.start(sale_id=SaleId(sale_id), operator_id=ANA.operator_id, currency="EUR", at_ms=1)
        sale.add(SaleLine(LineId("l"), Sku("1001"), "Milk", 1000, 119, TaxRate("food", "VAT 9 %", 90_000)))
        sale.begin_paying()
        return sale

    complete(store, basket("s-1"), ANA, (cash_tender(119, 119),), None)
    before = store.session
    with pytest.raises(sqlite.IntegrityError):
        complete(store, basket("s-1"), ANA, (cash_tender(119, 119),), None)
    assert store.session is before
    assert before is not None
    assert in_file(store).totals == before.totals
    store.close()
