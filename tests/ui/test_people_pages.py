"""The manager's pages about people, at the window: the exception report, and the staff with the lock of their PINs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from pos_app.ui.widgets.days import DayBars
from tests.support.shop import ITEMS, MANAGER_BADGE, MANAGER_PIN
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]


def to_page(cashier: Cashier, name: str) -> Cashier:
    cashier.control(Qt.Key.Key_M)
    cashier.until(lambda: cashier.screen == "manager")
    cashier.until(lambda: any(tab.isVisible() for tab in cashier.workplace.shell.findChildren(QWidget, f"page_{name}")))
    return cashier.press(f"page_{name}")


def spoken(cashier: Cashier, name: str) -> str:
    found = cashier.workplace.shell.findChild(QWidget, name)
    return found.accessibleName() if isinstance(found, QWidget) else ""


def lock_pins(cashier: Cashier) -> None:
    enter = cashier.workplace.shell.findChild(QWidget, "sign_in")
    assert isinstance(enter, QWidget)
    for _ in range(10):
        cashier.type("0000⏎")
        cashier.until(enter.isEnabled)
    assert "Too many wrong PINs" in cashier.shown("sign_in_message")


@pytest.fixture
def manager(at_work: Cashier) -> Cashier:
    """Ana has voided two lines and sold one; then Sam comes."""
    at_work.wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_Delete)
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_Delete)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    at_work.wedge_scan(MANAGER_BADGE)
    assert "Sam K." in at_work.shown("operator_and_clock")
    return at_work


def test_the_exception_report_names_who_did_what_and_how_often(manager: Cashier) -> None:
    to_page(manager, "exceptions")
    manager.until(lambda: spoken(manager, "cashier_0") == "Ana M., 1 sale, Voids: 2")
    manager.until(lambda: manager.shown("exceptions_acts_title") == "Ana M.")
    picture = manager.workplace.shell.findChild(DayBars, "exceptions_days")
    assert isinstance(picture, DayBars)
    assert picture.figures() == (0, 0, 0, 0, 0, 0, 2)
    manager.key(Qt.Key.Key_F2)
    manager.until(lambda: picture.figures() == (2,))


def test_a_cashier_sees_neither_the_report_nor_the_staff(at_work: Cashier) -> None:
    at_work.control(Qt.Key.Key_M)
    assert at_work.workplace.shell.findChild(QWidget, "page_exceptions") is None
    assert at_work.workplace.shell.findChild(QWidget, "page_staff") is None


def test_the_staff_page_says_who_is_here_and_who_was(manager: Cashier) -> None:
    to_page(manager, "staff")
    assert spoken(manager, "person_0").startswith("Ana M., Cashier, Last here ")
    assert spoken(manager, "person_0").endswith(", by PIN, Badge or PIN")
    assert spoken(manager, "person_1") == "Sam K., Manager, Signed in now, Badge or PIN"


def test_a_manager_unlocks_the_pins_and_the_cashier_signs_in_again(cashier: Cashier) -> None:
    lock_pins(cashier)
    cashier.wedge_scan(MANAGER_BADGE)
    to_page(cashier, "staff")
    assert "locked for 30 minutes" in cashier.shown("pin_lock_words")
    cashier.key(Qt.Key.Key_F6)
    assert cashier.notice == "PINs can be tried again."
    cashier.control(Qt.Key.Key_L)
    cashier.sign_in(MANAGER_PIN)
