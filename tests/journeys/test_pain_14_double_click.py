"""Pain 14: a double click makes two orders.

Sources: wePOS issue 50; Odoo pull request 66046; 206Tours issue 1287. Here finishing is one step of one sale: the first press
takes it, and whatever comes before it is written finds it taken.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.terminal import TerminalSim
from tests.support.shop import ITEMS, Shop, make_shop
from tests.ui.conftest import Cashier
from tests.ui.test_card_paying import AtTerminal, opened
from tests.ui.test_second_basket import sold

MILK, CHICKEN = ITEMS[0], ITEMS[1]


@pytest.fixture
def desk(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[AtTerminal]:
    with TerminalSim() as terminal, PrinterSim() as printer, opened(qtbot, shop, terminal, printer) as made:
        made.ready()
        made.at.sign_in()
        yield made


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


def double_click(at: Cashier, name: str) -> None:
    """Two presses as fast as a nervous hand is, the second one a real double click."""
    (found,) = [one for one in at.workplace.shell.findChildren(QWidget, name) if one.isVisible()]
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)
    QTest.mouseDClick(found, Qt.MouseButton.LeftButton, pos=QPoint(found.width() // 2, found.height() // 2))


def all_written(at: Cashier) -> None:
    at.until(lambda: at.selling.last_paid is not None and not at.selling.paying)
    at.till.writer.flush()


def test_a_double_click_on_finish_sells_once(at_work: Cashier, shop: Shop) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    double_click(at_work, "finish_sale")
    all_written(at_work)
    assert sold(shop) == [("cash", MILK.price_minor)]


@pytest.mark.parametrize("key", [Qt.Key.Key_F12, Qt.Key.Key_F9, Qt.Key.Key_Return])
def test_a_key_held_down_sells_once_and_the_next_scan_begins_the_next_sale(
    at_work: Cashier, shop: Shop, key: Qt.Key
) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F9)
    for _ in range(5):
        at_work.key(key, gap_ms=20)
    all_written(at_work)
    at_work.wedge_scan(CHICKEN.code)
    assert at_work.names() == [CHICKEN.name]
    assert sold(shop) == [("cash", MILK.price_minor)]


def test_a_scan_between_the_two_clicks_is_the_next_customers(at_work: Cashier, shop: Shop) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F12)
    at_work.serial_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.until(lambda: at_work.names() == [CHICKEN.name])
    at_work.till.writer.flush()
    assert sold(shop) == [("cash", MILK.price_minor)]


def test_a_double_click_on_pay_by_card_asks_the_terminal_once(desk: AtTerminal, shop: Shop) -> None:
    desk.terminal.hold()
    desk.to_pay()
    double_click(desk.at, "finish_sale")
    double_click(desk.at, "finish_sale")
    desk.terminal.go_on()
    desk.at.until(desk.paid)
    all_written(desk.at)
    assert [booking.amount_minor for booking in desk.terminal.ledger] == [MILK.price_minor]
    assert sold(shop) == [("card", MILK.price_minor)]
