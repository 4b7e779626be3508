"""Cards at the window, with the real driver on a simulated terminal that keeps its own books."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from pos_app.counter import Counter
from pos_app.devices.config import device_tables
from pos_app.devices.ports import DeviceState
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.terminal import Behaviour, ReversalTurn, TerminalSim
from pos_app.service.card_paying import CardState
from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.workplace import Workplace
from retail_core.domain.tender import TenderKind
from retail_core.durable.engine import open_ro
from retail_core.durable.system import SystemClock, SystemIds
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, Shop, make_shop
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[0], ITEMS[1]
SLIP = "CARD PAYMENT"


class AtTerminal:
    """A till with a card terminal and a printer with a drawer."""

    def __init__(self, at: Cashier, counter: Counter, terminal: TerminalSim, printer: PrinterSim) -> None:
        self.at, self.counter, self.terminal, self.printer = at, counter, terminal, printer

    def ready(self) -> None:
        self.at.until(lambda: self.counter.devices.health()["Terminal"].state is DeviceState.READY)

    def card_says(self) -> str:
        found = self.at.workplace.pay.widget.findChild(QLabel, "card_title")
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    def paid(self) -> bool:
        return self.at.selling.last_paid is not None and self.at.selling.sale is None

    def to_pay(self) -> None:
        """Milk, and the pay screen with the card chosen."""
        self.at.wedge_scan(MILK.code)
        self.at.key(Qt.Key.Key_F9)
        assert self.at.screen == "pay"

    def pay_by_card(self) -> None:
        self.to_pay()
        self.at.key(Qt.Key.Key_Return, "\r")
        self.at.until(self.paid)


@contextmanager
def opened(
    qtbot: QtBot, shop: Shop, terminal: TerminalSim, printer: PrinterSim, *, terminal_prints: bool = True
) -> Iterator[AtTerminal]:
    tables = device_tables(
        [
            {
                "driver": "terminal.zvt",
                "name": "Terminal",
                "host": terminal.host,
                "port": terminal.port,
                "terminal_prints": terminal_prints,
            },
            {"driver": "printer.escpos_tcp", "name": "Printer", "host": "127.0.0.1", "port": printer.port},
            {"driver": "drawer.printer", "name": "Drawer", "printer": "Printer"},
        ]
    )
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, SystemClock(), SystemIds(), background.deliver, background.wake)
    counter = Counter.open(tables, till, bridge.sink, bridge.tags)
    workplace = Workplace(till, background, counter=counter)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    workplace.shell.activateWindow()
    try:
        yield AtTerminal(Cashier(qtbot, workplace, bridge, shop), counter, terminal, printer)
    finally:
        counter.close()
        workplace.close()
        background.close()
        till.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "t1")


@pytest.fixture
def desk(qtbot: QtBot, dressed: QApplication, shop: Shop) -> Iterator[AtTerminal]:
    with TerminalSim() as terminal, PrinterSim() as printer, opened(qtbot, shop, terminal, printer) as made:
        made.ready()
        made.at.sign_in()
        yield made


def tenders(shop: Shop) -> list[tuple[str, int]]:
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    rows = conn.execute("SELECT kind, amount_minor FROM tender")
    found = [(str(kind), int(minor)) for kind, minor in rows]
    conn.close()
    return found


def test_f9_and_enter_have_the_whole_sum_taken_by_card(desk: AtTerminal, shop: Shop) -> None:
    desk.pay_by_card()
    assert desk.terminal.balance_minor == MILK.price_minor
    assert tenders(shop) == [("card", MILK.price_minor)]
    assert desk.printer.wait_for(lambda: len(desk.printer.jobs) == 1)
    assert "Card" in desk.printer.jobs[0].text
    assert not desk.printer.kicks  # nobody needs the drawer for a card


def test_a_receipt_is_printed_again_marked_as_a_copy_and_the_journal_says_who_wanted_it(
    desk: AtTerminal, shop: Shop
) -> None:
    desk.at.control(Qt.Key.Key_R)
    desk.at.until(lambda: "no receipt to print again" in desk.at.notice)
    desk.pay_by_card()
    desk.at.control(Qt.Key.Key_R)
    assert desk.printer.wait_for(lambda: len(desk.printer.jobs) == 2)
    assert "COPY" in desk.printer.jobs[1].text
    desk.at.until(lambda: "marked as a copy" in desk.at.notice)
    desk.at.till.writer.flush()
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    assert conn.execute("SELECT count(*) FROM event WHERE type = 'audit.receipt_reprinted'").fetchone()[0] == 1
    conn.close()


def test_the_terminals_day_is_closed_from_the_devices_page(desk: AtTerminal) -> None:
    desk.pay_by_card()
    desk.at.control(Qt.Key.Key_L)
    desk.at.sign_in(MANAGER_PIN)
    desk.at.control(Qt.Key.Key_H)
    desk.at.key(Qt.Key.Key_F7)
    remarks = desk.at.workplace.devices.widget.findChildren
    desk.at.until(lambda: any("Its day is closed, with € 1.19." in one.text() for one in remarks(QLabel, "remark")))


def test_a_terminal_without_a_printer_has_its_slip_on_our_receipt(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    with (
        TerminalSim() as terminal,
        PrinterSim() as printer,
        opened(qtbot, shop, terminal, printer, terminal_prints=False) as desk,
    ):
        desk.ready()
        desk.at.sign_in()
        desk.pay_by_card()
        assert printer.wait_for(lambda: len(printer.jobs) == 1)
        assert SLIP in printer.jobs[0].text
        desk.at.wedge_scan(MILK.code)
        desk.at.key(Qt.Key.Key_F12)
        desk.at.until(desk.paid)
        assert printer.wait_for(lambda: len(printer.jobs) == 2)
        assert SLIP not in printer.jobs[1].text


def test_a_declined_card_changes_nothing_and_cash_is_taken_instead(desk: AtTerminal, shop: Shop) -> None:
    desk.terminal.next = Behaviour.DECLINE
    desk.to_pay()
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "Nothing was taken" in desk.at.notice or "said no" in desk.at.notice)
    desk.at.key(Qt.Key.Key_C, "c")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(desk.paid)
    assert tenders(shop) == [("cash", MILK.price_minor)]
    assert desk.terminal.balance_minor == 0


def test_a_part_by_card_and_the_rest_in_cash(desk: AtTerminal, shop: Shop) -> None:
    desk.to_pay()
    desk.at.type("1")
    desk.at.key(Qt.Key.Key_K, "k")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: desk.at.shown("still_to_pay") == "€ 0.19")
    desk.at.key(Qt.Key.Key_C, "c")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(desk.paid)
    assert sorted(tenders(shop)) == [("card", 100), ("cash", 19)]


def test_a_part_that_was_taken_can_be_given_back_and_lines_wait_for_that(desk: AtTerminal, shop: Shop) -> None:
    desk.to_pay()
    desk.at.type("1")
    desk.at.key(Qt.Key.Key_K, "k")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: desk.at.shown("still_to_pay") == "€ 0.19")
    desk.at.key(Qt.Key.Key_Escape)
    desk.at.key(Qt.Key.Key_Delete)
    assert "is paid" in desk.at.notice
    assert [line.voided for line in desk.at.lines] == [False]
    desk.at.key(Qt.Key.Key_F9)
    desk.at.key(Qt.Key.Key_Delete)
    desk.at.until(lambda: desk.at.shown("still_to_pay") == "€ 1.19")
    assert desk.terminal.balance_minor == 0


def part_taken(desk: AtTerminal) -> None:
    desk.pay_by_card()
    desk.to_pay()
    desk.at.type("1")
    desk.at.key(Qt.Key.Key_K, "k")
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: desk.at.shown("still_to_pay") == "€ 0.19")


@pytest.mark.parametrize(("answer", "left"), [("card_not_paid", "€ 1.19"), ("card_paid", "€ 0.19")])
def test_a_supervisor_decides_whether_a_part_was_given_back(
    desk: AtTerminal, shop: Shop, answer: str, left: str
) -> None:
    """Else a sale would be finished by money the customer has got back, or a customer pay twice."""
    part_taken(desk)
    desk.terminal.books.book(500)  # somebody else's, at the same terminal
    desk.terminal.next_reversal = ReversalTurn.OTHER
    desk.at.key(Qt.Key.Key_Delete)
    desk.at.until(lambda: desk.card_says() == "€ 1.00 in doubt")
    desk.at.key(Qt.Key.Key_Delete)  # not another time while nobody knows
    desk.at.until(lambda: "whether the card was charged" in desk.at.notice)
    assert desk.card_says() == "€ 1.00 in doubt"
    desk.at.control(Qt.Key.Key_L)
    desk.at.sign_in(MANAGER_PIN)
    desk.at.key(Qt.Key.Key_F9)
    desk.at.press(answer)
    desk.at.until(lambda: desk.at.shown("still_to_pay") == left and desk.card_says() == "")
    desk.at.key(Qt.Key.Key_F12)
    desk.at.until(desk.paid)
    rest = [("cash", MILK.price_minor)] if answer == "card_not_paid" else [("card", 100), ("cash", 19)]
    assert sorted(tenders(shop)) == sorted([("card", MILK.price_minor), *rest])


def test_paid_but_the_line_died_is_asked_about_and_paid_once(desk: AtTerminal, shop: Shop) -> None:
    """Portalum.Zvt#59, odoo#286930: the customer paid and the till did not know."""
    desk.pay_by_card()
    desk.terminal.next = Behaviour.PAID_THEN_DIES
    desk.to_pay()
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: desk.paid() or desk.at.workplace.till.card_paying.state is CardState.DOUBT)
    if not desk.paid():
        desk.at.key(Qt.Key.Key_Return, "\r")  # Enter asks the terminal again
    desk.at.until(desk.paid)
    assert desk.terminal.balance_minor == 2 * MILK.price_minor
    assert tenders(shop) == [("card", MILK.price_minor)] * 2


def test_the_cashier_stops_a_payment_nobody_comes_for(desk: AtTerminal) -> None:
    desk.terminal.next = Behaviour.WAITS
    desk.to_pay()
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "at the terminal" in desk.card_says())
    desk.at.key(Qt.Key.Key_Escape)
    desk.at.until(lambda: desk.at.workplace.till.card_paying.state is CardState.IDLE)
    assert desk.terminal.balance_minor == 0
    assert desk.at.screen == "pay"


def test_scans_made_while_the_customer_pays_begin_the_next_sale(desk: AtTerminal) -> None:
    desk.terminal.next = Behaviour.SLOW
    desk.to_pay()
    desk.at.key(Qt.Key.Key_Return, "\r")
    desk.at.until(lambda: "at the terminal" in desk.card_says())
    desk.at.serial_scan(CHICKEN.code)
    desk.at.until(lambda: desk.at.names() == [CHICKEN.name])
    desk.at.until(lambda: desk.terminal.balance_minor == MILK.price_minor)


def test_after_a_crash_the_basket_comes_back_with_what_its_card_paid(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    with TerminalSim() as terminal, PrinterSim() as printer:
        with opened(qtbot, shop, terminal, printer) as desk:
            desk.ready()
            desk.at.sign_in()
            desk.pay_by_card()
            desk.to_pay()
            desk.at.type("1")
            desk.at.key(Qt.Key.Key_K, "k")
            desk.at.key(Qt.Key.Key_Return, "\r")
            desk.at.until(lambda: desk.at.shown("still_to_pay") == "€ 0.19")
        with opened(qtbot, shop, terminal, printer) as desk:
            desk.ready()
            sale = desk.at.selling.sale
            assert sale is not None
            assert [(one.kind, one.amount_minor) for one in sale.tenders] == [(TenderKind.CARD, 100)]
            desk.at.sign_in()
            desk.at.key(Qt.Key.Key_F12)
            desk.at.until(desk.paid)
        assert terminal.balance_minor == MILK.price_minor + 100
    assert sorted(tenders(shop)) == [("card", 100), ("card", MILK.price_minor), ("cash", 19)]


def test_what_nobody_can_tell_is_decided_by_a_supervisor_and_noted(
    qtbot: QtBot, dressed: QApplication, shop: Shop
) -> None:
    """The very first payment of a new terminal has nothing to be judged by."""
    with TerminalSim() as terminal, PrinterSim() as printer, opened(qtbot, shop, terminal, printer) as desk:
        desk.ready()
        desk.at.sign_in(PIN)
        terminal.next = Behaviour.PAID_THEN_DIES
        desk.to_pay()
        desk.at.key(Qt.Key.Key_Return, "\r")
        desk.at.until(lambda: "in doubt" in desk.card_says())
        desk.at.press("card_paid")
        assert "may not" in desk.at.notice
        desk.at.control(Qt.Key.Key_L)
        desk.at.sign_in(MANAGER_PIN)
        desk.at.key(Qt.Key.Key_F9)
        desk.at.press("card_paid")
        desk.at.until(desk.paid)
    assert tenders(shop) == [("card", MILK.price_minor)]
    conn = open_ro(shop.home.till_db, shop.home.keys.file_key("till.db"))
    assert conn.execute("SELECT count(*) FROM event WHERE body LIKE '%card_doubt_settled%'").fetchone()[0] == 1
    conn.close()


def test_goods_paid_by_card_are_paid_back_to_the_card(desk: AtTerminal, shop: Shop) -> None:
    desk.pay_by_card()
    at, paid = desk.at, desk.at.selling.last_paid
    assert paid is not None
    at.key(Qt.Key.Key_F7)
    at.type(f"{paid.receipt_no}⏎")
    at.until(lambda: at.till.returning.draft is not None)
    at.wedge_scan(MILK.code)
    at.key(Qt.Key.Key_F9)
    at.key(Qt.Key.Key_F9)
    assert at.shown("given_word") == "Back to the card"
    at.key(Qt.Key.Key_Return, "\r")
    at.until(lambda: at.selling.last_paid is not None and at.selling.last_paid.total_minor < 0)
    assert desk.terminal.books.balance_minor == 0
    assert [booking.refund for booking in desk.terminal.books.ledger] == [False, True]
    assert tenders(shop) == [("card", 119), ("card", -119)]
