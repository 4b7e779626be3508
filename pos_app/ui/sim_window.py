"""The simulators' window: a card for each device with its buttons, on the control socket of `pos_app.devices.sim`.

`python -m pos_app.ui.sim_window --control SOCKET [--codes FILE]`, where FILE has a line `CODE<TAB>NAME` for each code to
choose from. It only sends the lines a person could type, and shows what was answered; a lost socket is tried again.
"""

import argparse
import signal
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import QByteArray, QObject, Qt, QTimer, Signal
from PySide6.QtNetwork import QLocalSocket
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QWidget

from pos_app.ui.device_words import kind_word
from pos_app.ui.main import application
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Weight, font, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import clear, column, label, row
from pos_app.ui.words import tr

COLUMNS, BUTTONS_A_ROW = 2, 3
TRY_AGAIN_MS = 1_000
MAX_LINE_BYTES = 1 << 16
WIDTH, HEIGHT = 980, 760


@dataclass(frozen=True, slots=True)
class ButtonView:
    """`line` is what is sent, with what was typed behind it when `ask` is not empty."""

    line: str
    help: str
    ask: str


@dataclass(frozen=True, slots=True)
class DeviceView:
    name: str
    where: str
    buttons: tuple[ButtonView, ...]


def devices_of(answer: str) -> tuple[DeviceView, ...]:
    """The devices in the answer to `buttons`. Raises msgspec.DecodeError."""
    shape = list[tuple[str, str, list[tuple[str, str, str]]]]
    found = msgspec.json.decode(answer, type=shape)
    return tuple(DeviceView(name, where, tuple(ButtonView(*one) for one in buttons)) for name, where, buttons in found)


class SimLine(QObject):
    """The socket: lines out, answers in, in order; connects again by itself."""

    came = Signal(object)  # a tuple of DeviceView
    answered = Signal(str, str)  # the device's name, the answer
    lost = Signal()

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._asked: deque[str] = deque(maxlen=256)
        self._rest = b""
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(self._connected)
        self._socket.readyRead.connect(self._read)
        self._socket.disconnected.connect(self._gone)
        self._socket.errorOccurred.connect(self._gone)
        self._again = QTimer(self, singleShot=True, interval=TRY_AGAIN_MS)
        self._again.timeout.connect(self.open)

    def open(self) -> None:
        if self._socket.state() == QLocalSocket.LocalSocketState.UnconnectedState:
            self._socket.connectToServer(self._path)

    def close(self) -> None:
        self._again.stop()
        self._socket.blockSignals(True)
        self._socket.abort()

    def send(self, device: str, line: str) -> None:
        """Ask; the answer comes as `answered`. Without a connection it is told at once."""
        if self._socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
            self.answered.emit(device, tr("no: the simulators do not answer"))
            return
        self._asked.append(device)
        self._socket.write(QByteArray(line.replace("\n", " ").encode()[:MAX_LINE_BYTES] + b"\n"))

    def _connected(self) -> None:
        self._asked.clear()
        self._rest = b""
        self.send("", "buttons")

    def _read(self) -> None:
        *lines, self._rest = (self._rest + bytes(self._socket.readAll().data())).split(b"\n")
        for line in lines:
            device = self._asked.popleft() if self._asked else ""
            text = line.decode("utf-8", "replace")
            if device:
                self.answered.emit(device, text)
            else:
                self._take_devices(text)

    def _take_devices(self, text: str) -> None:
        try:
            self.came.emit(devices_of(text))
        except msgspec.DecodeError:
            return  # the second line of an answer; nobody asked for it

    def _gone(self, *_: object) -> None:
        self.lost.emit()
        self._again.start()


class DeviceCard(QFrame):
    """One device. What was typed last stays in its field."""

    wanted = Signal(str, str)  # the device's name, the line

    def __init__(self, device: DeviceView, codes: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self.device = device
        self.setObjectName(f"sim_{device.name}")
        self.setProperty("look", "panel")
        self.setAccessibleName(kind_word(device.name))
        lines = column(self, gap=GAP, margins=(16, 14, 16, 14))
        head = row(gap=GAP)
        head.addWidget(label(kind_word(device.name), px=18, weight=Weight.BOLD))
        where = label(device.where, px=13, look="muted")
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.addWidget(where, 1, Qt.AlignmentFlag.AlignRight)
        lines.addLayout(head)
        self._answer = label("", px=14, look="muted", name=f"answer_{device.name}")
        self._answer.setWordWrap(True)
        for asking in (one for one in device.buttons if one.ask):
            lines.addLayout(self._asking(asking, codes if asking.line == "scan" else ()))
        grid = QGridLayout()
        grid.setSpacing(6)
        for n, plain in enumerate(one for one in device.buttons if not one.ask):
            grid.addWidget(self._plain(plain), n // BUTTONS_A_ROW, n % BUTTONS_A_ROW)
        lines.addLayout(grid)
        lines.addWidget(self._answer)
        lines.addStretch(1)

    def show_answer(self, text: str) -> None:
        self._answer.setText(text)
        set_look(self._answer, look="error" if text.startswith("no:") else "muted")

    def _plain(self, view: ButtonView) -> QPushButton:
        made = button(self._word(view), f"press_{view.line.replace(' ', '_')}", px=13)
        made.setMinimumHeight(TOUCH_PX - 10)
        made.setToolTip(view.help)
        made.setAccessibleDescription(view.help)
        made.setProperty("line", view.line)
        made.clicked.connect(self._pressed)
        return made

    def _asking(self, view: ButtonView, codes: Sequence[tuple[str, str]]) -> QHBoxLayout:
        name = view.line.replace(" ", "_")
        line = row(gap=GAP)
        field = QComboBox()
        field.setEditable(True)
        field.setObjectName(f"field_{name}")
        field.setAccessibleName(view.ask)
        field.setFont(font(14))
        field.setMinimumHeight(TOUCH_PX - 10)
        for code, title in codes:
            field.addItem(f"{code}  {title}".strip(), code)
        if not codes:
            field.setProperty("look", "bare")
            field.setCurrentText("")
        inner = field.lineEdit()
        if inner is not None:
            inner.setPlaceholderText(view.ask)
            inner.returnPressed.connect(self._entered)
            inner.setProperty("line", view.line)
        made = button(self._word(view), f"press_{name}", "main", px=14)
        made.setMinimumHeight(TOUCH_PX - 10)
        made.setToolTip(view.help)
        made.setProperty("line", view.line)
        made.clicked.connect(self._pressed)
        line.addWidget(field, 1)
        line.addWidget(made)
        return line

    def _word(self, view: ButtonView) -> str:
        """The line without the device's own name, as a word on a button."""
        return view.line.removeprefix(f"{self.device.name} ").capitalize()

    def _pressed(self) -> None:
        self._send(str(self.sender().property("line")))

    def _entered(self) -> None:
        self._send(str(self.sender().property("line")))

    def _send(self, line: str) -> None:
        field = self.findChild(QComboBox, f"field_{line.replace(' ', '_')}")
        if isinstance(field, QComboBox):
            at = field.findText(field.currentText())
            typed = str(field.itemData(at)) if at >= 0 and field.itemData(at) else field.currentText()
            if not typed.strip():
                self.show_answer(tr("no: fill in {what} first", what=field.accessibleName()))
                return
            line = f"{line} {typed.strip()}"
        self.wanted.emit(self.device.name, line)


class SimWindow(QWidget):
    """All devices of one till."""

    def __init__(self, control: str, codes: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self.setObjectName("sim_window")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(tr("Simulated devices"))
        self.resize(WIDTH, HEIGHT)
        self._codes = tuple(codes)
        self._cards: dict[str, DeviceCard] = {}
        lines = column(self, gap=GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        self._state = label(px=15, look="muted", name="sim_state")
        lines.addWidget(self._state)
        self._grid = QGridLayout()
        self._grid.setSpacing(WIDE_GAP)
        page = QWidget()
        page.setLayout(self._grid)
        page.setAutoFillBackground(False)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.viewport().setAutoFillBackground(False)
        area.setWidget(page)
        lines.addWidget(area, 1)
        self.line = SimLine(control)
        self.line.came.connect(self._show_devices)
        self.line.answered.connect(self._show_answer)
        self.line.lost.connect(self._lost)
        self._lost()
        self.line.open()

    def close(self) -> bool:
        self.line.close()
        return super().close()

    def _show_devices(self, devices: tuple[DeviceView, ...]) -> None:
        self._state.setText(
            tr("Press a button, or type and press Enter. The till sees real devices on ports and sockets.")
        )
        set_look(self._state, look="muted")
        if tuple(card.device for card in self._cards.values()) == devices:
            return
        clear(self._grid)
        self._cards = {device.name: DeviceCard(device, self._codes) for device in devices}
        for n, card in enumerate(self._cards.values()):
            card.wanted.connect(self.line.send)
            self._grid.addWidget(card, n // COLUMNS, n % COLUMNS)

    def _show_answer(self, device: str, text: str) -> None:
        if device in self._cards:
            self._cards[device].show_answer(text)

    def _lost(self) -> None:
        self._state.setText(tr("The simulators do not answer. Trying again …"))
        set_look(self._state, look="warning")


def codes_of(file: Path) -> list[tuple[str, str]]:
    """(code, name) of each line of a file, without those that hold no code."""
    rows = [line.partition("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    return [(code.strip(), name.strip()) for code, _, name in rows if code.strip()]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pos_app.ui.sim_window", description=__doc__)
    parser.add_argument("--control", required=True, metavar="SOCKET", help="control socket of the simulators")
    parser.add_argument("--codes", type=Path, metavar="FILE", help="codes to choose from, CODE<TAB>NAME a line")
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    options = parser.parse_args(arguments)
    app = application("en", options.theme)
    app.setQuitOnLastWindowClosed(True)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    shown = SimWindow(options.control, codes_of(options.codes) if options.codes else ())
    shown.show()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
