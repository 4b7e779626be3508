"""Keyboard scanners: a filter on each window tells their bursts from typing before any widget sees a key.

The rules are in `pos_app.devices.barcode.wedge`; this module turns Qt's key events into its keys and its actions into
events. It stands on the QWindow, not on the application, so that only key events of our windows cost anything.
"""

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from shiboken6 import isValid

from pos_app.devices.barcode.wedge import Action, Hold, Key, Replay, Scan, Wedge
from pos_app.devices.barcode.wedge_layout import XKB_OFFSET

SOURCE = "keyboard scanner"
LEAST_REPEAT_MS = 15
"""X11 calls two presses of one key with the same time stamp a repeat: "00" of a fast scanner. Fingers that hold a key
repeat it every 20 ms at most."""
_ALONE = frozenset(
    {
        Qt.Key.Key_Shift,
        Qt.Key.Key_Control,
        Qt.Key.Key_Alt,
        Qt.Key.Key_AltGr,
        Qt.Key.Key_Meta,
        Qt.Key.Key_CapsLock,
        Qt.Key.Key_NumLock,
    }
)
_TERMINATORS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab})
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class WedgeFilter(QObject):
    """Watches windows; `scanned` carries label, source and a problem code. Call `close` before the program ends."""

    scanned = Signal(str, str, str)

    def __init__(self, prefix: str = "") -> None:
        super().__init__()
        self._wedge = Wedge(prefix)
        self._windows: list[QWindow] = []
        self._target: QWindow | None = None
        self._replaying = False
        self._codes_are_linux = QGuiApplication.platformName() in {"xcb", "wayland"}
        self._since = QElapsedTimer()
        self._last_ms = self._pressed_ms = 0
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._time_is_up)
        self._decide = QTimer(self, singleShot=True, interval=0)  # one turn later: waiting keys come first
        self._decide.timeout.connect(self._tick)

    @property
    def holding(self) -> bool:
        """True while keys are held back and nothing is decided about them yet."""
        return self._wedge.due_ms is not None

    def watch(self, window: QWindow) -> None:
        """Stand in front of one more top-level window."""
        self._windows = [known for known in self._windows if isValid(known)]
        if window not in self._windows:
            window.installEventFilter(self)
            self._windows.append(window)

    def close(self) -> None:
        """Let go of all windows; held keys are forgotten."""
        self._timer.stop()
        self._decide.stop()
        for window in self._windows:
            if isValid(window):  # a panel of its own may have been closed before
                window.removeEventFilter(self)
        self._windows.clear()
        self._target = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or self._replaying or not isinstance(event, QKeyEvent):
            return False
        if event.key() in _ALONE or not isinstance(watched, QWindow):
            return False
        if self._target is not watched:
            self._flush()
            self._target = watched
        key = self._key(event)
        self._pressed_ms = key.t_ms
        actions = self._wedge.feed(key)
        if actions == (Replay((key,)),):
            return False
        self._last_ms = key.t_ms
        self._since.start()
        self._do(actions)
        return True

    def _key(self, event: QKeyEvent) -> Key:
        modifiers = event.modifiers()
        command = bool(modifiers & _COMMANDS) and not modifiers & Qt.KeyboardModifier.GroupSwitchModifier
        code = event.nativeScanCode() - XKB_OFFSET if self._codes_are_linux else 0
        return Key(
            event.text(),
            event.timestamp(),
            max(0, code),
            shift=bool(modifiers & Qt.KeyboardModifier.ShiftModifier),
            command=command,
            terminator=event.key() in _TERMINATORS and not command,
            repeat=event.isAutoRepeat() and event.timestamp() - self._pressed_ms >= LEAST_REPEAT_MS,
            token=event.clone(),
        )

    def _do(self, actions: tuple[Action, ...]) -> None:
        for action in actions:
            match action:
                case Hold():
                    pass
                case Replay(keys):
                    self._replay(keys)
                case Scan(text, _, problem):
                    self.scanned.emit(text, SOURCE, problem)
        due = self._wedge.due_ms
        if due is None:
            self._timer.stop()
        else:
            self._timer.start(max(0, due - self._now_ms()))

    def _replay(self, keys: tuple[Key, ...]) -> None:
        if self._target is None or not isValid(self._target):
            return
        self._replaying = True
        try:
            for key in keys:
                if isinstance(key.token, QKeyEvent):
                    QCoreApplication.sendEvent(self._target, key.token)
        finally:
            self._replaying = False

    def _now_ms(self) -> int:
        return self._last_ms + (self._since.elapsed() if self._since.isValid() else 0)

    def _time_is_up(self) -> None:
        self._decide.start()

    def _tick(self) -> None:
        self._do(self._wedge.tick(self._now_ms()))

    def _flush(self) -> None:
        """The window changed: what was held belongs to where it was typed."""
        due = self._wedge.due_ms
        if due is not None:
            self._do(self._wedge.tick(due))
