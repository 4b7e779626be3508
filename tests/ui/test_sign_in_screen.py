"""Signing in and locking; scans made meanwhile wait and come afterwards."""

from PySide6.QtCore import Qt

from tests.support.shop import BADGE, ITEMS, MANAGER_BADGE, MANAGER_PIN, PIN
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


def test_a_badge_signs_in_by_any_scanner_and_scans_made_before_come_after_it(cashier: Cashier) -> None:
    cashier.serial_scan(MILK.code).serial_scan(BADGE)
    cashier.until(lambda: cashier.screen == "sell" and cashier.names() == [MILK.name])
    cashier.control(Qt.Key.Key_L)
    cashier.wedge_scan(MANAGER_BADGE)
    assert "Sam K." in cashier.shown("operator_and_clock")


def test_another_badge_takes_over_where_the_basket_is(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code).wedge_scan(MANAGER_BADGE)
    assert (at_work.screen, at_work.names(), at_work.notice) == ("sell", [MILK.name], "Sam K. goes on.")
    assert "Sam K." in at_work.shown("operator_and_clock")
    at_work.wedge_scan(MANAGER_BADGE)
    assert at_work.notice == "Sam K. is signed in."
    at_work.wedge_scan("OTB:NOBODYS-BADGE-0001")
    assert "not known here" in at_work.notice
    assert "Sam K." in at_work.shown("operator_and_clock")


def test_where_the_pin_is_wanted_too_a_badge_locks_and_names_whose_it_is(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.shop.set_rules(people={"pin_after_badge": True})
    at_work.wedge_scan(MANAGER_BADGE)
    assert at_work.screen == "sign_in"
    assert at_work.shown("sign_in_message") == "Sam K.: now type your PIN."
    at_work.type(f"{PIN}⏎")
    at_work.until(lambda: "Wrong PIN" in at_work.shown("sign_in_message"))
    at_work.key(Qt.Key.Key_Backspace)  # the badge is put away: anybody's PIN will do again
    at_work.sign_in()
    assert at_work.names() == [MILK.name]
