"""The simulators' window presses the buttons of real simulators over their real socket."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from pos_app.devices.sim.control import Console
from pos_app.devices.sim.display import DisplaySim
from pos_app.devices.sim.label import LabelSim
from pos_app.devices.sim.llrp import LlrpSim
from pos_app.devices.sim.panel import Panel
from pos_app.devices.sim.printer import PrinterSim
from pos_app.devices.sim.scale import ScaleSim
from pos_app.devices.sim.scanner import ScannerSim
from pos_app.devices.sim.terminal import TerminalSim
from pos_app.devices.transport.ready import readable
from pos_app.ui import theme
from pos_app.ui.main import application
from pos_app.ui.sim_line import MAX_WAITING, SimLine
from pos_app.ui.sim_window import SimWindow, codes_of
from pos_app.ui.widgets.recall import MAX_KEPT, RecallField

ROOT = Path(__file__).parents[2]
MILK, BUTTER = "4006381333931", "9780306406157"
WAIT_MS = 30_000
AGAIN_MS = 30
PAPER_SENSOR, PAPER_OUT = b"\x10\x04\x04", 0x60  # DLE EOT 4: bits 5 and 6 are the end of the paper


class Desk:
    """All simulators, their socket, and the window on it."""

    def __init__(self, folder: Path, qtbot: QtBot, tries: int = 300) -> None:
        self.qtbot = qtbot
        self.sims = ExitStack()
        self.scanner = self.sims.enter_context(ScannerSim(folder / "scanner"))
        self.printer = self.sims.enter_context(PrinterSim())
        self.scale = self.sims.enter_context(ScaleSim("toledo8217", folder / "scale"))
        self.display = self.sims.enter_context(DisplaySim(folder / "display"))
        self.terminal = self.sims.enter_context(TerminalSim())
        self.reader = self.sims.enter_context(LlrpSim())
        self.labels = self.sims.enter_context(LabelSim())
        self.all = [
            self.scanner, self.printer, self.scale, self.display, self.terminal, self.reader, self.labels,
        ]  # fmt: skip
        self.socket = folder / "control"
        self.console: ExitStack = ExitStack()
        self.serve()
        line = SimLine(str(self.socket), AGAIN_MS, tries)
        self.window = SimWindow(line, [(MILK, "Whole milk 1 L"), (BUTTER, "Butter 250 g")], "Devices of till 1")
        self.window.show()
        self.until(lambda: self.window.findChild(QPushButton, "press_scan") is not None)

    def serve(self, *others: ScaleSim) -> None:
        """Listen, for the devices of the desk or for others."""
        self.console = ExitStack()
        self.console.enter_context(Console(Panel(others or self.all), self.socket)).start()

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        self.console.close()
        self.sims.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def field(self, line: str) -> RecallField:
        found = self.window.findChild(RecallField, f"field_{line.replace(' ', '_')}")
        assert isinstance(found, RecallField)
        return found

    def type(self, line: str, text: str) -> None:
        """Key by key over what is in the field, and Enter."""
        field = self.field(line)
        self.qtbot.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        self.qtbot.keyClicks(field, text)  # the line within has its focus there, as Qt has it
        self.qtbot.keyClick(field, Qt.Key.Key_Return)

    def button(self, line: str) -> QPushButton:
        found = self.window.findChild(QPushButton, f"press_{line.replace(' ', '_')}")
        assert isinstance(found, QPushButton)
        return found

    def press(self, line: str) -> None:
        self.button(line).click()

    def words(self, name: str) -> str:
        found = self.window.findChild(QLabel, name)
        assert isinstance(found, QLabel)
        return found.text()

    def answer(self, device: str) -> str:
        return self.words(f"answer_{device}")

    def says(self, device: str, answer: str) -> None:
        self.until(lambda: self.answer(device) == answer)

    def until(self, true: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(true()), timeout=WAIT_MS)


@pytest.fixture
def desk(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path, qtbot)
    yield made
    made.close()


@pytest.fixture
def scanner_port(desk: Desk) -> Iterator[Callable[[], bytes]]:
    """Reads what came out of the scanner, waiting for its end of a label."""
    port = os.open(desk.scanner.where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def read() -> bytes:
        got = b""
        while not got.endswith(b"\r") and readable([port], 5):
            got += os.read(port, 100)
        return got

    yield read
    os.close(port)


def paper_is_out(desk: Desk) -> bool:
    with socket.create_connection((desk.printer.host, desk.printer.port), timeout=5) as link:
        link.sendall(PAPER_SENSOR)
        return bool(link.recv(1)[0] & PAPER_OUT)


def test_a_chosen_code_comes_out_of_the_scanner(desk: Desk, scanner_port: Callable[[], bytes]) -> None:
    desk.press("scan")  # the first code of the list
    desk.says("scanner", f"ok · scan {MILK}")
    assert scanner_port() == MILK.encode() + b"\r"
    desk.qtbot.keyClick(desk.field("scan"), Qt.Key.Key_Down)
    desk.qtbot.keyClick(desk.field("scan"), Qt.Key.Key_Return)
    desk.says("scanner", f"ok · scan {BUTTER}")
    assert scanner_port() == BUTTER.encode() + b"\r"


def test_half_a_code_is_scanned_as_it_was_typed(desk: Desk, scanner_port: Callable[[], bytes]) -> None:
    desk.type("scan", MILK[:8])
    desk.says("scanner", f"ok · scan {MILK[:8]}")
    assert scanner_port() == MILK[:8].encode() + b"\r"


def test_paper_out_changes_what_the_printer_answers(desk: Desk) -> None:
    assert not paper_is_out(desk)
    desk.press("paper out")
    desk.says("printer", "ok · paper out")
    assert paper_is_out(desk)
    desk.press("mend")
    desk.says("printer", "ok · mend")
    assert not paper_is_out(desk)


def test_a_weight_typed_after_another_is_not_completed_to_it(desk: Desk) -> None:
    desk.type("scale", "1.253")
    desk.says("scale", "ok · scale 1.253")
    desk.type("scale", "1")
    desk.says("scale", "ok · scale 1")
    port = os.open(desk.scale.where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        os.write(port, b"W")
        assert readable([port], 5)
        assert os.read(port, 20) == b"\x0201.000\r"
    finally:
        os.close(port)


def test_what_was_sent_is_brought_back_with_the_arrow_keys(desk: Desk) -> None:
    for weight in range(MAX_KEPT + 5):
        desk.type("scale", f"{weight}.5")
    field = desk.field("scale")
    assert field.count() == MAX_KEPT
    assert field.value() == f"{MAX_KEPT + 4}.5"
    desk.qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.value() == f"{MAX_KEPT + 3}.5"


def test_what_cannot_be_done_is_said_in_red(desk: Desk) -> None:
    desk.type("scale", "heavy")
    desk.until(lambda: desk.answer("scale").startswith("no: 'scale heavy'"))
    assert desk.window.findChild(QLabel, "answer_scale").property("look") == "error"  # pyright: ignore[reportOptionalMemberAccess]
    desk.type("scale", " ")
    desk.says("scale", "no: fill in KG first")
    desk.press("scale stable")
    desk.says("scale", "ok · scale stable")
    assert desk.window.findChild(QLabel, "answer_scale").property("look") == "muted"  # pyright: ignore[reportOptionalMemberAccess]


def test_a_terminal_takes_half_or_as_much_as_is_typed(desk: Desk) -> None:
    desk.press("terminal partial")
    desk.says("terminal", "ok · terminal partial")
    assert (desk.terminal.next.value, desk.terminal.partial_minor) == ("partial", 0)
    desk.type("terminal partial", "5.00")
    desk.says("terminal", "ok · terminal partial 5.00")
    assert desk.terminal.partial_minor == 500
    desk.press("terminal decline")
    desk.says("terminal", "ok · terminal decline")
    assert desk.terminal.next.value == "decline"


def test_each_button_of_each_device_gets_one_answer_of_its_own(desk: Desk) -> None:
    answers: list[tuple[str, str, str]] = []
    desk.window.line.answered.connect(lambda *one: answers.append(one))
    pressed = [
        (sim.name, one.line) for sim in desk.all for one in sim.buttons if not one.ask and "plug" not in one.line
    ]
    for n, (_, line) in enumerate(pressed, 1):
        desk.press(line)
        desk.until(lambda n=n: len(answers) == n)
    assert [(device, line) for device, line, _ in answers] == pressed
    assert [one for one in answers if not one[2] or one[2].startswith("no:")] == []


def test_simulators_that_end_are_missed_and_found_again(desk: Desk) -> None:
    desk.type("scale", "0.4")
    desk.says("scale", "ok · scale 0.4")
    desk.console.close()
    desk.until(lambda: "Trying again" in desk.words("sim_state"))
    desk.press("paper out")
    desk.says("printer", "no: the simulators do not answer")
    desk.serve()
    desk.until(lambda: "Press a button" in desk.words("sim_state"))
    desk.press("mend")
    desk.says("printer", "ok · mend")
    assert desk.field("scale").value() == "0.4"


def test_other_ports_after_a_new_start_are_shown_and_what_was_typed_stays(desk: Desk, tmp_path: Path) -> None:
    desk.type("scale", "0.4")
    desk.says("scale", "ok · scale 0.4")
    desk.console.close()
    with ScaleSim("sma", tmp_path / "another") as other:
        desk.serve(other)
        desk.until(lambda: [card.device.where for card in desk.window.cards] == [other.where])
        assert desk.field("scale").value() == "0.4"


def test_it_stops_trying_in_the_end_and_a_button_starts_it_again(
    qtbot: QtBot, dressed: QApplication, tmp_path: Path
) -> None:
    with closing(Desk(tmp_path, qtbot, tries=2)) as desk:
        desk.console.close()
        desk.until(lambda: "are gone" in desk.words("sim_state"))
        again = desk.window.findChild(QPushButton, "sim_again")
        assert isinstance(again, QPushButton)
        assert again.isVisible()
        desk.serve()
        again.click()
        desk.until(lambda: "Press a button" in desk.words("sim_state"))
        assert not again.isVisible()


def test_lines_nobody_answers_are_bounded_and_each_is_told(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> None:
    answers: list[tuple[str, str, str]] = []
    with socket.socket(socket.AF_UNIX) as mute:  # it listens and says nothing
        mute.bind(str(tmp_path / "mute"))
        mute.listen()
        line = SimLine(str(tmp_path / "mute"), AGAIN_MS)
        line.answered.connect(lambda *one: answers.append(one))
        line.open()
        peer, _ = mute.accept()
        qtbot.waitUntil(lambda: readable([peer], 0) != [], timeout=WAIT_MS)  # it asked for the buttons
        for n in range(MAX_WAITING):
            line.send("scale", f"scale {n}")
        assert [(told, answer[:22]) for _, told, answer in answers] == [
            (f"scale {MAX_WAITING - 1}", "no: the simulators are")
        ]
        peer.close()
        qtbot.waitUntil(lambda: len(answers) == MAX_WAITING, timeout=WAIT_MS)
        assert [told for _, told, _ in answers[1:]] == [f"scale {n}" for n in range(MAX_WAITING - 1)]
    line.close()


@pytest.mark.parametrize("name", theme.THEMES)
def test_everything_is_named_reached_by_tab_and_wears_the_theme(desk: Desk, name: str) -> None:
    application("en", name)
    controls = [c for kind in (QAbstractButton, RecallField) for c in desk.window.findChildren(kind)]
    names = [c.objectName() for c in controls]
    assert len(names) == len(set(names)) > 50
    for control in controls:
        assert control.accessibleName(), control.objectName()
        assert control.focusPolicy() & Qt.FocusPolicy.TabFocus, control.objectName()
    for one in desk.window.findChildren(QPushButton):
        assert one.fontMetrics().horizontalAdvance(one.text()) <= one.width() - 8 or not one.isVisible(), (
            one.objectName()
        )
    assert desk.window.grab().toImage().pixelColor(2, 400).name() == theme.THEMES[name].page
    assert desk.window.windowTitle() == "Devices of till 1"


def test_codes_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "codes.tsv"
    file.write_text(f"{MILK}\tWhole milk 1 L\n\n 42 \n", encoding="utf-8")
    assert codes_of(file) == [(MILK, "Whole milk 1 L"), ("42", "")]


@pytest.mark.parametrize("closed_first", [False, True])
def test_the_window_of_the_program_ends_with_it_and_not_the_other_way_round(tmp_path: Path, closed_first: bool) -> None:
    scale, control = tmp_path / "scale", tmp_path / "control"
    command = [
        sys.executable,
        "-m",
        "pos_app.devices.sim",
        "--scale",
        str(scale),
        "--control",
        str(control),
        "--window",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdin is not None
            assert program.stdout.readline() == f"scale {scale}\n"
            program.stdin.write("scale 1\n")  # answered, so the window was started
            assert program.stdout.readline() == "ok\n"
            (shown,) = psutil.Process(program.pid).children()
            assert "pos_app.ui.sim_window" in command_of(shown)
            if closed_first:
                shown.terminate()
                program.stdin.write("scale 2\n")
                assert program.stdout.readline() == "ok\n"
                assert program.poll() is None
            program.send_signal(signal.SIGTERM)
            assert program.wait(20) == 0
            assert not shown.is_running()
            assert not control.exists()
        finally:
            for child in psutil.Process(program.pid).children() if program.poll() is None else ():
                child.kill()  # a program that is killed ends nothing itself
            program.kill()


def command_of(process: psutil.Process) -> list[str]:
    """Its command line, which is empty for a moment while a busy machine begins the program."""
    end = time.monotonic() + 5
    while not (words := process.cmdline()) and time.monotonic() < end:
        time.sleep(0.01)
    return words
