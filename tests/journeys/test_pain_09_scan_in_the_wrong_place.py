"""Pain 9: the scan goes into the wrong place: a quantity, a dialog, whatever has the focus.

Sources: pos-addons issues 49 and 50 (the bar code became the quantity), kilbot 244, opensourcepos 2390,
woocommerce-android 14223 (all future scans ignored until restart), openpos 1644 (reversed data). Here a scan is known by
its speed before any widget sees it, whatever is open and whatever was being typed.
"""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from tests.support.shop import ITEMS, PIN
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER, COFFEE = ITEMS[:4]
ROUNDS = 40


def asked_how_many(cashier: Cashier) -> None:
    cashier.key(Qt.Key.Key_F4)
    cashier.type("3")


def asked_how_much_off(cashier: Cashier) -> None:
    cashier.key(Qt.Key.Key_F6)
    cashier.type("10")


def asked_for_a_manager(cashier: Cashier) -> None:
    cashier.key(Qt.Key.Key_F6)
    cashier.type("50⏎")
    cashier.until(cashier.workplace.shell.approval.isVisible)
    cashier.type("98")


def looking_for_an_item(cashier: Cashier) -> None:
    cashier.key(Qt.Key.Key_F2)
    cashier.type("cof")


def typing_a_code(cashier: Cashier) -> None:
    cashier.type("40")


def asked_why_the_drawer(cashier: Cashier) -> None:
    cashier.control(Qt.Key.Key_D)
    cashier.until(cashier.workplace.shell.reasons.isVisible)


def typing_the_cash(cashier: Cashier) -> None:
    cashier.key(Qt.Key.Key_F9)
    cashier.type("20")


def on_a_button(cashier: Cashier) -> None:
    """The button that would void the line has the keyboard, as after Tab."""
    for button in cashier.workplace.shell.findChildren(QAbstractButton, "action_void_line"):
        button.setFocus()


def typed(cashier: Cashier) -> str:
    """What stands in the entry line of the sale."""
    line = cashier.workplace.shell.findChild(QLineEdit, "entry")
    assert isinstance(line, QLineEdit)
    return line.text()


PLACES = (
    asked_how_many, asked_how_much_off, asked_for_a_manager, looking_for_an_item, typing_a_code, asked_why_the_drawer,
    typing_the_cash, on_a_button,
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_scan_is_one_line_wherever_the_cashier_is(at_work: Cashier, place: Callable[[Cashier], None]) -> None:
    at_work.wedge_scan(COFFEE.code)
    place(at_work)
    screen, before = at_work.screen, typed(at_work)
    at_work.wedge_scan(MILK.code).serial_scan(CHICKEN.code)
    assert at_work.names() == [COFFEE.name, MILK.name, CHICKEN.name]
    assert at_work.quantities() == [1000, 1000, 1000]
    assert not any(line.voided or line.reasons for line in at_work.lines)
    assert at_work.screen == screen
    assert typed(at_work) == before


def test_no_scan_is_ignored_after_all_that(at_work: Cashier) -> None:
    for n in range(ROUNDS):
        PLACES[n % len(PLACES)](at_work)
        at_work.wedge_scan(MILK.code)
        for _ in range(2):
            at_work.key(Qt.Key.Key_Escape)
        if at_work.workplace.shell.reasons.isVisible():
            at_work.press("reason_close")
    assert sum(at_work.quantities()) == ROUNDS * 1000


def test_a_bar_code_typed_by_hand_is_never_a_quantity_a_price_or_money(at_work: Cashier) -> None:
    at_work.wedge_scan(COFFEE.code)
    at_work.type(f"*{MILK.code}⏎")
    assert at_work.quantities() == [1000]
    at_work.key(Qt.Key.Key_F4)
    at_work.type(f"{MILK.code}⏎")
    assert COFFEE.name in at_work.names()
    assert set(at_work.quantities()) == {1000}
    at_work.key(Qt.Key.Key_Escape)
    before = at_work.to_pay
    at_work.key(Qt.Key.Key_F6)
    at_work.type(f"{MILK.code}⏎")
    assert at_work.to_pay == before
    at_work.key(Qt.Key.Key_Escape)
    at_work.key(Qt.Key.Key_F9)
    at_work.type(f"{CHICKEN.code}⏎")
    assert at_work.selling.last_paid is None


def test_scans_on_a_locked_till_wait_for_whoever_signs_in(at_work: Cashier) -> None:
    at_work.wedge_scan(COFFEE.code)
    at_work.control(Qt.Key.Key_L)
    at_work.until(lambda: at_work.screen == "sign_in")
    at_work.wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    assert at_work.screen == "sign_in"
    at_work.sign_in(PIN)
    at_work.until(lambda: at_work.names() == [COFFEE.name, MILK.name, CHICKEN.name])
    assert at_work.notice == "2 scans made while locked were taken"
