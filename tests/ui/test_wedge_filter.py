"""Keyboard scanners at the window: bursts are scans whatever has the focus, typing stays typing."""

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from ctypes.util import find_library

import pytest
from PySide6.QtCore import QElapsedTimer, QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from pos_app.ui.wedge import WedgeFilter

CODE = "4006381333931"
LOW_PRIORITY = Qt.EventPriority.LowEventPriority.value
HELD_AT_MOST_MS = 120  # a typed key is 37 ms late by design; the rest is for a busy machine


class Desk(QWidget):
    """A field, a button that must not be pressed by a scan, and the filter in front of the window."""

    def __init__(self) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.button = QPushButton("Delete all")
        line = QVBoxLayout(self)
        line.addWidget(self.field)
        line.addWidget(self.button)
        self.button.setAutoDefault(True)
        self.pressed = 0
        self.button.clicked.connect(self.count)
        self.read: list[str] = []
        self.wedge = WedgeFilter()
        self.wedge.scanned.connect(self.take)

    def count(self) -> None:
        self.pressed += 1

    def take(self, label: str, source: str, problem: str, pairs: bool) -> None:
        self.read.append(label)


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    made = Desk()
    made.show()
    made.wedge.watch(made.windowHandle())
    made.field.setFocus()
    qtbot.waitExposed(made)
    yield made
    made.wedge.close()
    made.close()
    made.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def press(window: QWindow, character: str) -> None:
    QTest.keyClick(window, Qt.Key(ord(character)))


def burst(desk: Desk, text: str) -> None:
    """Real key events through the platform, with its own time stamps, as fast as they come."""
    window = desk.windowHandle()
    for character in text:
        press(window, character)
    QTest.keyClick(window, Qt.Key.Key_Return)


def test_a_burst_is_a_scan_and_nothing_is_typed(desk: Desk) -> None:
    burst(desk, CODE)
    assert desk.read == [CODE]
    assert desk.field.text() == ""


def test_a_scan_presses_no_button_that_has_the_focus(desk: Desk, qtbot: QtBot) -> None:
    desk.button.setFocus()
    for _ in range(20):
        burst(desk, CODE)
    assert desk.read == [CODE] * 20
    assert desk.pressed == 0


def test_a_typed_code_arrives_soon_and_in_order(desk: Desk, qtbot: QtBot) -> None:
    late: list[int] = []
    for n, character in enumerate("4011", start=1):
        watch = QElapsedTimer()
        watch.start()
        press(desk.windowHandle(), character)
        qtbot.waitUntil(lambda n=n: len(desk.field.text()) == n, timeout=30_000)
        late.append(watch.elapsed())
        qtbot.wait(50)
    QTest.keyClick(desk.windowHandle(), Qt.Key.Key_Return)
    assert desk.field.text() == "4011"
    assert desk.read == []
    assert sorted(late)[1] < HELD_AT_MOST_MS


def test_a_busy_screen_does_not_split_a_scan(desk: Desk, qtbot: QtBot) -> None:
    """The stamps say 5 ms apart; that the screen gets to them 100 ms apart doesn't matter."""
    window = desk.windowHandle()
    for n, character in enumerate(CODE):
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key(ord(character)), Qt.KeyboardModifier.NoModifier, character)
        event.setTimestamp(10_000 + 5 * n)
        QApplication.postEvent(window, event, LOW_PRIORITY)
        if n == 6:
            watch = QElapsedTimer()
            watch.start()
            while watch.elapsed() < 100:  # the screen is painting something large
                pass
    last = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r")
    last.setTimestamp(10_000 + 5 * len(CODE))
    QApplication.postEvent(window, last, LOW_PRIORITY)
    qtbot.waitUntil(lambda: desk.read == [CODE], timeout=30_000)
    assert desk.field.text() == ""


def test_a_scan_without_terminator_is_read_after_a_short_silence(desk: Desk, qtbot: QtBot) -> None:
    for character in CODE:
        press(desk.windowHandle(), character)
    qtbot.waitUntil(lambda: desk.read == [CODE], timeout=30_000)
    assert desk.field.text() == ""


def test_keys_with_no_printable_text_pass_at_once(desk: Desk) -> None:
    desk.field.setText("12")
    QTest.keyClick(desk.windowHandle(), Qt.Key.Key_Backspace)
    assert desk.field.text() == "1"


def test_a_second_window_is_watched_too(desk: Desk, qtbot: QtBot) -> None:
    other = QLineEdit()
    other.show()
    desk.wedge.watch(other.windowHandle())
    for character in CODE:
        press(other.windowHandle(), character)
    QTest.keyClick(other.windowHandle(), Qt.Key.Key_Return)
    assert desk.read == [CODE]
    assert other.text() == ""
    other.close()


def test_a_closed_filter_lets_everything_pass(desk: Desk) -> None:
    desk.wedge.close()
    burst(desk, CODE)
    assert desk.read == []
    assert desk.field.text() == CODE


REAL_KEYS = """
    import ctypes, sys
    from PySide6.QtCore import QTimer, Qt
    from PySide6.QtWidgets import QApplication, QLineEdit
    from pos_app.ui.wedge import WedgeFilter

    x11, xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = ctypes.c_void_p(x11.XOpenDisplay(None))
    KEYS = {"1": 10, "2": 11, "3": 12, "4": 13, "5": 14, "6": 15, "7": 16, "8": 17, "9": 18, "0": 19, "\\n": 36}

    def press(text):
        for character in text:
            for down in (1, 0):
                xtst.XTestFakeKeyEvent(display, KEYS[character], down, 0)
        x11.XFlush(display)

    app = QApplication([])
    field = QLineEdit()
    wedge = WedgeFilter()
    wedge.scanned.connect(lambda label, source, problem, pairs: print("scan", label, repr(field.text()), flush=True))
    field.returnPressed.connect(lambda: (print("typed", field.text(), flush=True), app.quit()))
    field.show()
    wedge.watch(field.windowHandle())
    field.activateWindow()
    QTimer.singleShot(400, lambda: press("4006381333931\\n"))
    for n, key in enumerate("4011\\n"):
        QTimer.singleShot(900 + 150 * n, lambda key=key: press(key))
    QTimer.singleShot(8000, app.quit)
    app.exec()
    wedge.close()
"""


@pytest.mark.xvfb
@pytest.mark.skipif(not shutil.which("Xvfb"), reason="no Xvfb here")
@pytest.mark.skipif(not find_library("Xtst"), reason="no libXtst here")
def test_real_keys_of_an_x_server_are_told_apart() -> None:
    """Through XTEST: the server's time stamps and scan codes are the real ones."""
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            number = server.stdout.readline().strip()
            answer = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(REAL_KEYS)],
                env={"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "PATH": "/usr/bin", "PYTHONPATH": "."},
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
        finally:
            server.terminate()
    assert answer.stdout.splitlines() == [f"scan {CODE} ''", "typed 4011"], answer.stderr
