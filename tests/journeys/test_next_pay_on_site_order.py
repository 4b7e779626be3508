"""Next five: an order to be paid on site is invisible at the till.

Source: Odoo pull request 284403. Here it is counted, listed and picked as any other, says what is still to pay, and is not handed over
for nothing by mistake.
"""

import msgspec
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from retail_core.domain.fulfilment import State
from retail_core.domain.ids import OrderId
from tests.support.shop import CODE, ITEMS, pickup_order, row
from tests.ui.conftest import Cashier

COFFEE = ITEMS[3]
ORDER = msgspec.structs.replace(
    pickup_order(OrderId("O-2"), "W-10500", (("1004", 1000),)),
    paid=False,
    balance_minor=599,
    customer_name="Tom Berger",
)


def state(cashier: Cashier) -> State:
    return cashier.till.fulfilling.order(OrderId("O-2")).state


def words(cashier: Cashier) -> str:
    """All that can be read on the screen."""
    shown = [one for one in cashier.workplace.shell.findChildren(QWidget) if one.isVisible()]
    return "\n".join(f"{one.property('text') or ''} {one.accessibleName()}" for one in shown)


def test_an_order_to_be_paid_here_is_seen_picked_and_not_given_away(at_work: Cashier) -> None:
    at_work.shop.put_rows(row("order", "O-2", ORDER, rev=9))
    at_work.until(lambda: at_work.workplace.pickup_count == 2)
    at_work.key(Qt.Key.Key_F10)
    assert "€\u00a05.99" in words(at_work).replace("€ 5.99", "€\u00a05.99")
    at_work.press("order_#W-10500").key(Qt.Key.Key_F3)
    at_work.wedge_scan(COFFEE.code).wedge_scan("OTS:B-04")
    at_work.until(lambda: at_work.till.fulfilling.order(OrderId("O-2")).shelf == "B-04")
    at_work.key(Qt.Key.Key_F9)
    at_work.until(lambda: state(at_work) is State.READY)
    at_work.key(Qt.Key.Key_F4)
    at_work.type(f"{CODE}⏎")
    at_work.until(lambda: "W-10500 is not paid yet" in at_work.notice)
    assert state(at_work) is State.READY
