"""F6 at the window: by keys alone and by touch, with a supervisor where it takes one, and never in the way of a scan."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from tests.support.shop import ITEMS, MANAGER_PIN
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER = ITEMS[0], ITEMS[1], ITEMS[2]


def panel_open(cashier: Cashier) -> bool:
    panel = cashier.workplace.shell.findChild(QWidget, "discount_panel")
    assert isinstance(panel, QWidget)
    return panel.isVisible()


def reason(cashier: Cashier, row: int = 0) -> str:
    model = cashier.workplace.sell.widget._model  # pyright: ignore[reportAttributeAccessIssue]
    return "  ".join(model.line_at(row).cuts)


def test_a_tenth_off_the_line_with_six_keys(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F6)
    assert at_work.shown("discount_of") == "Chicken breast fillets 400 g, now € 6.49"
    at_work.type("10⏎")
    assert at_work.to_pay == "€ 5.84"
    assert reason(at_work) == "Discount 10 % · −0.65"
    assert at_work.shown("totals_saved") == "0.65"
    assert not panel_open(at_work)


def test_f6_again_means_the_whole_sale(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code).wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F6)
    at_work.key(Qt.Key.Key_F6)
    assert at_work.shown("discount_of") == "the whole sale, now € 7.68"
    at_work.type("5%⏎")
    assert at_work.to_pay == "€ 7.30"
    assert reason(at_work, 1) == "Discount on the sale 5 % · −0.06"
    at_work.wedge_scan(MILK.code)
    assert at_work.to_pay == "€ 8.43"


def test_more_asks_the_manager_beside_the_lines_and_scanning_goes_on(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F6)
    at_work.type("20⏎")
    assert at_work.shown("approval_asked") == "Take 20 % off Chicken breast fillets 400 g"
    at_work.wedge_scan(MILK.code)
    assert at_work.to_pay == "€ 7.68"
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: at_work.to_pay == "€ 6.38")
    assert not panel_open(at_work)
    assert at_work.names() == [CHICKEN.name, MILK.name]


def test_a_new_price_by_touch_with_its_reason(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(CHICKEN.code)
    cashier.press("action_discount").press("discount_kind_price")
    for figure in ("5", "point", "4", "9"):
        cashier.press(f"discount_pad_{figure}")
    cashier.press("discount_give")
    assert "Say why" in cashier.notice
    for _ in range(3):
        cashier.press("discount_why")
    cashier.press("discount_give")
    assert cashier.to_pay == "€ 5.49"
    assert reason(cashier) == "Price changed · Shelf label · −1.00"


def test_what_was_taken_off_is_taken_off_again(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F6)
    at_work.type("10⏎")
    at_work.key(Qt.Key.Key_F6)
    at_work.press("discount_undo")
    assert at_work.to_pay == "€ 6.49"
    assert reason(at_work) == ""


def test_mistakes_are_said_plainly_and_change_nothing(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F6)
    for typed, said in (
        ("120", "More than 100 %"),
        ("0", "how much to take off"),
        ("ten", "no percentage"),
        (MILK.code, "no percentage"),
        (f"={MILK.code}", "bar code"),
    ):
        at_work.key(Qt.Key.Key_Escape) if not panel_open(at_work) else None
        at_work.type(f"{typed}⏎")
        assert said in at_work.notice, typed
        assert panel_open(at_work)
        for _ in typed:
            at_work.key(Qt.Key.Key_Backspace, "\b")
        at_work.settle()
    at_work.type("⏎")
    assert not panel_open(at_work)
    assert at_work.to_pay == "€ 6.49"


def test_a_scan_while_the_panel_is_open_is_a_scan(at_work: Cashier) -> None:
    at_work.wedge_scan(CHICKEN.code)
    at_work.key(Qt.Key.Key_F6)
    at_work.type("1").wedge_scan(WATER.code)
    assert at_work.names() == [CHICKEN.name, WATER.name]
    assert panel_open(at_work)
    assert at_work.shown("discount_of").startswith(WATER.name)


def test_a_sale_can_be_given_up_by_touch(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN).wedge_scan(CHICKEN.code)
    cashier.press("action_discount").press("discount_scope").press("discount_void_sale")
    assert cashier.selling.sale is None
