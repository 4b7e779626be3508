"""Pain 5: closing the day fails, or locks everything.

Sources: ERPNext issues 57157 (a failed closing deadlocks four documents), 43855 (saved before its lines were loaded), 41351,
41514, 25656; Odoo pull request 287618 (closed without its entry) and issue 65376 (ten to twenty minutes). Here a Z is
running totals of this till's own file: it asks nobody, costs the same after one sale and after many, and there is one.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.devices.sim.printer import Fault, PrinterSim
from pos_app.service import drawer_acts
from pos_app.service.completing import SoldBy, complete
from pos_app.service.drawer_report import Around
from pos_app.storage.store import TillStore
from retail_core.domain.drawer import Pieces
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.roles import Role
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.durable.engine import sqlite
from retail_core.durable.system import SystemIds
from tests.journeys.test_pain_12_printer_trouble import at_counter
from tests.support.cash import cash_tender
from tests.support.shop import ITEMS, ManualClock, Shop, make_shop
from tests.ui.at_drawer import AtDrawer
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]
SAM = SoldBy(OperatorId("op-2"), "Sam K.", Role.MANAGER)
MANY = 120


def test_the_z_comes_with_head_office_away_no_paper_and_goods_nobody_ever_received(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    """Head office's address leads nowhere, the printer has no paper, and a lot was sold of which there is no stock."""
    with PrinterSim() as sim, at_counter(qtbot, shop, [sim.port]) as at:
        at.until_ready()
        sim.fail(Fault.PAPER_OUT)
        drawer = AtDrawer(at.cashier)
        drawer.open(tens=10)
        at.cashier.serial_scan(f"]d201{CHICKEN.code.zfill(14)}17301231" + "10NEVER-SEEN")
        drawer.sell()
        number = drawer.close((4, "10"), (5, "1"), (7, "1"), (9, "2"), (12, "4"), (13, "1"))
        assert number.endswith("Z0001")
        assert not any("Z REPORT" in job.text for job in sim.jobs)
        sim.mend()
        assert sim.wait_for(lambda: any(number in job.text for job in sim.jobs))  # the paper follows


def test_ten_presses_make_one_z(at_work: Cashier) -> None:
    drawer = AtDrawer(at_work)
    drawer.open(tens=10)
    at_work.key(Qt.Key.Key_F9)
    drawer.count((4, "10"))
    drawer.on("result")
    for _ in range(10):
        at_work.key(Qt.Key.Key_F9)
    at_work.until(lambda: drawer.view().session is None)
    at_work.till.writer.flush()
    store = at_work.till.writer._store
    assert store.conn.execute("SELECT count(*) FROM event WHERE type = 'drawer.closed'").fetchone()[0] == 1
    assert drawer.view().closed[0].z_number.endswith("Z0001")


@pytest.fixture
def store(tmp_path: Path) -> TillStore:
    shop = make_shop(tmp_path / "t1")
    return TillStore.open(shop.home, shop.config, ManualClock(), SystemIds())


def sell(store: TillStore, n: int) -> None:
    sale = Sale.start(sale_id=SaleId(f"s-{n}"), operator_id=SAM.operator_id, currency="EUR", at_ms=1)
    sale.add(SaleLine(LineId("l"), Sku("1001"), "Milk", 1000, 119, TaxRate("food", "VAT 9 %", 90_000)))
    sale.begin_paying()
    complete(store, sale, SAM, (cash_tender(119, 200),), None)


def statements(store: TillStore, act: Callable[[], object]) -> int:
    """How many SQL statements an act takes."""
    ran: list[str] = []
    store.conn.set_trace_callback(ran.append)
    act()
    store.conn.set_trace_callback(None)
    return len(ran)


def count_and_close(store: TillStore) -> None:
    session = store.session
    assert session is not None
    drawer_acts.count(store, SAM, session.session_id, (Pieces(1, session.expected_minor),), Around())
    drawer_acts.close(store, SAM, session.session_id, "", Around(), None)


def test_x_and_z_cost_the_same_after_many_sales_as_after_one(store: TillStore) -> None:
    costs: list[tuple[int, int, int]] = []
    for begin, sales in ((0, 1), (1_000, MANY)):
        for n in range(begin, begin + sales - 1):
            sell(store, n)
        last = statements(store, lambda begin=begin: sell(store, begin + 900))
        x = statements(store, lambda: drawer_acts.x_report(store, SAM, Around(), None, paper=True))
        z = statements(store, lambda: count_and_close(store))
        costs.append((last, x, z))
    one, many = costs
    assert one[1:] == many[1:]
    assert many[0] <= one[0]  # the first sale of a session opens it besides
    store.close()


def test_a_close_that_the_disk_did_not_take_leaves_the_drawer_counted_and_its_number_free(store: TillStore) -> None:
    sell(store, 1)
    session = store.session
    assert session is not None
    drawer_acts.count(store, SAM, session.session_id, (Pieces(1, 119),), Around())
    store.conn.execute(
        "CREATE TEMP TRIGGER full BEFORE UPDATE ON drawer_session BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"
    )
    with pytest.raises(sqlite.Error):
        drawer_acts.close(store, SAM, session.session_id, "", Around(), None)
    assert store.session is not None
    store.conn.execute("DROP TRIGGER full")
    z = drawer_acts.close(store, SAM, session.session_id, "", Around(), None)
    assert z.z_number.endswith("Z0001")
    store.close()
