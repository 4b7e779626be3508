"""The devices page of a till with real drivers on simulated devices: advice, checks, learning a scanner, putting one in."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from pos_app.counter import Counter
from pos_app.devices.barcode.commission import LONG
from pos_app.devices.config import device_tables
from pos_app.devices.ports import DeviceState
from pos_app.devices.sim.label import LabelSim
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scale import ScaleSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.till import Till
from pos_app.ui.background import Background
from pos_app.ui.bridge import ScanBridge
from pos_app.ui.device_words import sentence
from pos_app.ui.lamps import device_lamps
from pos_app.ui.workplace import Workplace
from retail_core.durable.system import SystemClock, SystemIds
from tests.support.shop import ITEMS, MANAGER_PIN, PIN, make_shop
from tests.ui.conftest import Cashier

MILK = ITEMS[0]


class Bench:
    """A till, and what stands on its counter."""

    def __init__(self, folder: Path) -> None:
        self.scanner = ScannerSim(folder / "scanner")
        self.printer = PrinterSim()
        self.scale = ScaleSim("toledo8217", folder / "scale")
        self.labels = LabelSim()
        self.counter: Counter
        self.at: Cashier

    @property
    def tables(self) -> tuple[dict[str, str | int | bool], ...]:
        return (
            {"driver": "scanner.serial", "name": "Hand scanner", "port": str(self.scanner.where)},
            {"driver": "printer.escpos_tcp", "name": "Printer", "host": "127.0.0.1", "port": self.printer.port},
            {"driver": "drawer.printer", "name": "Drawer", "printer": "Printer"},
            {"driver": "scale.toledo8217", "name": "Scale", "port": str(self.scale.where)},
            {"driver": "label.zpl_tcp", "name": "Labels", "host": "127.0.0.1", "port": self.labels.port},
        )

    def close(self) -> None:
        for sim in (self.scanner, self.printer, self.scale, self.labels):
            sim.close()

    def remarks(self) -> list[str]:
        view = self.at.workplace.devices.widget
        return [found.text() for found in view.findChildren(QLabel, "remark") if found.isVisible()]

    def says(self, words: str) -> None:
        self.at.until(lambda: words in self.remarks())

    def choose(self, name: str) -> None:
        rows = [table.name for table in self.counter.desk.tables()]
        row = f"device_row_{rows.index(name) if name in rows else len(rows)}"
        self.at.until(lambda: button(self, row).isVisible())
        self.at.press(row)

    def ready(self, *names: str) -> None:
        self.at.until(lambda: all(self.counter.devices.health()[name].state is DeviceState.READY for name in names))


@pytest.fixture
def bench(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Bench]:
    made, shop = Bench(tmp_path), make_shop(tmp_path / "t1")
    shop.home.write_config(msgspec.structs.replace(shop.home.config(), device=made.tables))
    background, bridge = Background(), ScanBridge()
    till = Till.open(shop.home, SystemClock(), SystemIds(), background.deliver, background.wake)
    made.counter = Counter.open(device_tables(made.tables), till, bridge.sink, bridge.tags)
    workplace = Workplace(till, background, lambda: device_lamps(made.counter.healths()), made.counter)
    bridge.scanned.connect(workplace.scanned)
    workplace.open()
    workplace.shell.activateWindow()
    made.at = Cashier(qtbot, workplace, bridge, shop)
    try:
        yield made
    finally:
        made.counter.close()
        workplace.close()
        background.close()
        till.close()
        made.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()


def open_devices(bench: Bench, pin: str = MANAGER_PIN) -> Bench:
    bench.at.sign_in(pin)
    bench.at.control(Qt.Key.Key_H)
    assert bench.at.screen == "devices"
    return bench


def test_each_fault_says_in_a_sentence_what_to_do(bench: Bench) -> None:
    open_devices(bench).ready("Hand scanner", "Printer", "Scale")
    bench.choose("Printer")
    bench.at.key(Qt.Key.Key_F3)
    bench.says("It answers and has nothing to complain of.")
    bench.printer.obey(["paper", "out"])
    bench.says(sentence("printer.paper_out"))
    bench.at.key(Qt.Key.Key_F4)
    bench.says("It says the same when asked.")
    bench.printer.mend()
    bench.ready("Printer")
    bench.at.key(Qt.Key.Key_F4)
    bench.says("A test page came out. The printer confirmed it.")


def test_a_weight_and_an_open_drawer_are_seen_by_the_interactive_check(bench: Bench) -> None:
    open_devices(bench).ready("Printer", "Scale")
    bench.choose("Scale")
    bench.scale.place(1253)
    bench.at.key(Qt.Key.Key_F4)
    bench.says("It weighs 1253 g.")
    bench.choose("Drawer")
    bench.at.key(Qt.Key.Key_F4)
    bench.says(sentence("good.switch_learned"))
    assert bench.at.till.home.config().device[2]["open_level"] == "high"
    bench.printer.close_drawer()
    bench.at.key(Qt.Key.Key_F3)
    bench.says("It is shut.")
    bench.at.key(Qt.Key.Key_F4)
    bench.says("It opened.")


def test_a_scan_here_sells_nothing_and_shows_that_the_scanner_works(bench: Bench) -> None:
    open_devices(bench).ready("Hand scanner")
    bench.scanner.scan(MILK.code)
    bench.at.until(lambda: "Hand scanner read" in bench.at.notice)
    assert not bench.at.lines
    bench.at.key(Qt.Key.Key_Escape)
    assert bench.at.screen == "sell"
    bench.scanner.scan(MILK.code)
    bench.at.until(lambda: bench.at.names() == [MILK.name])


def test_one_scan_teaches_a_serial_scanner_and_its_prefix_is_taken_off_from_then_on(bench: Bench) -> None:
    open_devices(bench).ready("Hand scanner")
    bench.choose("Hand scanner")
    bench.at.key(Qt.Key.Key_F6)
    bench.says("Scan now.")
    bench.scanner.send(b"@" + LONG.encode() + b"\r\n")
    bench.at.until(lambda: any("prefix @" in words for words in bench.remarks()))
    bench.at.key(Qt.Key.Key_F9)
    bench.at.until(lambda: "Saved" in bench.at.notice)
    bench.ready("Hand scanner")
    assert bench.at.till.home.config().device[0]["prefix"] == "@"
    bench.at.key(Qt.Key.Key_Escape)
    bench.scanner.scan("@" + MILK.code)
    bench.at.until(lambda: bench.at.names() == [MILK.name])


def test_one_scan_teaches_the_keyboard_scanner(bench: Bench) -> None:
    open_devices(bench)
    bench.choose("the keyboard scanner")
    bench.at.key(Qt.Key.Key_F6)
    bench.at.wedge_scan("4006381333931")
    bench.says(sentence("scanner.no_test_label"))
    for character in "~" + LONG.replace("\x1d", "{GS}"):
        bench.at.key(Qt.Key(ord(character.upper())), character, 4)
    bench.at.key(Qt.Key.Key_Return, "\r", 4)
    bench.at.until(lambda: any("prefix ~" in words for words in bench.remarks()))
    bench.at.key(Qt.Key.Key_F9)
    bench.at.until(lambda: "Saved" in bench.at.notice)
    table = bench.at.till.home.config().device[-1]
    assert (table["driver"], table["prefix"], table["gs"]) == ("scanner.wedge", "~", "{GS}")
    bench.at.key(Qt.Key.Key_Escape)
    bench.at.wedge_scan("~" + MILK.code)
    assert bench.at.names() == [MILK.name]


def test_a_device_that_was_plugged_in_is_put_in_tried_and_taken_out(bench: Bench) -> None:
    open_devices(bench)
    bench.at.key(Qt.Key.Key_F2)
    bench.at.until(lambda: not any("Looking" in words for words in bench.remarks()))
    button(bench, "In the network").click()
    second = PrinterSim()
    try:
        field(bench, "field_name").setText("Office printer")
        field(bench, "field_host").setText("127.0.0.1")
        field(bench, "field_port").setText(str(second.port))
        bench.at.key(Qt.Key.Key_F9)
        bench.at.until(lambda: "Saved" in bench.at.notice)
        bench.ready("Office printer")
        bench.choose("Office printer")
        bench.at.key(Qt.Key.Key_F4)
        bench.says("A test page came out. The printer confirmed it.")
        bench.at.key(Qt.Key.Key_Delete)
        bench.at.until(lambda: "Office printer" not in bench.counter.devices.tables)
        assert "Office printer" not in {table["name"] for table in bench.at.till.home.config().device}
    finally:
        second.close()


def test_the_label_of_the_chosen_line_comes_out_of_the_label_printer(bench: Bench) -> None:
    bench.at.sign_in(MANAGER_PIN)
    bench.ready("Labels")
    bench.at.wedge_scan(MILK.code)
    bench.at.control(Qt.Key.Key_P)
    bench.at.until(lambda: "came out" in bench.at.notice)
    assert len(bench.labels.labels) == 1
    open_page = bench.at.control
    open_page(Qt.Key.Key_H)
    bench.choose("Labels")
    bench.at.key(Qt.Key.Key_F4)
    bench.says("A test label came out. The printer confirmed it.")


def test_a_printer_with_a_drawer_is_not_taken_out_under_it(bench: Bench) -> None:
    open_devices(bench)
    bench.choose("Printer")
    bench.at.key(Qt.Key.Key_Delete)
    bench.at.until(lambda: "names a printer that is not there" in bench.at.notice)
    assert "Printer" in bench.counter.devices.tables


def test_a_cashier_may_look_and_ask_but_not_change(bench: Bench) -> None:
    open_devices(bench, PIN).ready("Printer")
    bench.choose("Drawer")
    bench.at.key(Qt.Key.Key_F4)
    bench.at.key(Qt.Key.Key_F2)
    assert not bench.printer.kicks
    enabled = {slot.act.value for slot in bench.at.workplace.devices.strip() if slot.enabled}
    assert enabled == {"back", "ask_device"}


def button(bench: Bench, name: str) -> QPushButton:
    """By its own name or by what it says."""
    found = bench.at.workplace.devices.widget.findChildren(QPushButton)
    return next(one for one in found if name in (one.objectName(), one.accessibleName()))


def field(bench: Bench, name: str) -> QLineEdit:
    found = bench.at.workplace.devices.widget.findChild(QLineEdit, name)
    assert isinstance(found, QLineEdit), name
    return found
