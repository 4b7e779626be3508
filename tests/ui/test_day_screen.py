"""X, Z and the day's close at the window."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pos_app.service.drawer_acts import CountResult
from pos_app.ui.screens.day.view import DayView
from pos_app.ui.widgets.hours import HourBars
from retail_core.domain.drawer import Pieces
from retail_core.domain.errors import CodedError
from tests.support.shop import ITEMS, MANAGER_PIN
from tests.ui.conftest import Cashier

MILK = ITEMS[0]


@pytest.fixture
def manager(cashier: Cashier) -> Cashier:
    """A manager on the day report's page, after one sale."""
    cashier.sign_in(MANAGER_PIN).wedge_scan(MILK.code)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
    cashier.control(Qt.Key.Key_M)
    cashier.control(Qt.Key.Key_PageDown)
    cashier.until(lambda: page(cashier).isVisible())
    return cashier


def page(cashier: Cashier) -> DayView:
    found = cashier.workplace.shell.findChild(DayView, "day_page")
    assert isinstance(found, DayView)
    return found


def says(cashier: Cashier, text: str) -> None:
    cashier.until(lambda: any(text in line for line in page(cashier).lines()))


def unwanted(error: CodedError) -> None:
    pytest.fail(str(error))


def close_drawer(cashier: Cashier, minor: int = 119) -> None:
    """By the service; how it is done at the window is told elsewhere."""
    desk = cashier.till.drawer
    counted: list[CountResult] = []
    closed: list[object] = []
    cashier.until(lambda: cashier.till.writer._store.session is not None)
    session = cashier.till.writer._store.session
    assert session is not None
    desk.count(session.session_id, (Pieces(1, minor),), counted.append, unwanted)
    cashier.until(lambda: counted)
    desk.close(session.session_id, "", closed.append, unwanted)
    cashier.until(lambda: closed)
    cashier.workplace.manager.shown()


def test_an_x_report_is_shown_and_sales_go_on(manager: Cashier) -> None:
    assert page(manager).lines() == []
    manager.key(Qt.Key.Key_F2)
    says(manager, "X REPORT")
    says(manager, "Expected 1.19")
    assert "Sales go on" in manager.notice
    assert manager.till.writer._store.session is not None


def test_the_sales_by_hour_are_drawn(manager: Cashier) -> None:
    bars = manager.workplace.shell.findChild(HourBars, "hours")
    assert isinstance(bars, HourBars)
    manager.until(bars.bars)
    (bar,) = bars.bars()
    assert (bar.minor, bar.hour) == (119, "17")
    assert "€ 1.19" in bars.accessibleDescription()


def test_a_z_is_shown_and_printed_again(manager: Cashier) -> None:
    close_drawer(manager)
    says(manager, "S0319-T1-A-Z0001")
    manager.key(Qt.Key.Key_F8)
    manager.until(lambda: "printed again" in manager.notice)


def test_the_day_is_closed_once_however_often_it_is_pressed(manager: Cashier) -> None:
    manager.key(Qt.Key.Key_F9)
    manager.until(lambda: "close it first" in manager.notice)
    close_drawer(manager)
    for _ in range(3):
        manager.key(Qt.Key.Key_F9)
    says(manager, "DAY REPORT")
    manager.key(Qt.Key.Key_F9)
    manager.until(lambda: "Nothing was done twice" in manager.notice)
    store = manager.till.writer._store
    assert store.conn.execute("SELECT count(*) FROM day_close").fetchone()[0] == 1


def test_a_cashier_asks_somebody_before_an_x(cashier: Cashier) -> None:
    cashier.sign_in().wedge_scan(MILK.code)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid)
    cashier.control(Qt.Key.Key_M)
    shell = cashier.workplace.shell
    cashier.until(lambda: any(widget.isVisible() for widget in shell.findChildren(QWidget, "page_day")))
    cashier.press("page_day")
    cashier.until(lambda: "X report" in _strip(cashier))
    cashier.key(Qt.Key.Key_F2)
    cashier.until(shell.approval.isVisible)
    cashier.type(f"{MANAGER_PIN}⏎")
    says(cashier, "Approved by Sam K.")


def test_reports_are_chosen_by_arrows_and_by_touch(manager: Cashier) -> None:
    close_drawer(manager)
    manager.key(Qt.Key.Key_Escape)
    manager.wedge_scan(MILK.code)
    manager.key(Qt.Key.Key_F12)
    manager.until(lambda: manager.till.writer._store.session is not None)
    manager.control(Qt.Key.Key_M)
    manager.until(lambda: manager.workplace.shell.findChild(QWidget, "report_1") is not None)
    manager.key(Qt.Key.Key_Down)
    says(manager, "Z0001")
    manager.until(
        lambda: any(widget.isVisible() for widget in manager.workplace.shell.findChildren(QWidget, "report_0"))
    )
    manager.press("report_0")
    manager.until(lambda: page(manager).lines() == [])


def _strip(cashier: Cashier) -> list[str]:
    return [button.word() for button in cashier.workplace.shell.strip.slots_shown().values()]
