"""Pains 7 and 8: a big catalogue makes the till slow to start and slow, or wrong, to search.

Sources of 7: Odoo issues 65376 (300,000 items: 20 to 30 minutes), 9532, pull request 118006; older POS-Awesome 280, POS-Awesome 1550,
1919 (items missing), 3048 (out of memory); WooCommerce turns the local catalogue off above 1,000 items (woocommerce-android 14954).
Of 8: Odoo pull requests 45734 (5 to 10 s at 80,000), 197925 (accents); OCA pos_fix_search_limit; RepairDesk 80 (a minute).
Here nothing of the catalogue is in memory; a million items are measured in `make bench ROWS=2,3,5,6`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QListView
from pytestqt.qtbot import QtBot

from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.workplace import Workplace
from retail_core.durable.system import SystemClock, SystemIds
from tests.support.shop import ShopItem, make_shop
from tests.ui.conftest import Cashier

FEW, MANY = 300, 30_000
STARTS = 3
SLOWER_AT_MOST = 1.5
SHOWN_AT_MOST = 200


def catalogue(many: int) -> tuple[ShopItem, ...]:
    """Every item is some kind of cream; the first one is a French one."""
    rest = (ShopItem(str(100_000 + n), f"Cream no {n} 200 g", 100 + n % 900) for n in range(1, many))
    return (ShopItem("100000", "Crème fraîche épaisse 200 g", 145), *rest)


@contextmanager
def at_window(qtbot: QtBot, folder: Path, many: int) -> Iterator[tuple[Cashier, list[float]]]:
    """A till with so many items, and what each of a few starts until the first scan took of the processor."""
    shop = make_shop(folder, items=catalogue(many))
    costs = list[float]()
    for n in range(STARTS):
        began = time.process_time()
        background, bridge = Background(), ScanBridge()
        till = Till.open(shop.home, SystemClock(), SystemIds(), background.deliver, background.wake)
        workplace = Workplace(till, background)
        bridge.scanned.connect(workplace.scanned)
        workplace.open()
        cashier = Cashier(qtbot, workplace, bridge, shop)
        try:
            cashier.sign_in().serial_scan(shop_code(many - 1))
            assert len(cashier.lines) == n + 1  # the basket of the start before is still there
            costs.append(time.process_time() - began)
            if n == STARTS - 1:
                yield cashier, costs
        finally:
            workplace.close()
            background.close()
            till.close()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            QCoreApplication.processEvents()


def shop_code(n: int) -> str:
    return ShopItem(str(100_000 + n), "", 0).code


def rows(cashier: Cashier) -> int:
    found = cashier.workplace.shell.findChildren(QListView, "search_hits")
    return next(one.model().rowCount() for one in found if one.isVisible())


def test_a_hundred_times_the_items_start_and_find_as_fast_and_lose_none(
    qtbot: QtBot, dressed: QApplication, tmp_path: Path
) -> None:
    with at_window(qtbot, tmp_path / "few", FEW) as (_, few):
        pass
    with at_window(qtbot, tmp_path / "many", MANY) as (cashier, many):
        assert median(many) <= SLOWER_AT_MOST * median(few)
        cashier.type("cream")
        cashier.until(lambda: "1,000+" in cashier.shown("search_title"))  # said, never a silent end
        assert 0 < rows(cashier) <= SHOWN_AT_MOST
        cashier.key(Qt.Key.Key_Escape)
        cashier.key(Qt.Key.Key_Escape)
        for typed, name in (("creme epaisse", "Crème fraîche épaisse 200 g"), ("no 29999", "Cream no 29999 200 g")):
            cashier.type(typed)
            cashier.until(lambda typed=typed: cashier.shown("search_title") == f"“{typed}” · 1 found")
            before = len(cashier.lines)
            cashier.type("⏎")
            cashier.until(lambda before=before: len(cashier.lines) == before + 1)
            assert cashier.lines[-1].name == name
