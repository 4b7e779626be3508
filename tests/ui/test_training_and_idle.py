"""Training at the window, and a till that locks itself when nobody is at it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.storage.training_home import TrainingHome
from pos_app.ui.watermark import Watermark
from tests.support.shop import ITEMS, MANAGER_BADGE, Shop
from tests.ui.conftest import Cashier, window_of

MILK = ITEMS[0]


@pytest.fixture
def trainee(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[Cashier]:
    """A cashier signed in at the training till of the shop's machine."""
    with window_of(qtbot, Shop(TrainingHome(shop.home), shop.hq_key, shop.config)) as made:
        yield made.sign_in()


def asked(cashier: Cashier) -> list[bool]:
    found: list[bool] = []
    cashier.workplace.trainer.asked.connect(found.append)
    return found


def test_a_cashier_asks_for_training_and_a_manager_agrees(at_work: Cashier) -> None:
    begins = asked(at_work)
    at_work.control(Qt.Key.Key_J)
    at_work.until(lambda: at_work.workplace.approving.asks)
    assert begins == []
    at_work.wedge_scan(MANAGER_BADGE)
    at_work.until(lambda: begins == [True])


def test_a_training_till_is_marked_on_the_whole_screen_and_can_be_used_through_the_mark(trainee: Cashier) -> None:
    shell = trainee.workplace.shell
    mark = shell.findChild(Watermark)
    assert isinstance(mark, Watermark)
    assert (mark.isVisible(), mark.size()) == (True, shell.size())
    assert trainee.shown("store_and_till").startswith("TRAINING")
    assert shell.top.lamp_text() == "Nothing is sent"
    shell.resize(1100, 700)
    assert mark.size() == shell.size()
    trainee.workplace.customer.choose("on")
    seen = trainee.workplace.customer.window
    assert seen is not None
    assert seen.findChild(Watermark) is not None, "the customer reads it too"
    trainee.wedge_scan(MILK.code).press("action_exact_cash")
    trainee.until(lambda: trainee.selling.last_paid)
    paid = trainee.selling.last_paid
    assert paid is not None
    assert "-TR-" in paid.receipt_no
    ends = asked(trainee)
    trainee.control(Qt.Key.Key_J)
    assert ends == [False]


def test_a_real_till_has_no_mark(at_work: Cashier) -> None:
    assert at_work.workplace.shell.findChild(Watermark) is None


def test_a_till_nobody_touches_locks_itself_and_keeps_the_basket_and_the_scans(at_work: Cashier) -> None:
    at_work.shop.set_rules(people={"idle_lock_s": 1})
    at_work.wedge_scan(MILK.code)  # the scan counts as an act, and reads the new setting
    assert 0 < at_work.workplace.idle.left_ms <= 1100
    at_work.until(lambda: at_work.screen == "sign_in")
    assert at_work.names() == [MILK.name]
    at_work.serial_scan(MILK.code)
    at_work.shop.set_rules(people={"idle_lock_s": 0})
    at_work.sign_in()
    at_work.until(lambda: at_work.quantities() == [1000, 1000])
    assert at_work.workplace.idle.left_ms == -1, "0 seconds: this store's tills never lock themselves"


def test_every_key_and_tap_puts_the_lock_off(at_work: Cashier) -> None:
    at_work.shop.set_rules(people={"idle_lock_s": 60})
    at_work.wedge_scan(MILK.code)
    timer = at_work.workplace.idle
    before = timer.left_ms
    at_work.until(lambda: timer.left_ms < before)
    at_work.key(Qt.Key.Key_Down)
    assert timer.left_ms >= before - 5
