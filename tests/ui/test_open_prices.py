"""Typed prices at the window: keys, the key of a department, and what is asked once."""

from PySide6.QtCore import QCoreApplication, Qt

from pos_app.ui.screens.sell.search import SearchPanel
from retail_core.domain.departments import Department
from retail_core.durable import link
from tests.support.shop import ITEMS, row
from tests.ui.conftest import Cashier

MILK = ITEMS[0]


def with_departments(cashier: Cashier) -> Cashier:
    cashier.shop.put_rows(
        row("department", "4", Department(4, "Bakery", "food")),
        row("department", "11", Department(11, "Household", "general", max_minor=500_000)),
        row("quick_key", "Quick/90", link.QuickKeyDoc("Quick", 90, "dept/4", "Bakery")),
    )
    cashier.workplace.current.refresh()
    QCoreApplication.processEvents()
    return cashier


def test_a_price_and_d_and_a_department_sell_what_has_no_bar_code(at_work: Cashier) -> None:
    cashier = with_departments(at_work).type("1.49d11⏎").type("2*0.80d4⏎")
    assert cashier.names() == ["Household", "Bakery"]
    assert cashier.to_pay.endswith("3.09")


def test_the_price_of_an_unknown_code_is_typed_and_the_red_line_is_gone(at_work: Cashier) -> None:
    cashier = with_departments(at_work).wedge_scan("9780201379624").wedge_scan(MILK.code)
    cashier.key(Qt.Key.Key_Up)
    cashier.type("2.49d4⏎")
    assert [(line.name, line.pending) for line in cashier.lines] == [("Bakery", False), (MILK.name, False)]


def test_a_tapped_department_takes_the_price_typed_before_it(at_work: Cashier) -> None:
    cashier = with_departments(at_work).press("quick_dept/4")
    assert cashier.lines == ()
    assert cashier.notice == "Type the price first, then press the department."
    cashier.type("3.20").press("quick_dept/4")
    assert (cashier.names(), cashier.to_pay) == (["Bakery"], "€ 3.20")


def test_a_large_typed_price_is_asked_once(at_work: Cashier) -> None:
    cashier = with_departments(at_work).type("2500d11⏎")
    assert cashier.lines == ()
    assert cashier.notice == "That makes € 2,500.00 on one line. Press again if that is right."
    cashier.type("⏎")
    assert cashier.to_pay == "€ 2,500.00"


def test_a_price_over_the_departments_limit_is_refused_in_words(at_work: Cashier) -> None:
    cashier = with_departments(at_work).type("5000.01d11⏎").type("⏎")
    assert cashier.notice == "At most € 5,000.00 in Household. Check the price."
    assert cashier.lines == ()


def test_half_a_typed_price_searches_nothing(at_work: Cashier) -> None:
    cashier = with_departments(at_work).type("1.49d")
    assert not any(panel.isVisible() for panel in cashier.workplace.shell.findChildren(SearchPanel))
    cashier.type("⏎")
    assert cashier.notice == "Type the department after the d, such as 1.49d11."
