"""The drawer at the window: by keys alone and by touch, with scans that go on meanwhile."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from retail_core.domain.drawer import MoveKind
from tests.support.shop import ITEMS, MANAGER_PIN
from tests.ui.at_drawer import AtDrawer
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]


@pytest.fixture
def drawer(at_work: Cashier) -> AtDrawer:
    return AtDrawer(at_work)


def tap(cashier: Cashier, name: str) -> None:
    """Tap what a page has only just been given."""
    shell = cashier.workplace.shell
    cashier.until(lambda: any(widget.isVisible() for widget in shell.findChildren(QWidget, name)))
    cashier.press(name)


def words(drawer: AtDrawer, name: str) -> list[str]:
    found = drawer.cashier.workplace.shell.findChildren(QLabel, name)
    return [label.text() for label in found if label.isVisible()]


def test_a_day_by_keys_alone(drawer: AtDrawer) -> None:
    drawer.open(tens=10)
    assert drawer.session.float_minor == 10_000
    drawer.sell(MILK.code)
    drawer.go()
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.count((4, "10"), (7, "1"), (10, "1"), (11, "1"), (12, "2"))  # 10 tens, 1 euro, ten, five and two twos
    drawer.on("result").says("result_title", "right to the cent")
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.on("done").says("done_title", "Z 0001")
    drawer.cashier.type("⏎")
    drawer.on("look").says("drawer_title", "No drawer is open")
    assert drawer.kicks == 1  # opened to be counted; the sale's own kick is the counter's


def test_enter_goes_down_the_row_and_ends_the_count(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.on("grid").cashier.type("⏎⏎⏎⏎10⏎⏎⏎⏎⏎⏎⏎⏎⏎⏎")
    drawer.on("result").says("result_title", "right to the cent")


def test_by_touch(drawer: AtDrawer) -> None:
    press = drawer.cashier.press
    drawer.go().cashier.press("action_close_drawer")
    drawer.on("grid")
    tap(drawer.cashier, "piece_3")
    press("grid_pad_5").press("grid_main")
    drawer.on("look")
    assert drawer.session.float_minor == 10_000
    press("action_cash_loan")
    drawer.on("sum").cashier.press("sum_pad_5")
    tap(drawer.cashier, "reason_float_top_up")
    press("sum_main")
    drawer.cashier.until(drawer.cashier.workplace.shell.approval.isVisible)
    drawer.cashier.type(f"{MANAGER_PIN}⏎")
    drawer.on("look")
    drawer.cashier.until(lambda: "Cash loan" in words(drawer, "move_words"))
    assert drawer.session.totals.moved(MoveKind.LOAN).minor == 500


def test_what_should_be_in_it_is_shown_to_supervisors_alone(cashier: Cashier) -> None:
    AtDrawer(cashier.sign_in()).open()
    assert not words(AtDrawer(cashier), "figure_expected")
    cashier.workplace.lock()
    drawer = AtDrawer(cashier.sign_in(MANAGER_PIN)).go()
    cashier.until(lambda: words(drawer, "figure_expected") == ["€ 100.00"])


def test_a_large_difference_is_counted_twice_explained_and_approved(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.count((4, "7"))
    drawer.on("result").says("result_title", "Count once more")
    assert not words(drawer, "figure_variance")
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.count((4, "7"))
    drawer.on("result").says("result_title", "€ 30.00 too little")
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.cashier.until(lambda: "Choose why" in drawer.cashier.notice)
    drawer.cashier.key(Qt.Key.Key_Down)
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.cashier.until(drawer.cashier.workplace.shell.approval.isVisible)
    assert "€ −30.00" in drawer.cashier.shown("approval_asked")
    drawer.cashier.type(f"{MANAGER_PIN}⏎")
    drawer.on("done")


def test_f9_pressed_again_and_again_closes_once(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.count((4, "10"))
    drawer.on("result")
    for _ in range(5):
        drawer.cashier.key(Qt.Key.Key_F9)
    drawer.cashier.until(lambda: drawer.view().session is None)
    assert len(drawer.view().closed) == 1


def test_ctrl_d_asks_why_beside_the_lines_and_opens_once_it_is_noted(drawer: AtDrawer) -> None:
    drawer.cashier.wedge_scan(MILK.code)
    drawer.cashier.control(Qt.Key.Key_D)
    assert drawer.cashier.workplace.shell.reasons.isVisible()
    drawer.cashier.wedge_scan(CHICKEN.code)
    assert drawer.kicks == 0
    drawer.cashier.type("1")
    drawer.cashier.until(lambda: drawer.kicks == 1)
    assert drawer.cashier.names() == [MILK.name, CHICKEN.name]
    assert "Change a note" in drawer.cashier.notice
    assert drawer.session.totals.no_sales == 1
    drawer.cashier.type("4011⏎")  # the keyboard is the entry line's again
    assert len(drawer.cashier.lines) == 3


def test_the_question_why_can_be_put_away(drawer: AtDrawer) -> None:
    drawer.cashier.control(Qt.Key.Key_D)
    drawer.cashier.key(Qt.Key.Key_Escape)
    assert not drawer.cashier.workplace.shell.reasons.isVisible()
    drawer.cashier.control(Qt.Key.Key_D)
    drawer.cashier.press("reason_close")
    assert drawer.kicks == 0
    assert drawer.view().session is None


def test_the_fourth_opening_without_a_sale_asks_for_a_supervisor(drawer: AtDrawer) -> None:
    for n in range(3):
        drawer.cashier.control(Qt.Key.Key_D)
        tap(drawer.cashier, "reason_change")
        drawer.cashier.until(lambda n=n: drawer.kicks == n + 1)
    drawer.cashier.control(Qt.Key.Key_D)
    drawer.cashier.type("3")
    drawer.cashier.until(drawer.cashier.workplace.shell.approval.isVisible)
    drawer.cashier.type(f"{MANAGER_PIN}⏎")
    drawer.cashier.until(lambda: drawer.kicks == 4)


def test_a_scan_at_the_drawer_goes_on_the_sale(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.cashier.key(Qt.Key.Key_F9)
    drawer.on("grid").cashier.wedge_scan(MILK.code)
    assert drawer.cashier.names() == [MILK.name]
    drawer.says("grid_total", "€ 0.00")


def test_an_amount_that_is_none_is_refused_in_words(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.cashier.key(Qt.Key.Key_F3)
    drawer.on("sum").cashier.type("1.2.3⏎")
    drawer.cashier.until(lambda: "is not an amount" in drawer.cashier.notice)
    drawer.cashier.key(Qt.Key.Key_Escape)
    drawer.on("look")


def test_esc_goes_one_page_back_and_then_to_the_sale(drawer: AtDrawer) -> None:
    drawer.open()
    drawer.cashier.key(Qt.Key.Key_F2)
    drawer.on("sum").cashier.key(Qt.Key.Key_Escape)
    drawer.on("look").cashier.key(Qt.Key.Key_Escape)
    assert drawer.cashier.screen == "sell"
