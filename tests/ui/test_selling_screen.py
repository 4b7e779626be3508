"""The cashier's flow at the real window: scans, typing, paying, and nothing in between that loses anything."""

from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER, COFFEE = ITEMS[:4]
UNKNOWN = "9780201379624"


def test_the_first_scan_opens_the_sale_and_shows_its_line(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    assert at_work.names() == [MILK.name]
    assert at_work.to_pay == "€ 1.19"


def test_a_serial_scanner_needs_no_focus(at_work: Cashier) -> None:
    at_work.serial_scan(MILK.code).serial_scan(CHICKEN.code)
    assert at_work.names() == [MILK.name, CHICKEN.name]


def test_typed_codes_and_multipliers_work(at_work: Cashier) -> None:
    at_work.type("4011⏎")
    at_work.type("3*⏎")
    assert at_work.selling.multiplier_milli == 3000
    at_work.wedge_scan(WATER.code)
    assert at_work.quantities() == [1000, 3000]
    at_work.type("*2⏎")
    assert at_work.quantities() == [1000, 2000]
    at_work.type("+")
    assert at_work.quantities() == [1000, 3000]
