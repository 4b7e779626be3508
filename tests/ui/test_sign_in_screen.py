"""Signing in and locking; scans made meanwhile wait and come afterwards."""

from PySide6.QtCore import Qt

from tests.support.shop import ITEMS, MANAGER_PIN, PIN
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]


def test_a_pin_signs_in(cashier: Cashier) -> None:
    cashier.sign_in()
    assert cashier.screen == "sell"
    assert "Ana M." in cashier.shown("operator_and_clock")


def test_a_wrong_pin_says_how_many_tries_are_left(cashier: Cashier) -> None:
    cashier.type("0000⏎")
    cashier.until(lambda: "9 tries left" in cashier.shown("sign_in_message"))
    assert cashier.screen == "sign_in"
    cashier.type("12⏎")
    cashier.until(lambda: "4 to 12" in cashier.shown("sign_in_message"))


def test_the_pin_can_be_tapped(cashier: Cashier) -> None:
    for figure in PIN:
        cashier.press(f"pin_pad_{figure}")
    cashier.press("sign_in")
    cashier.until(lambda: cashier.screen == "sell")


def test_scans_made_while_locked_come_after_the_sign_in(cashier: Cashier) -> None:
    cashier.serial_scan(MILK.code).wedge_scan(CHICKEN.code)
    assert cashier.screen == "sign_in"
    assert cashier.selling.sale is None
    cashier.sign_in()
    cashier.until(lambda: cashier.names() == [MILK.name, CHICKEN.name])


def test_a_scan_does_not_fill_in_the_pin(cashier: Cashier) -> None:
    cashier.type("12").wedge_scan(MILK.code).type("34⏎")
    cashier.until(lambda: cashier.screen == "sell")


def test_locking_keeps_the_basket_for_whoever_comes_next(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.control(Qt.Key.Key_L)
    assert at_work.screen == "sign_in"
    at_work.key(Qt.Key.Key_F12)
    assert at_work.names() == [MILK.name]
    at_work.sign_in(MANAGER_PIN)
    assert at_work.names() == [MILK.name]
    assert "Sam K." in at_work.shown("operator_and_clock")
