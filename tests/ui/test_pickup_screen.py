"""The pickup counter at the real window: pick by scan, stage, make ready, hand over, with no network."""

from PySide6.QtCore import Qt

from retail_core.domain.fulfilment import State
from retail_core.domain.ids import OrderId
from tests.support.shop import CODE, ITEMS, pickup_order, row
from tests.ui.conftest import Cashier

MILK, COFFEE, THROW = ITEMS[0], ITEMS[3], ITEMS[6]
ORDER = "O-1"


def state(cashier: Cashier) -> State:
    return cashier.till.fulfilling.order(ORDER).state


def picked(cashier: Cashier) -> list[int]:
    return [line.picked_milli for line in cashier.till.fulfilling.order(ORDER).lines]


def at_counter(cashier: Cashier) -> Cashier:
    cashier.key(Qt.Key.Key_F10)
    assert cashier.screen == "pickup"
    return cashier


def pick_all(cashier: Cashier) -> Cashier:
    at_counter(cashier).key(Qt.Key.Key_F3)
    for item in (COFFEE, COFFEE, THROW):
        cashier.wedge_scan(item.code)
    cashier.till.writer.flush()
    return cashier


def make_ready(cashier: Cashier) -> Cashier:
    pick_all(cashier).wedge_scan("OTS:B-04")
    cashier.until(lambda: cashier.till.fulfilling.order(ORDER).shelf == "B-04")
    cashier.key(Qt.Key.Key_F9)
    cashier.until(lambda: state(cashier) is State.READY)
    return cashier


def test_the_badge_counts_orders_that_wait(at_work: Cashier) -> None:
    assert at_work.workplace.pickup_count == 1


def test_an_order_is_picked_staged_ready_and_handed_over_by_its_code(at_work: Cashier) -> None:
    make_ready(at_work)
    at_work.key(Qt.Key.Key_F4)
    at_work.type(f"{CODE}⏎")
    at_work.until(lambda: state(at_work) is State.COLLECTED)
    at_work.until(lambda: "handed over" in at_work.notice)


def test_a_wrong_item_is_refused_with_a_clear_notice(at_work: Cashier) -> None:
    at_counter(at_work).key(Qt.Key.Key_F3)
    at_work.wedge_scan(MILK.code)
    assert MILK.name in at_work.notice
    assert "Wrong item" in at_work.notice
    assert picked(at_work) == [0, 0]
    assert at_work.selling.sale is None


def test_the_customers_pass_opens_the_order_from_the_sell_screen(at_work: Cashier) -> None:
    make_ready(at_work).key(Qt.Key.Key_F10)
    assert at_work.screen == "sell"
    at_work.wedge_scan(at_work.shop.pass_for(ORDER))
    assert at_work.screen == "pickup"
    at_work.key(Qt.Key.Key_F4)
    at_work.until(lambda: state(at_work) is State.COLLECTED)


def test_a_pass_scanned_while_the_code_is_asked_for_is_not_typed_into_the_boxes(at_work: Cashier) -> None:
    make_ready(at_work).key(Qt.Key.Key_F4)
    at_work.type("7Q").wedge_scan(at_work.shop.pass_for(ORDER))
    at_work.key(Qt.Key.Key_F4)
    at_work.until(lambda: state(at_work) is State.COLLECTED)


def test_a_wrong_code_says_how_many_tries_are_left(at_work: Cashier) -> None:
    make_ready(at_work).key(Qt.Key.Key_F4)
    at_work.type("00000000⏎")
    at_work.until(lambda: "4 tries left" in at_work.shown("code_message"))
    assert state(at_work) is State.READY


def test_the_code_can_be_tapped(at_work: Cashier) -> None:
    make_ready(at_work).press("action_hand_over")
    for character in CODE:
        at_work.press(f"code_keyboard_{character}")
    at_work.press("code_hand_over")
    at_work.until(lambda: state(at_work) is State.COLLECTED)


def test_not_ready_before_everything_is_picked_and_staged(at_work: Cashier) -> None:
    at_counter(at_work).key(Qt.Key.Key_F3)
    at_work.key(Qt.Key.Key_F9)
    assert "not picked" in at_work.notice
    for item in (COFFEE, COFFEE, THROW):
        at_work.wedge_scan(item.code)
    at_work.key(Qt.Key.Key_F9)
    assert "shelf" in at_work.notice
    at_work.type("B-07")
    at_work.press("order_main")
    at_work.until(lambda: state(at_work) is State.READY)


def test_what_is_not_found_is_said_with_its_reason(at_work: Cashier) -> None:
    at_counter(at_work).key(Qt.Key.Key_F3)
    at_work.until(lambda: state(at_work) is State.PICKING)
    at_work.press("not_found").press("short_damaged")
    at_work.until(lambda: at_work.till.fulfilling.order(ORDER).lines[0].short_milli == 2000)


def test_an_order_is_found_by_name(at_work: Cashier) -> None:
    at_counter(at_work).key(Qt.Key.Key_F2)
    at_work.type("lena⏎")
    assert at_work.shown("order_number") == "#W-10477"


def test_a_new_order_appears_by_itself(at_work: Cashier) -> None:
    at_counter(at_work)
    at_work.shop.put_rows(row("order", "O-2", pickup_order(OrderId("O-2"), "W-10500", (("1001", 1000),)), rev=9))
    at_work.until(lambda: at_work.workplace.pickup_count == 2)
    at_work.press("order_#W-10500")
    assert at_work.shown("order_number") == "#W-10500"
