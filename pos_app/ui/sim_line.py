"""The line of the simulators' window to their control socket: what a person could type goes out, answers come back."""

from collections import deque
from dataclasses import dataclass

import msgspec
from PySide6.QtCore import QByteArray, QObject, QTimer, Signal
from PySide6.QtNetwork import QLocalSocket

from pos_app.ui.words import tr

ASK_BUTTONS = "buttons"
TRY_AGAIN_MS = 1_000
TRIES = 300  # some minutes; who starts the simulators again later presses the button
MAX_WAITING = 64
MAX_LINE_BYTES = 8_000  # what the other end takes as one line
MAX_ANSWER_BYTES = 1 << 18


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
    """Asks which devices there are once it is connected, and connects again by itself when it was cut, TRIES times.

    Every line is answered exactly once, in order; by ourselves, beginning with "no:", when nobody else will.
    """

    came = Signal(object)  # a tuple of DeviceView
    answered = Signal(str, str, str)  # the device's name, the line, the answer
    lost = Signal()  # and tried again
    gave_up = Signal()

    def __init__(self, path: str, again_ms: int = TRY_AGAIN_MS, tries: int = TRIES) -> None:
        super().__init__()
        self._path, self._tries, self._tried = path, tries, 0
        self._asked: deque[tuple[str, str]] = deque()  # (device, line), the oldest first; no device: our own question
        self._rest = b""
        self._socket = QLocalSocket(self)
        self._socket.connected.connect(self._connected)
        self._socket.readyRead.connect(self._read)
        self._socket.disconnected.connect(self._gone)
        self._socket.errorOccurred.connect(self._gone)
        self._again = QTimer(self, singleShot=True, interval=again_ms)
        self._again.timeout.connect(self._open)

    def open(self) -> None:
        """Connect, with all tries before us."""
        self._tried = 0
        self._again.stop()
        self._open()

    def close(self) -> None:
        self._again.stop()
        self._socket.blockSignals(True)
        self._socket.abort()

    def send(self, device: str, line: str) -> None:
        """Ask; the answer comes as `answered`. What cannot be asked now is answered at once."""
        if self._socket.state() != QLocalSocket.LocalSocketState.ConnectedState:
            self.answered.emit(device, line, tr("no: the simulators do not answer"))
            return
        data = line.replace("\n", " ").encode()
        if len(data) > MAX_LINE_BYTES:
            self.answered.emit(device, line, tr("no: that is too long"))
        elif len(self._asked) >= MAX_WAITING:
            self.answered.emit(device, line, tr("no: the simulators are still busy with what was asked before"))
        else:
            self._asked.append((device, line))
            self._socket.write(QByteArray(data + b"\n"))

    def _open(self) -> None:
        if self._socket.state() == QLocalSocket.LocalSocketState.UnconnectedState:
            self._socket.connectToServer(self._path)

    def _connected(self) -> None:
        self._rest = b""
        self.send("", ASK_BUTTONS)

    def _read(self) -> None:
        *lines, self._rest = (self._rest + bytes(self._socket.readAll().data())).split(b"\n")
        if len(self._rest) > MAX_ANSWER_BYTES:  # not one of ours at the other end
            self._socket.abort()
            return
        for answer in lines:
            if self._asked:
                device, line = self._asked.popleft()
                self._take(device, line, answer.decode("utf-8", "replace"))

    def _take(self, device: str, line: str, answer: str) -> None:
        if device:
            self.answered.emit(device, line, answer)
            return
        try:
            devices = devices_of(answer)
        except msgspec.DecodeError:
            self._socket.abort()
            return
        self._tried = 0
        self.came.emit(devices)

    def _gone(self, *_: object) -> None:
        if self._again.isActive():
            return  # the socket tells its end twice
        waiting, self._asked = self._asked, deque[tuple[str, str]]()
        for device, line in waiting:
            if device:
                self.answered.emit(device, line, tr("no: the simulators do not answer"))
        self._tried += 1
        if self._tried > self._tries:
            self.gave_up.emit()
            return
        self._again.start()
        self.lost.emit()
