"""What a line is cut by, at the window: each rule on a line of its own below the item, with its amount and how long it holds."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListView

from pos_app.ui.words import set_language
from retail_core.domain.ids import Sku
from retail_core.domain.promotions.model import Gift, Goods, NForM, PercentOff, Promotion, Stacking, Validity
from tests.support.shop import ITEMS, row
from tests.ui.conftest import Cashier

MILK, WATER, THROW, CANDLE = ITEMS[0], ITEMS[2], ITEMS[6], ITEMS[7]
MIDNIGHT_MS = 1_795_993_200_000  # 2026-11-30 00:00 in the store
WATER_ONLY = Goods(skus=(Sku(WATER.sku),))
THREE_FOR_TWO = Promotion("P-1", "3 for 2", NForM(3, 2), WATER_ONLY, Validity(until_ms=MIDNIGHT_MS))
FIVE_ON_TOP = Promotion("P-2", "5 % on top", PercentOff(50_000), WATER_ONLY, stacking=Stacking.ON_TOP)


def lines(cashier: Cashier) -> QListView:
    found = cashier.workplace.shell.findChild(QListView, "sale_lines")
    assert isinstance(found, QListView)
    return found


def told(cashier: Cashier, n: int) -> tuple[str, ...]:
    return cashier.workplace.sell.widget._model.line_at(n).below  # pyright: ignore[reportAttributeAccessIssue]


def height(cashier: Cashier, n: int) -> int:
    return lines(cashier).visualRect(lines(cashier).model().index(n, 0)).height()


def test_three_for_two_is_explained_with_the_third_scan(at_work: Cashier) -> None:
    at_work.shop.put_rows(row("promotion", "P-1", THREE_FOR_TWO))
    at_work.type("2*⏎").wedge_scan(WATER.code)
    assert told(at_work, 0) == (f"{WATER.code} · grocery",)
    at_work.type("+")
    assert told(at_work, 0) == ("3 for 2 · until 29 November 2026 · −0.89",)
    assert at_work.to_pay == "€ 1.78"
    assert at_work.shown("totals_saved") == "0.89"


def test_two_rules_are_two_lines_and_the_row_makes_room(at_work: Cashier) -> None:
    at_work.shop.put_rows(row("promotion", "P-1", THREE_FOR_TWO), row("promotion", "P-2", FIVE_ON_TOP))
    at_work.wedge_scan(MILK.code).type("3*⏎").wedge_scan(WATER.code)
    assert told(at_work, 1) == ("3 for 2 · until 29 November 2026 · −0.89", "5 % on top · −0.09")
    at_work.until(lambda: height(at_work, 1) == height(at_work, 0) + 20)
    at_work.key(Qt.Key.Key_F6)
    at_work.type("10⏎")
    assert told(at_work, 1)[2] == "Discount 10 % · −0.17"
    at_work.until(lambda: height(at_work, 1) == height(at_work, 0) + 40)
    assert at_work.to_pay == "€ 2.71"


def test_a_gift_that_is_due_is_said_once_and_costs_nothing_when_it_is_scanned(at_work: Cashier) -> None:
    mug = Promotion("P-3", "A candle from 30.00", Gift(3000, Goods(skus=(Sku(CANDLE.sku),))))
    at_work.shop.put_rows(row("promotion", "P-3", mug))
    at_work.wedge_scan(MILK.code)
    assert "gift" not in at_work.notice
    at_work.wedge_scan(THROW.code)
    assert at_work.notice.startswith("A candle from 30.00: a gift is due.")
    at_work.wedge_scan(CANDLE.code)
    assert told(at_work, 2) == ("A candle from 30.00 · −12.50",)
    assert at_work.to_pay == "€ 41.09"


def test_a_reader_of_the_screen_hears_the_rule(at_work: Cashier) -> None:
    at_work.shop.put_rows(row("promotion", "P-1", THREE_FOR_TWO))
    at_work.type("3*⏎").wedge_scan(WATER.code)
    spoken = lines(at_work).model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken.endswith("3 for 2 · until 29 November 2026 · −0.89")


def test_in_arabic_the_name_of_a_rule_and_its_amount_keep_their_own_direction(at_work: Cashier) -> None:
    at_work.shop.put_rows(row("promotion", "P-1", THREE_FOR_TWO))
    set_language("ar")
    try:
        at_work.type("3*⏎").wedge_scan(WATER.code)
        (cut,) = told(at_work, 0)
        assert cut.startswith("\u20683 for 2\u2069 · ")
        assert cut.endswith(" · \u2066−0.89\u2069")
    finally:
        set_language("en")
