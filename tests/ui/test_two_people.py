"""Where a store wants two people, a manager is not his own second, whatever he may do elsewhere."""

import pytest
from PySide6.QtCore import Qt

from retail_core.domain.roles import Role
from tests.support.shop import ITEMS, MANAGER_PIN, row, staff
from tests.ui.at_drawer import AtDrawer
from tests.ui.conftest import Cashier
from tests.ui.test_after_the_sale import to_returns
from tests.ui.test_audit_walk import SAM, written
from tests.ui.test_returns_screen import sold

MILK, THROW = ITEMS[0], ITEMS[6]
LEA, LEAS_PIN = "op-3", "5555"


@pytest.fixture
def manager(cashier: Cashier) -> Cashier:
    """Sam manages a store that wants two people; Lea supervises there."""
    cashier.shop.set_rules(people={"two_people": ["variance", "post_void", "return"]})
    cashier.shop.put_rows(row("staff", LEA, staff(LEA, "Lea W.", Role.SUPERVISOR, LEAS_PIN)))
    return cashier.sign_in(MANAGER_PIN)


def refused_then_agreed(at: Cashier) -> None:
    """His own PIN does nothing; hers does it."""
    at.until(at.workplace.shell.approval.isVisible)
    at.type(f"{MANAGER_PIN}⏎")
    at.until(lambda: at.shown("approval_message") == "That takes two people. Somebody else must agree.")
    assert written(at, "audit.approval_refused")[2]["by"] == SAM
    at.type(f"{LEAS_PIN}⏎")
    at.until(lambda: not at.workplace.shell.approval.isVisible())


def test_a_manager_does_not_reverse_a_sale_alone(manager: Cashier) -> None:
    sold(manager, MILK.code)
    to_returns(manager)
    manager.key(Qt.Key.Key_F3)
    refused_then_agreed(manager)
    _, actor, body = written(manager, "audit.post_voided")
    assert (actor, body["by"]) == (SAM, LEA)


def test_a_manager_does_not_take_back_beyond_the_rules_alone(manager: Cashier) -> None:
    manager.key(Qt.Key.Key_F7)
    manager.key(Qt.Key.Key_F4)
    manager.wedge_scan(THROW.code)
    manager.key(Qt.Key.Key_F9)
    refused_then_agreed(manager)
    manager.until(lambda: manager.to_pay == "€ −39.90")
    _, actor, body = written(manager, "audit.return_beyond_rules")
    assert (actor, body["by"]) == (SAM, LEA)


def test_a_manager_does_not_explain_away_a_difference_alone(manager: Cashier) -> None:
    drawer = AtDrawer(manager)
    drawer.open(tens=10)
    for _ in range(2):
        manager.key(Qt.Key.Key_F9)
        drawer.count((4, "5"))
        drawer.on("result")
    drawer.says("result_title", "€ 50.00 too little")
    manager.press("reason_unknown")
    manager.key(Qt.Key.Key_F9)
    refused_then_agreed(manager)
    _, actor, body = written(manager, "drawer.closed")
    assert (actor, body["by"]) == (SAM, LEA)


def test_elsewhere_a_manager_goes_on_alone(cashier: Cashier) -> None:
    cashier.sign_in(MANAGER_PIN)
    sold(cashier, MILK.code)
    to_returns(cashier)
    cashier.key(Qt.Key.Key_F3)
    assert written(cashier, "audit.post_voided")[2].get("by", "") == ""
