"""F8 at the window: the basket goes aside, the next customer is served, the basket comes back."""

from PySide6.QtCore import Qt

from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER = ITEMS[0], ITEMS[1], ITEMS[2]


def test_one_key_puts_aside_and_takes_up(at_work: Cashier) -> None:
    at_work.serial_scan(MILK.code).serial_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: not at_work.lines)
    assert "2 items" in at_work.notice
    at_work.serial_scan(WATER.code)
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.names() == [MILK.name, CHICKEN.name])


def test_several_baskets_are_chosen_from_a_list_by_key_or_tap(at_work: Cashier) -> None:
    for item in (MILK, CHICKEN, WATER):
        at_work.serial_scan(item.code)
        at_work.key(Qt.Key.Key_F8)
        at_work.until(lambda: not at_work.lines)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.shown("search_title") == "Put aside")
    at_work.key(Qt.Key.Key_Down)
    at_work.key(Qt.Key.Key_Return, "\r")
    at_work.until(lambda: at_work.names() == [CHICKEN.name])
    at_work.key(Qt.Key.Key_F8)  # aside again
    at_work.until(lambda: not at_work.lines)


def test_an_empty_till_with_nothing_aside_says_so(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.notice == "No basket is put aside.")


def test_a_scan_while_the_list_is_open_begins_a_sale(at_work: Cashier) -> None:
    for item in (MILK, CHICKEN):
        at_work.serial_scan(item.code)
        at_work.key(Qt.Key.Key_F8)
        at_work.until(lambda: not at_work.lines)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.shown("search_title") == "Put aside")
    at_work.serial_scan(WATER.code)
    assert at_work.names() == [WATER.name]
    at_work.key(Qt.Key.Key_Return, "\r")  # the list is gone: Enter takes nothing up
    assert at_work.names() == [WATER.name]
