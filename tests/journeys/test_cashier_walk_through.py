"""The cashier's walk-through: ten pieces, one of them times three, a loyalty card, cash; key by key, each wait measured.

Source: the walk-through of the screens' design, and what it is measured against: Odoo's five or six presses from payment to
the next customer; Dynamics 365, which admits "multiple window prompts and clicks". A wait runs from the last key or scan
until what it changed has been painted.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QListView
from pytestqt.qtbot import QtBot

from pos_app.counter import Counter
from pos_app.devices.config import device_tables
from pos_app.devices.ports import DeviceState
from pos_app.devices.sim.printer import PrinterSim
from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.screens.sell.lines import LINE_ROLE
from pos_app.ui.screens.sell.state import LineKind, LineView
from pos_app.ui.workplace import Workplace
from retail_core.domain.customers import Customer
from retail_core.domain.departments import Department
from retail_core.domain.ids import CustomerId, Sku
from retail_core.domain.promotions.model import Goods, NForM, PercentOff, Promotion
from retail_core.durable.system import SystemClock, SystemIds
from tests.support.shop import BADGE, ITEMS, Shop, make_shop, row
from tests.ui.conftest import Cashier

MILK, CHICKEN, WATER, COFFEE, CREAM = ITEMS[:5]
UNKNOWN = "4006381333931"
JORDAN = Customer(CustomerId("c-1"), "Jordan Lee", cards=("2600001",), tier="gold")
OFFERS = (
    Promotion("P-1", "3 for 2", NForM(3, 2), Goods(skus=(Sku(WATER.sku),))),
    Promotion("P-2", "Gold 10 %", PercentOff(100_000), Goods(skus=(Sku(COFFEE.sku),)), tiers=("gold",)),
)
BUSY = 8  # so many times slower a shared machine may be by the clock; processor time is held to the wait itself


class Waits:
    """How long each step took until it was painted, by the clock and of the screen's thread."""

    def __init__(self, at: Cashier) -> None:
        self.taken: dict[str, float] = {}
        lines = at.workplace.shell.findChild(QListView, "sale_lines")
        assert isinstance(lines, QListView)
        self.lines = lines

    def step(self, name: str, limit_ms: int, act: Callable[[], object], seen: Callable[[], object]) -> None:
        """Do it, and wait until it is seen and painted."""
        began, spent = time.perf_counter(), time.thread_time()
        act()
        while not seen():
            assert time.perf_counter() - began < limit_ms / 1000 * BUSY, f"{name}: not within {limit_ms} ms × {BUSY}"
            QCoreApplication.processEvents()
        QCoreApplication.processEvents()  # what it changed is painted here
        self.taken[name] = (time.perf_counter() - began) * 1000
        assert (time.thread_time() - spent) * 1000 <= limit_ms, name

    def shown(self) -> list[LineView]:
        """What the rows say."""
        model = self.lines.model()
        return [model.index(n, 0).data(LINE_ROLE) for n in range(model.rowCount())]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "t1")
    made.home.write_config(msgspec.structs.replace(made.config, customer_display="on"))
    made.put_rows(
        row("customer", "c-1", JORDAN),
        row("department", "4", Department(4, "Bakery", "food")),
        *(row("promotion", offer.promo_id, offer) for offer in OFFERS),
    )
    return made


@contextmanager
def with_printer(qtbot: QtBot, shop: Shop, printer: PrinterSim) -> Iterator[Cashier]:
    """Nobody is signed in; the drawer hangs on the printer, and the customer has a display."""
    tables = device_tables(
        [
            {"driver": "printer.escpos_tcp", "name": "printer", "host": "127.0.0.1", "port": printer.port},
            {"driver": "drawer.printer", "name": "drawer", "printer": "printer"},
        ]
    )
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, SystemClock(), SystemIds(), background.deliver, background.wake)
    counter = Counter.open(tables, till, bridge.sink, bridge.tags)
    workplace = Workplace(till, background, counter=counter)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    cashier = Cashier(qtbot, workplace, bridge, shop)
    cashier.until(lambda: all(health.state is DeviceState.READY for _, health in counter.healths()))
    try:
        yield cashier
    finally:
        workplace.close()
        counter.close()
        background.close()
        till.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def test_ten_pieces_a_loyalty_card_and_cash(
    qtbot: QtBot, dressed: QApplication, shop: Shop, record_property: Callable[[str, object], None]
) -> None:
    with PrinterSim() as printer, with_printer(qtbot, shop, printer) as at:
        waits = Waits(at)
        waits.step("badge", 300, lambda: at.serial_scan(BADGE), lambda: at.screen == "sell")
        ring_up(at, waits)
        fix_the_red_line(at, waits)
        waits.step(
            "loyalty card", 100, lambda: at.serial_scan("OTL:2600001"),
            lambda: any("Gold 10 %" in cut for line in waits.shown() for cut in line.cuts),
        )  # fmt: skip
        assert at.shown("customer_name") == "Jordan Lee"
        due = at.selling.sale.totals.due_minor if at.selling.sale else 0
        assert due == 3 * 119 + 649 + 2 * 89 + 599 - 60 + 249
        pay(at, waits, printer)
        next_customer(at, waits, change=f"€ {(5_000 - due) / 100:.2f}")
        for name, took_ms in waits.taken.items():
            record_property(name, round(took_ms, 1))


def ring_up(at: Cashier, waits: Waits) -> None:
    """Steps 1 to 4: the first scan opens the sale, and an unknown code stops no other."""
    waits.step("first scan", 50, lambda: at.serial_scan(MILK.code), lambda: at.quantities() == [1000])
    at.key(Qt.Key.Key_Delete)
    at.until(lambda: at.selling.sale is None)
    at.type("3*")
    waits.step("times three", 50, lambda: at.serial_scan(MILK.code), lambda: at.quantities() == [3000])
    waits.step("unknown code", 100, lambda: at.serial_scan(UNKNOWN), lambda: waits.shown()[-1].kind is LineKind.PENDING)
    for n, item in enumerate((CHICKEN, WATER, WATER, WATER, COFFEE), start=1):
        waits.step(
            f"scan {n} of five", 50, lambda item=item: at.serial_scan(item.code),
            lambda n=n: len(waits.shown()) == 2 + n or at.quantities()[-1] > 1000,
        )  # fmt: skip
    assert any("3 for 2" in cut for line in waits.shown() for cut in line.cuts)


def fix_the_red_line(at: Cashier, waits: Waits) -> None:
    """Step 5: up to the red line, its price typed; seven keys."""
    while at.selling.selected != at.lines[1].line_id:
        at.key(Qt.Key.Key_Up)
    at.type("2.49d4")
    waits.step("red line", 100, lambda: at.key(Qt.Key.Key_Return, "\r"), lambda: not any(x.pending for x in at.lines))
    assert waits.shown()[1].name == "Bakery"


def pay(at: Cashier, waits: Waits, printer: PrinterSim) -> None:
    """Step 7: cash of fifty and one key; the drawer opens and the change stands on both displays."""
    at.type("50")
    kicks = len(printer.kicks)
    waits.step(
        "cash to open drawer", 150, lambda: at.key(Qt.Key.Key_F12),
        lambda: at.selling.last_paid is not None and len(printer.kicks) > kicks,
    )  # fmt: skip


def next_customer(at: Cashier, waits: Waits, change: str) -> None:
    """Step 8: the change stays on both displays until the next scan begins the next sale, with no key between."""
    at.until(lambda: at.shown("change") == change)
    window = at.workplace.customer.window
    assert window is not None
    at.until(lambda: change in "\n".join(window.state().words()))
    waits.step("next sale", 50, lambda: at.serial_scan(CHICKEN.code), lambda: at.names() == [CHICKEN.name])
    assert at.to_pay == "€ 6.49"
