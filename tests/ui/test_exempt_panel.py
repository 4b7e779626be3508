"""Ctrl+N at the window: a sale without tax by keys and by touch, with the manager's agreement, shown on the sale."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from tests.support.shop import ITEMS, MANAGER_PIN
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[0], ITEMS[1]


def button_words(cashier: Cashier, name: str) -> str:
    found = cashier.workplace.shell.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found.text()


def panel_open(cashier: Cashier) -> bool:
    panel = cashier.workplace.shell.findChild(QWidget, "discount_panel")
    assert isinstance(panel, QWidget)
    return panel.isVisible()


def test_by_keys_with_the_managers_pin(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code).wedge_scan(MILK.code)
    at_work.control(Qt.Key.Key_N)
    assert button_words(at_work, "discount_why").startswith("Reason: Resale")
    at_work.control(Qt.Key.Key_N)
    at_work.control(Qt.Key.Key_N)
    assert button_words(at_work, "discount_why").startswith("Reason: Diplomat")
    at_work.type("D-4711⏎")
    assert at_work.shown("approval_asked") == "Sell without tax, certificate D-4711"
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: at_work.to_pay == "€ 7.05")
    assert not panel_open(at_work)
    assert at_work.shown("totals_taxes") == "Without tax · Diplomat · D-4711"


def test_by_touch_and_taken_back(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(CHICKEN.code)
    cashier.press("action_discount").press("discount_scope").press("discount_kind_exempt")
    for figure in ("4", "7", "1", "1"):
        cashier.press(f"discount_pad_{figure}")
    cashier.press("discount_give")
    assert cashier.to_pay == "€ 5.95"
    cashier.press("action_discount").press("discount_scope").press("discount_kind_exempt").press("discount_undo")
    assert cashier.to_pay == "€ 6.49"


def test_without_a_number_nothing_happens_and_why_is_said(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(CHICKEN.code)
    cashier.control(Qt.Key.Key_N)
    cashier.type("a b@c⏎")
    assert "no number of a certificate" in cashier.notice
    assert cashier.to_pay == "€ 6.49"
    assert panel_open(cashier)


def test_a_discount_can_be_chosen_again_instead(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(CHICKEN.code)
    cashier.control(Qt.Key.Key_N)
    cashier.press("discount_kind_percent")
    cashier.type("10⏎")
    assert cashier.to_pay == "€ 5.84"
    assert cashier.selling.sale
    assert cashier.selling.sale.exempt is None


def test_a_scan_while_the_certificate_is_typed_is_a_scan(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(CHICKEN.code)
    cashier.control(Qt.Key.Key_N)
    cashier.type("D-47").wedge_scan(MILK.code).type("11⏎")
    assert cashier.to_pay == "€ 7.05"
