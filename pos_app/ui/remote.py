"""Remote control of the real window, for drills and demonstrations. Off unless till.toml names a socket.

One JSON object a line, one answer a line, in order: `{"do":"key","key":"F9"}`, `{"do":"type","text":"3*"}`,
`{"do":"click","name":"finish_sale"}`, `{"do":"grab","path":"sell.png"}`, `{"do":"size","width":1366,"height":768}`,
`{"do":"state"}`. Keys go the way of real ones, through the filter for keyboard scanners; the answer comes after they
arrived. Nothing can be done here that a person at the till could not do: signing in still takes a PIN.
"""

import logging
from collections import deque
from collections.abc import Mapping
from typing import Literal

import msgspec
from PySide6.QtCore import QByteArray, QCoreApplication, QElapsedTimer, QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QWidget

from pos_app.ui.state import screen_state
from pos_app.ui.workplace import Workplace
from retail_core.domain.errors import EnvironmentFault

log = logging.getLogger(__name__)

MAX_LINE_BYTES = 65_536
MAX_WAITING = 256
TYPING_GAP_MS = 60  # a person's speed in time stamps, so that typing is not taken for a scan
SETTLE_POLL_MS = 5
SETTLE_LIMIT_MS = 2_000
_NAMED = {"Esc": "Escape", "Del": "Delete", "Enter": "Return"}


class Command(msgspec.Struct, forbid_unknown_fields=True):
    """One thing to do. Which of the other fields count depends on `do`."""

    do: Literal["key", "type", "click", "grab", "state", "size"]
    key: str = ""
    text: str = ""
    name: str = ""
    row: int = -1
    path: str = ""
    width: int = 0
    height: int = 0


class RemoteControl(QObject):
    """Listens on a socket only this user may open."""

    def __init__(self, workplace: Workplace, socket: str) -> None:
        """Raises EnvironmentFault `remote.socket` when the socket cannot be made."""
        super().__init__()
        self._workplace = workplace
        self._waiting: deque[tuple[QLocalSocket, bytes]] = deque(maxlen=MAX_WAITING)
        self._stamp = QElapsedTimer()
        self._stamp.start()
        self._last_ms = 0
        self._settled = QElapsedTimer()
        self._busy: QLocalSocket | None = None
        self._timer = QTimer(self, interval=SETTLE_POLL_MS)
        self._timer.timeout.connect(self._answer_when_settled)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(socket)
        if not self._server.listen(socket):
            raise EnvironmentFault("remote.socket", socket=socket, why=self._server.errorString())
        self._server.newConnection.connect(self._accept)

    def close(self) -> None:
        self._timer.stop()
        self._server.close()

    # ── the line ─────────────────────────────────────────────────────────────────────────────────

    def _accept(self) -> None:
        while self._server.hasPendingConnections():
            socket = self._server.nextPendingConnection()
            socket.readyRead.connect(self._read)
            socket.disconnected.connect(socket.deleteLater)

    def _read(self) -> None:
        socket = self.sender()
        if not isinstance(socket, QLocalSocket):
            return
        while socket.canReadLine():
            self._waiting.append((socket, bytes(socket.readLine().data())))
        if socket.bytesAvailable() > MAX_LINE_BYTES:
            socket.abort()
        self._next()

    def _next(self) -> None:
        while self._waiting and self._busy is None:
            socket, line = self._waiting.popleft()
            try:
                command = msgspec.json.decode(line, type=Command)
                answer = self._do(command)
            except (msgspec.DecodeError, LookupError, ValueError) as wrong:
                answer = {"ok": False, "error": str(wrong)[:300]}
            if answer is None:
                self._busy = socket
                self._settled.start()
                self._timer.start()
            else:
                _send(socket, answer)

    def _answer_when_settled(self) -> None:
        if self._workplace.wedge.holding and self._settled.elapsed() < SETTLE_LIMIT_MS:
            return
        self._timer.stop()
        socket, self._busy = self._busy, None
        if socket is not None:
            _send(socket, {"ok": True})
        self._next()

    # ── doing ────────────────────────────────────────────────────────────────────────────────────

    def _do(self, command: Command) -> Mapping[str, object] | None:
        """The answer, or None when it comes once the keys have arrived."""
        match command.do:
            case "key":
                self._press(command.key)
                return None
            case "type":
                for character in command.text:
                    self._key(_key_of(character), Qt.KeyboardModifier.NoModifier, character)
                return None
            case "click":
                self._click(command.name, command.row)
                return None
            case "grab":
                saved = self._workplace.shell.grab().save(command.path)
                if not saved:
                    raise ValueError(f"cannot write {command.path}")
                return {"ok": True}
            case "size":
                self._workplace.shell.resize(command.width, command.height)
                return None
            case "state":
                return {"ok": True, "state": screen_state(self._workplace)}

    def _press(self, name: str) -> None:
        modifiers = Qt.KeyboardModifier.NoModifier
        if len(name) > len("Ctrl+") and name.startswith("Ctrl+"):
            modifiers, name = Qt.KeyboardModifier.ControlModifier, name.removeprefix("Ctrl+")
        if len(name) == 1:
            self._key(_key_of(name), modifiers, name)
            return
        try:
            key = Qt.Key[f"Key_{_NAMED.get(name, name)}"]
        except KeyError:
            raise ValueError(f"no such key: {name}") from None
        self._key(key, modifiers, "")

    def _key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str) -> None:
        window = self._workplace.shell.windowHandle()
        self._last_ms = max(self._last_ms + TYPING_GAP_MS, self._stamp.elapsed())
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            text = "\r"
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            event = QKeyEvent(kind, key, modifiers, text)
            event.setTimestamp(self._last_ms)
            QCoreApplication.sendEvent(window, event)

    def _click(self, name: str, row: int) -> None:
        found = [w for w in self._workplace.shell.findChildren(QWidget, name) if w.isVisible()]
        if not found:
            raise LookupError(f"nothing called {name} is on the screen")
        widget = found[0]
        if not widget.isEnabled():
            raise ValueError(f"{name} cannot be pressed now")
        if isinstance(widget, QAbstractButton):
            widget.click()
        elif isinstance(widget, QAbstractItemView) and row >= 0:
            centre = widget.visualRect(widget.model().index(row, 0)).center()
            _tap(widget.viewport(), centre)
        else:
            _tap(widget, widget.rect().center())


def _key_of(character: str) -> Qt.Key:
    code = ord(character.upper()[0])
    return Qt.Key(code) if 0x20 <= code < 0x7F else Qt.Key.Key_unknown


def _tap(widget: QWidget, at: QPoint) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease):
        event = QMouseEvent(
            kind, at.toPointF(), widget.mapToGlobal(at).toPointF(), Qt.MouseButton.LeftButton,
            Qt.MouseButton.LeftButton if kind == QEvent.Type.MouseButtonPress else Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QCoreApplication.sendEvent(widget, event)


def _send(socket: QLocalSocket, answer: Mapping[str, object]) -> None:
    socket.write(QByteArray(msgspec.json.encode(answer) + b"\n"))
    socket.flush()
