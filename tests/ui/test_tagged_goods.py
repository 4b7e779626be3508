"""Tagged goods on the antenna while the till is busy with something else: none is lost, none hides the change."""

from PySide6.QtCore import Qt

from retail_core.domain.ids import Gtin
from retail_core.domain.scanned import TagUnit
from tests.support.shop import ITEMS, ShopItem
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER = ITEMS[:3]


def unit(item: ShopItem, n: int = 1) -> TagUnit:
    return TagUnit(f"30{n:022x}", Gtin(item.code.zfill(14)), str(n))


def test_tags_are_lines_and_say_how_many(at_work: Cashier) -> None:
    at_work.workplace.tags_read((unit(MILK), unit(CHICKEN, 2)))
    assert at_work.names() == [MILK.name, CHICKEN.name]
    assert at_work.notice == "Read by tag: 2."
    assert at_work.to_pay == "€ 7.68"


def test_goods_laid_down_at_a_locked_till_are_there_after_signing_in(cashier: Cashier) -> None:
    cashier.workplace.tags_read((unit(MILK), unit(CHICKEN, 2)))
    cashier.till.selling.tags_gone((unit(CHICKEN, 2).epc,))
    cashier.sign_in()
    assert cashier.names() == [MILK.name]


def test_goods_laid_down_while_the_board_is_looked_at_are_there_afterwards(at_work: Cashier) -> None:
    at_work.key(Qt.Key.Key_F10)
    assert at_work.screen == "pickup"
    at_work.workplace.tags_read((unit(MILK),))
    assert at_work.names() == []
    at_work.key(Qt.Key.Key_F10)
    assert at_work.names() == [MILK.name]


def test_the_next_customers_goods_do_not_hide_the_change(at_work: Cashier) -> None:
    at_work.serial_scan(WATER.code)
    at_work.key(Qt.Key.Key_F12)
    at_work.workplace.tags_read((unit(MILK),))  # the sale is being written
    at_work.until(lambda: at_work.selling.sale is None)
    assert at_work.shown("change") == "€ 0.00"
    assert "1 tagged unit waits" in at_work.notice
    at_work.type("⏎")
    assert at_work.names() == [MILK.name]


def test_goods_laid_down_while_paying_make_a_new_sum(at_work: Cashier) -> None:
    at_work.serial_scan(WATER.code)
    at_work.key(Qt.Key.Key_F9)
    at_work.workplace.tags_read((unit(MILK),))
    assert (at_work.screen, at_work.names()) == ("pay", [WATER.name, MILK.name])
