"""What is often bought too, at the window: shown below the keys, taken by Ctrl+Enter or a tap and by nothing else."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from retail_core.domain.ids import Sku
from retail_core.domain.suggestions import GoesWith, OftenWith
from tests.support.shop import ITEMS, row
from tests.ui.conftest import Cashier

MILK, WATER, COFFEE = ITEMS[0], ITEMS[2], ITEMS[3]


def advise(at: Cashier) -> Cashier:
    items = (GoesWith(Sku(MILK.sku), 5), GoesWith(Sku(WATER.sku), 5))
    at.shop.put_rows(row("often_with", COFFEE.sku, OftenWith(Sku(COFFEE.sku), items)))
    return at.serial_scan(COFFEE.code)


def shown(at: Cashier) -> bool:
    found = at.workplace.shell.findChild(QWidget, "suggestions")
    return found is not None and found.isVisible()


def test_ctrl_enter_takes_the_first_and_the_next_moves_up(at_work: Cashier) -> None:
    advise(at_work)
    at_work.until(lambda: shown(at_work))
    assert at_work.shown("suggestions_title") == f"Often bought with {COFFEE.name}"
    at_work.control(Qt.Key.Key_Return)
    at_work.until(lambda: at_work.names() == [COFFEE.name, MILK.name])
    at_work.press("suggestion_0")
    at_work.until(lambda: at_work.names() == [COFFEE.name, MILK.name, WATER.name])
    at_work.until(lambda: not shown(at_work))
    at_work.control(Qt.Key.Key_Return)
    assert len(at_work.names()) == 3


def test_neither_enter_nor_tab_nor_a_scanner_takes_it(at_work: Cashier) -> None:
    advise(at_work)
    at_work.type("⏎")
    at_work.key(Qt.Key.Key_Tab, "\t")
    at_work.settle()
    at_work.wedge_scan(COFFEE.code)
    assert set(at_work.names()) == {COFFEE.name}


def test_a_panel_that_wants_an_answer_hides_it(at_work: Cashier) -> None:
    advise(at_work)
    at_work.key(Qt.Key.Key_F4)
    assert not shown(at_work)
    at_work.control(Qt.Key.Key_Return)
    assert at_work.names() == [COFFEE.name]
    at_work.key(Qt.Key.Key_Escape)
    at_work.until(lambda: shown(at_work))
