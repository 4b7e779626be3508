"""The next customer's goods are scanned while the first one stands at the card terminal (ui.md: basket 2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.terminal import Behaviour, TerminalSim
from pos_app.service.card_paying import CardState
from retail_core.domain.tender import TenderKind
from retail_core.durable.engine import open_ro
from tests.support.shop import ITEMS, Shop, make_shop
from tests.ui.test_card_paying import AtTerminal, opened

MILK, CHICKEN = ITEMS[0], ITEMS[1]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def desk(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[AtTerminal]:
    with TerminalSim() as terminal, PrinterSim() as printer, opened(qtbot, shop, terminal, printer) as made:
        made.ready()
        made.at.sign_in()
        yield made


def milk_at_the_terminal(desk: AtTerminal) -> None:
    """The first customer's milk, and a terminal that waits for the card."""
    desk.terminal.hold()
    desk.to_pay()
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "at the terminal" in desk.card_says())


def chicken_meanwhile(desk: AtTerminal) -> None:
    desk.at.serial_scan(CHICKEN.code)
    desk.at.until(lambda: desk.at.names() == [CHICKEN.name])
    assert desk.at.screen == "sell"


def bar(desk: AtTerminal) -> str:
    found = desk.at.workplace.shell.findChild(QLabel, "beside_text")
    assert isinstance(found, QLabel)
    return found.accessibleName() if found.isVisible() else ""


def sold(shop: Shop) -> list[tuple[str, int]]:
    """(how, how much) of each paid sale, in order."""
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT t.kind, t.amount_minor FROM sale s JOIN tender t USING (sale_id) ORDER BY s.counter")
    found = [(str(kind), int(minor)) for kind, minor in rows]
    conn.close()
    return found


def test_a_scan_while_the_card_is_read_begins_the_next_basket_and_the_first_is_finished_by_itself(
    desk: AtTerminal, shop: Shop
) -> None:
    milk_at_the_terminal(desk)
    chicken_meanwhile(desk)
    assert bar(desk) == "€ 1.19 is at the card terminal"
    desk.terminal.go_on()
    desk.at.until(lambda: "€ 1.19 was paid by card" in desk.at.notice)
    assert sold(shop) == [("card", MILK.price_minor)]
    assert (desk.at.names(), bar(desk)) == ([CHICKEN.name], "")
    assert desk.printer.wait_for(lambda: len(desk.printer.jobs) == 1)
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(desk.paid)
    assert sold(shop) == [("card", MILK.price_minor), ("cash", CHICKEN.price_minor)]
    assert desk.terminal.balance_minor == MILK.price_minor


def test_a_declined_card_is_dealt_with_on_its_own_basket_and_the_second_one_comes_back(
    desk: AtTerminal, shop: Shop
) -> None:
    desk.terminal.next = Behaviour.DECLINE
    milk_at_the_terminal(desk)
    chicken_meanwhile(desk)
    desk.terminal.go_on()
    desk.at.until(lambda: "The other basket, € 1.19" in desk.at.notice)
    desk.at.wedge_scan(CHICKEN.code)
    assert len(desk.at.names()) == 2
    assert "is not paid" in bar(desk)
    desk.at.press("beside_back")
    desk.at.until(lambda: desk.at.screen == "pay" and desk.at.names() == [MILK.name])
    desk.at.key(Qt.Key.Key_C, "c")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: desk.at.screen == "sell" and desk.at.names() == [CHICKEN.name] * 2)
    assert "The other basket is back" in desk.at.notice
    assert (sold(shop), bar(desk)) == ([("cash", MILK.price_minor)], "")


def test_a_doubt_holds_up_its_own_basket_alone(desk: AtTerminal, shop: Shop) -> None:
    desk.pay_by_card()
    desk.terminal.next = Behaviour.GOES_ON
    milk_at_the_terminal(desk)
    chicken_meanwhile(desk)
    desk.terminal.go_on()
    desk.at.until(lambda: "in doubt" in bar(desk))
    desk.at.key(Qt.Key.Key_F9)
    desk.at.key(Qt.Key.Key_K, "k")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "whether the other basket was charged" in desk.at.notice)
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(lambda: ("cash", CHICKEN.price_minor) in sold(shop))
    desk.terminal.customer_pays()
    desk.at.until(lambda: desk.at.names() == [MILK.name] or len(sold(shop)) == 3)
    if len(sold(shop)) < 3:  # the driver may have found out by itself
        desk.at.until(lambda: desk.at.screen == "pay")
        desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: len(sold(shop)) == 3)
    assert desk.terminal.balance_minor == 2 * MILK.price_minor


def test_the_second_customer_pays_in_cash_first_and_keeps_the_change_on_the_screen(
    desk: AtTerminal, shop: Shop
) -> None:
    milk_at_the_terminal(desk)
    chicken_meanwhile(desk)
    desk.at.type("10")
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(desk.paid)
    desk.terminal.go_on()
    desk.at.until(lambda: len(sold(shop)) == 2)
    assert sold(shop) == [("cash", CHICKEN.price_minor), ("card", MILK.price_minor)]
    desk.at.until(lambda: bar(desk) == "")
    assert desk.at.shown("change") == "€ 3.51"


def test_change_stays_on_the_screen_while_the_other_basket_waits_to_be_paid(desk: AtTerminal, shop: Shop) -> None:
    desk.terminal.next = Behaviour.DECLINE
    milk_at_the_terminal(desk)
    chicken_meanwhile(desk)
    desk.terminal.go_on()
    desk.at.until(lambda: "is not paid" in bar(desk))
    desk.at.type("10")
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(desk.paid)
    assert (desk.at.screen, desk.at.shown("change")) == ("sell", "€ 3.51")
    desk.at.control(Qt.Key.Key_W)
    desk.at.until(lambda: desk.at.names() == [MILK.name])
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(lambda: len(sold(shop)) == 2)
    assert bar(desk) == ""


def test_the_terminal_is_asked_for_one_basket_at_a_time(desk: AtTerminal, shop: Shop) -> None:
    milk_at_the_terminal(desk)
    chicken_meanwhile(desk)
    desk.at.key(Qt.Key.Key_F9)
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "busy with the other basket" in desk.at.notice)
    assert desk.card_says() == ""
    desk.terminal.go_on()
    desk.at.until(lambda: len(sold(shop)) == 1)
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(desk.paid)
    assert sold(shop) == [("card", MILK.price_minor), ("card", CHICKEN.price_minor)]


def test_the_cashier_goes_back_to_stop_the_terminal(desk: AtTerminal, shop: Shop) -> None:
    desk.at.control(Qt.Key.Key_W)
    assert desk.at.notice == "No other basket waits."
    desk.terminal.next = Behaviour.WAITS
    desk.to_pay()
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "at the terminal" in desk.card_says())
    desk.at.control(Qt.Key.Key_W)
    desk.at.until(lambda: desk.at.screen == "sell" and desk.at.names() == [])
    chicken_meanwhile(desk)
    desk.at.control(Qt.Key.Key_W)
    desk.at.until(lambda: desk.at.screen == "pay" and "at the terminal" in desk.card_says())
    desk.at.key(Qt.Key.Key_Escape)
    desk.at.until(lambda: desk.at.workplace.till.card_paying.state is CardState.IDLE)
    assert (desk.at.names(), desk.terminal.balance_minor) == ([MILK.name], 0)
    desk.at.control(Qt.Key.Key_W)
    desk.at.until(lambda: desk.at.names() == [CHICKEN.name])
    assert bar(desk) == "€ 1.19 is not paid: go to it and pay otherwise"


def test_after_a_restart_in_the_middle_both_baskets_are_there_and_the_card_is_charged_once(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    with TerminalSim() as terminal, PrinterSim() as printer:
        with opened(qtbot, shop, terminal, printer) as desk:
            desk.ready()
            desk.at.sign_in()
            desk.pay_by_card()
            terminal.next = Behaviour.PAID_THEN_DIES
            milk_at_the_terminal(desk)
            chicken_meanwhile(desk)
            terminal.go_on()
            desk.at.until(lambda: len(terminal.ledger) == 2)
            desk.at.till.writer.flush()
        with opened(qtbot, shop, terminal, printer) as desk:
            assert desk.at.names() == [CHICKEN.name]
            desk.ready()
            desk.at.sign_in()
            waiting = desk.at.till.waiting_sale.sale
            assert waiting is not None
            assert [line.name for line in waiting] == [MILK.name]
            desk.at.until(lambda: desk.at.till.card_paying.state_beside is not CardState.WORKING)
            desk.at.control(Qt.Key.Key_W)
            desk.at.until(lambda: desk.at.names() == [MILK.name])
            desk.at.key(Qt.Key.Key_F9)
            desk.at.key(Qt.Key.Key_Return, "\r")
            desk.at.until(lambda: len(sold(shop)) == 2)
            desk.at.until(lambda: desk.at.names() == [CHICKEN.name])
        assert sold(shop) == [(TenderKind.CARD.value, MILK.price_minor)] * 2
        assert terminal.balance_minor == 2 * MILK.price_minor
