"""The simulators' window presses the buttons of real simulators over their real socket."""

import os
import select
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from pos_app.devices.sim.control import Console
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scale import ScaleSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.sim.terminal import TerminalSim
from pos_app.ui.sim_window import SimWindow, codes_of

MILK = "4006381333931"
WAIT_MS = 8_000


class Desk:
    def __init__(self, folder: Path, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.sims = ExitStack()
        self.scanner = self.sims.enter_context(ScannerSim(folder / "scanner"))
        self.printer = self.sims.enter_context(PrinterSim())
        self.scale = self.sims.enter_context(ScaleSim("toledo8217", folder / "scale"))
        self.terminal = self.sims.enter_context(TerminalSim())
        self.socket = folder / "control"
        self.console: ExitStack = ExitStack()
        self.serve()
        self.window = SimWindow(str(self.socket), [(MILK, "Whole milk 1 L")])
        self.window.show()
        self.until(lambda: self.window.findChild(QPushButton, "press_scan") is not None)

    def serve(self) -> None:
        panel = Panel([self.scanner, self.printer, self.scale, self.terminal])
        self.console = ExitStack()
        self.console.enter_context(Console(panel, self.socket)).start()

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        self.console.close()
        self.sims.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def press(self, line: str, typed: str = "") -> None:
        name = line.replace(" ", "_")
        if typed:
            field = self.window.findChild(QComboBox, f"field_{name}")
            assert isinstance(field, QComboBox)
            field.setCurrentText(typed)
        found = self.window.findChild(QPushButton, f"press_{name}")
        assert isinstance(found, QPushButton)
        found.click()

    def answer(self, device: str) -> str:
        found = self.window.findChild(QLabel, f"answer_{device}")
        assert isinstance(found, QLabel)
        return found.text()

    def state(self) -> str:
        found = self.window.findChild(QLabel, "sim_state")
        assert isinstance(found, QLabel)
        return found.text()

    def until(self, true: object) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=WAIT_MS)  # type: ignore[operator]


@pytest.fixture
def desk(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, qtbot)
    yield made
    made.close()


def test_a_chosen_code_comes_out_of_the_scanner(desk: Desk) -> None:
    port = os.open(desk.scanner.where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        desk.press("scan")  # the first code of the list
        desk.until(lambda: desk.answer("scanner") == "ok")
        assert select.select([port], [], [], 5)[0]
        assert os.read(port, 100) == MILK.encode() + b"\r"
    finally:
        os.close(port)


def test_every_device_has_its_buttons_and_answers_beside_them(desk: Desk) -> None:
    desk.press("scale", "1.253")
    desk.until(lambda: desk.answer("scale") == "ok")
    desk.press("paper out")
    desk.until(lambda: desk.answer("printer") == "ok")
    desk.press("terminal decline")
    desk.until(lambda: desk.answer("terminal") != "")
    assert {card.device.name for card in desk.window._cards.values()} == {"scanner", "printer", "scale", "terminal"}


def test_what_cannot_be_done_is_said_in_red(desk: Desk) -> None:
    desk.press("scale", "heavy")
    desk.until(lambda: desk.answer("scale").startswith("no:"))
    desk.press("scale", " ")
    desk.until(lambda: "fill in" in desk.answer("scale"))


def test_simulators_that_end_are_missed_and_found_again(desk: Desk) -> None:
    desk.console.close()
    desk.until(lambda: "Trying again" in desk.state())
    desk.press("paper out")
    desk.until(lambda: "do not answer" in desk.answer("printer"))
    desk.serve()
    desk.until(lambda: "Press a button" in desk.state())
    desk.press("mend")
    desk.until(lambda: desk.answer("printer") == "ok")


def test_codes_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "codes.tsv"
    file.write_text(f"{MILK}\tWhole milk 1 L\n\n 42 \n", encoding="utf-8")
    assert codes_of(file) == [(MILK, "Whole milk 1 L"), ("42", "")]
