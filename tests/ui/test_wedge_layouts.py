"""Keyboard scanners under a real X server with real layouts: what the scanner means arrives, what a person types is theirs."""

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from pos_app.devices.barcode.commission import LONG
from pos_app.devices.barcode.wedge_layout import XKB_OFFSET, us_char

NEEDED = ("Xvfb", "xdotool", "setxkbmap")
pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason="no Xvfb, xdotool or setxkbmap here (2026-11-27)"),
]
GS = "\x1d"
KEYS = {us_char(code, shift=shift): (code + XKB_OFFSET, shift) for shift in (True, False) for code in (*range(54), 57)}
SHIFT, CONTROL, ALT, RETURN, BRACKET = 50, 37, 64, 36, 35
CTRL_BRACKET = ("keydown", "37", "key", "35", "keyup", "37")
PRESSES = 6
ALT_029 = (90, 88, 81)  # 0, 2, 9 of the keypad
LABELS = (
    "4006381333931",
    f"]d2010952123454321310aZ-1{GS}17261231",
    "https://id.gs1.org/01/09521234543213?17=261231&x=(Q)",
)
TYPED_KEYS = ("24", "29", "47", "34", "26", "21", "26")  # two of them are accents on a French or a German till
TYPED = {"us": "qy;[e=e", "fr": "aymê=e", "de": "qzöüeé"}

APP = """
    import sys
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication, QLineEdit
    from pos_app.devices.barcode.commission import learn_keys
    from pos_app.ui.dead_keys import without_platform_composing
    from pos_app.ui.wedge import WedgeFilter

    without_platform_composing()
    app = QApplication([])
    field = QLineEdit()
    wedge = WedgeFilter()
    wedge.scanned.connect(lambda label, source, problem, pairs: print("scan", ascii(label), flush=True))
    wedge.recorded.connect(lambda keys: print("learned", learn_keys(keys), flush=True))
    def typed():
        print("typed", ascii(field.text()), flush=True)
        field.clear()
    field.returnPressed.connect(typed)
    field.show()
    wedge.watch(field.windowHandle())
    field.activateWindow()
    def obey():
        line = sys.stdin.readline().strip()
        if line == "record":
            wedge.record()
        elif line == "clear":
            field.clear()
        elif line == "quit":
            app.quit()
        print("did", line, flush=True)
    from PySide6.QtCore import QSocketNotifier
    notifier = QSocketNotifier(0, QSocketNotifier.Type.Read)
    notifier.activated.connect(obey)
    QTimer.singleShot(300, lambda: print("ready", flush=True))
    QTimer.singleShot(60000, app.quit)
    app.exec()
    wedge.close()
"""


class Desk:
    """A window on a screen of its own, with a keyboard layout."""

    def __init__(self, display: str, app: "subprocess.Popen[str]") -> None:
        self.display, self.app = display, app

    def xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": self.display}, check=True, timeout=20)

    def scan(self, label: str, gs: Sequence[str] = CTRL_BRACKET) -> None:
        """Press the keys of a US keyboard, some 5 ms apart, as a scanner set to that does."""
        words: list[str] = []
        for char in label:
            if char == GS:
                words += gs
                continue
            code, shift = KEYS[char]
            pressed = ["key", "--delay", "4", str(code)]
            words += ["keydown", str(SHIFT), *pressed, "keyup", str(SHIFT)] if shift else pressed
        self.xdotool(*words, "key", str(RETURN))

    def reads(self, label: str, gs: Sequence[str] = CTRL_BRACKET) -> str:
        """Scan until it is read as meant, a few times: on a starved machine keys come as unevenly as from no scanner."""
        said = ""
        for _ in range(PRESSES):
            self.scan(label, gs)
            said = self.says()
            if said == f"scan {label!a}":
                break
            self.tell("clear")
            while (line := self.says()) != "did clear":
                assert line, "the window has gone"
        return said

    def says(self) -> str:
        assert self.app.stdout is not None
        return self.app.stdout.readline().strip()

    def tell(self, line: str) -> None:
        assert self.app.stdin is not None
        self.app.stdin.write(line + "\n")
        self.app.stdin.flush()


@contextmanager
def desk(layout: str) -> Iterator[Desk]:
    with subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp", "-noreset"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdout is not None
        display = f":{server.stdout.readline().strip()}"
        try:
            subprocess.run(["setxkbmap", "-display", display, layout], check=True, timeout=20)
            with subprocess.Popen(
                [sys.executable, "-c", textwrap.dedent(APP)],
                env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            ) as app:
                made = Desk(display, app)
                assert made.says() == "ready"
                try:
                    yield made
                finally:
                    app.terminate()
        finally:
            server.terminate()


@pytest.mark.parametrize("layout", ["us", "fr", "de"])
def test_a_scan_reads_right_and_typing_stays_typing_under_this_layout(layout: str) -> None:
    """InvenTree#10589, onscan.js#19: on AZERTY and QWERTZ tills digits and letters came out wrong."""
    with desk(layout) as at:
        for label in LABELS:
            assert at.reads(label) == f"scan {label!a}"
        alt = ["keydown", str(ALT), *(word for code in ALT_029 for word in ("key", str(code))), "keyup", str(ALT)]
        serial = f"010952123454321310AB{GS}2117"
        assert at.reads(serial, alt) == f"scan {serial!a}"
        at.xdotool("key", "--delay", "90", *TYPED_KEYS, str(RETURN))
        assert at.says() == f"typed {TYPED[layout]!a}"


@pytest.mark.parametrize("layout", ["us", "fr"])
def test_one_test_scan_teaches_the_till_its_scanner_under_this_layout(layout: str) -> None:
    with desk(layout) as at:
        at.tell("record")
        assert at.says() == "did record"
        at.scan("~" + LONG)
        learned = at.says()
        assert learned.startswith("learned Learned(dressing=Dressing(prefix='~', suffix='', gs='')"), learned
        assert f"layout_differs={layout == 'fr'}" in learned
