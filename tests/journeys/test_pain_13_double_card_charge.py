"""Pain 13: the card is charged twice, or paid and not recorded, or recorded and never charged.

Sources: Odoo pull request 75246 (the retry pays twice), issues 261521 and 264910 (authorised, not captured, marked done), 207425
(stuck, "force done"), 226587; woocommerce-ios 13162; stripe-terminal-android 470. Here what is asked of the terminal is on disk
before its first byte, whatever was asked is asked about and never sent again, and a doubt holds up its own sale alone.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.terminal import Behaviour, TerminalSim
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS, MANAGER_PIN, Shop, make_shop
from tests.ui.test_card_paying import AtTerminal, opened
from tests.ui.test_second_basket import bar, sold

MILK, CHICKEN = ITEMS[0], ITEMS[1]
PRESSES = 12


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def desk(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[AtTerminal]:
    """A till whose terminal has its first payment of the day behind it, so that the next ones can be told apart."""
    with TerminalSim() as terminal, PrinterSim() as printer, opened(qtbot, shop, terminal, printer) as made:
        made.ready()
        made.at.sign_in()
        made.pay_by_card()
        yield made


def enter(desk: AtTerminal) -> None:
    desk.at.key(Qt.Key.Key_Return, "\r")


def press_until_paid(desk: AtTerminal) -> None:
    """An impatient cashier: Enter three times, look, and again."""
    for _ in range(PRESSES):
        for _ in range(3):
            enter(desk)
        desk.at.until(lambda: desk.paid() or not desk.at.selling.paying)
        if desk.paid():
            return
    pytest.fail("the sale was never paid")


def cards_of(shop: Shop) -> list[int]:
    return [minor for kind, minor in sold(shop) if kind == "card"]


@pytest.mark.parametrize(
    "trouble",
    [
        Behaviour.PAID_THEN_DIES,
        Behaviour.DIES_AT_END,
        Behaviour.DIES_BEFORE,
        Behaviour.DECLINE,
        Behaviour.DUPLICATE,
    ],
)
def test_however_often_enter_is_pressed_a_sale_is_charged_once_and_recorded_once(
    desk: AtTerminal, shop: Shop, trouble: Behaviour
) -> None:
    desk.terminal.next = trouble
    desk.to_pay()
    press_until_paid(desk)
    kept = [booking for booking in desk.terminal.ledger if not booking.reversed]
    assert [booking.amount_minor for booking in kept] == cards_of(shop) == [MILK.price_minor] * 2


def test_a_refused_card_is_never_marked_paid(desk: AtTerminal, shop: Shop) -> None:
    desk.terminal.next = Behaviour.DECLINE
    desk.to_pay()
    enter(desk)
    desk.at.until(lambda: "Nothing was taken" in desk.at.notice or "said no" in desk.at.notice)
    assert desk.at.names() == [MILK.name]
    assert desk.at.shown("still_to_pay") == "€ 1.19"
    assert len(sold(shop)) == 1


def test_while_nobody_knows_the_sale_takes_no_cash_and_is_not_thrown_away(desk: AtTerminal, shop: Shop) -> None:
    """Else the customer pays twice, or paid for goods that no sale knows of."""
    desk.terminal.next = Behaviour.GOES_ON
    desk.to_pay()
    enter(desk)
    desk.at.until(lambda: "in doubt" in desk.card_says())
    desk.at.key(Qt.Key.Key_F12)
    desk.at.key(Qt.Key.Key_Escape)
    assert desk.at.screen == "sell"
    for key in (Qt.Key.Key_F12, Qt.Key.Key_Delete, Qt.Key.Key_F8):
        desk.at.key(key)
        desk.at.until(lambda: "whether the card was charged" in desk.at.notice)
        desk.at.workplace.shell.take_back_notice()
    assert desk.at.names() == [MILK.name]
    desk.terminal.customer_pays()
    desk.at.key(Qt.Key.Key_F9)
    press_until_paid(desk)
    assert cards_of(shop) == [MILK.price_minor] * 2
    assert desk.terminal.balance_minor == 2 * MILK.price_minor


def test_the_next_customer_is_served_while_nobody_knows(desk: AtTerminal, shop: Shop) -> None:
    """ "Stuck, force done" (Odoo 207425): a doubt stops its own sale and nobody else's."""
    desk.terminal.next = Behaviour.GOES_ON
    desk.to_pay()
    enter(desk)
    desk.at.until(lambda: "in doubt" in desk.card_says())
    desk.at.wedge_scan(CHICKEN.code)
    desk.at.until(lambda: desk.at.names() == [CHICKEN.name])
    assert "in doubt" in bar(desk)
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(lambda: ("cash", CHICKEN.price_minor) in sold(shop))
    desk.terminal.customer_pays()
    desk.at.until(lambda: desk.at.names() == [MILK.name])
    press_until_paid(desk)
    assert cards_of(shop) == [MILK.price_minor] * 2
    assert desk.terminal.balance_minor == 2 * MILK.price_minor


@pytest.mark.parametrize(
    ("trouble", "answer", "stages"),
    [
        (Behaviour.CONTRADICTS, "card_paid", [("APPROVED", 2)]),
        (Behaviour.TAKES_BACK, "card_not_paid", [("ABORTED", 1), ("APPROVED", 1)]),
    ],
)
def test_what_the_terminal_cannot_tell_is_decided_once_by_a_supervisor(
    desk: AtTerminal, shop: Shop, trouble: Behaviour, answer: str, stages: list[tuple[str, int]]
) -> None:
    desk.terminal.next = trouble
    desk.to_pay()
    enter(desk)
    desk.at.until(lambda: "in doubt" in desk.card_says())
    desk.at.control(Qt.Key.Key_L)
    desk.at.sign_in(MANAGER_PIN)
    desk.at.key(Qt.Key.Key_F9)
    desk.at.press(answer)
    if answer == "card_not_paid":
        desk.at.until(lambda: not desk.at.selling.paying and not desk.at.selling.in_doubt)
        desk.at.key(Qt.Key.Key_F12)
    desk.at.until(desk.paid)
    assert sum(cards_of(shop)) == desk.terminal.balance_minor
    assert len(desk.terminal.ledger) == 2
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    assert conn.execute("SELECT stage, count(*) FROM payment GROUP BY stage ORDER BY 1").fetchall() == stages
    conn.close()
