"""A second person agrees at the window: beside the lines, while scanning goes on."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from tests.support.shop import ITEMS, MANAGER_PIN
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]


def open_panel(cashier: Cashier) -> None:
    cashier.control(Qt.Key.Key_Delete)
    assert panel_open(cashier)


def panel_open(cashier: Cashier) -> bool:
    return cashier.workplace.shell.approval.isVisible()


def typed_aside(cashier: Cashier) -> str:
    entry = cashier.workplace.shell.findChild(QLineEdit, "entry")
    assert isinstance(entry, QLineEdit)
    return entry.text()


def test_a_manager_types_the_pin_beside_the_cashiers_lines(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    open_panel(at_work)
    assert at_work.shown("approval_asked") == "Give up the whole sale of € 1.19"
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: at_work.selling.sale is None)
    assert not panel_open(at_work)
    assert "Ana M." in at_work.shown("operator_and_clock")
    at_work.type("4011⏎")  # the keyboard is the entry line's again
    assert len(at_work.lines) == 1


def test_the_pin_can_be_tapped(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    open_panel(at_work)
    for figure in MANAGER_PIN:
        at_work.press(f"approval_pad_{figure}")
    at_work.press("approval_agree")
    at_work.until(lambda: at_work.selling.sale is None)


def test_scanning_goes_on_while_a_second_person_is_asked_for(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    open_panel(at_work)
    at_work.type("98").wedge_scan(CHICKEN.code).serial_scan(CHICKEN.code)
    assert at_work.names() == [MILK.name, CHICKEN.name, CHICKEN.name]
    assert panel_open(at_work)
    at_work.type("76⏎")
    total = "€ 14.17"
    at_work.until(lambda: total in at_work.shown("approval_asked"))  # another sum now: it is asked anew
    assert at_work.selling.sale is not None
    assert typed_aside(at_work) == ""
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: at_work.selling.sale is None)


def test_a_wrong_pin_says_so_and_esc_leaves_the_sale_as_it_was(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    open_panel(at_work)
    at_work.type("0000⏎")
    at_work.until(lambda: "9 tries left" in at_work.shown("approval_message"))
    at_work.type("1234⏎")
    at_work.until(lambda: "two people" in at_work.shown("approval_message"))
    at_work.key(Qt.Key.Key_Escape)
    assert not panel_open(at_work)
    assert at_work.names() == [MILK.name]


def test_letters_do_not_leave_the_panel_and_keys_of_the_strip_work(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    open_panel(at_work)
    at_work.type("98x")
    assert typed_aside(at_work) == ""
    at_work.key(Qt.Key.Key_F9)
    assert at_work.screen == "pay"
    assert not panel_open(at_work)


def test_a_manager_needs_nobody(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(MILK.code)
    cashier.control(Qt.Key.Key_Delete)
    assert cashier.selling.sale is None
    assert not panel_open(cashier)
