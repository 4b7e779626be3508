"""Keyboard scanners: a filter on each window tells their bursts from typing before any widget sees a key.

The rules are in `pos_app.devices.barcode.wedge`; this module turns Qt's key events into its keys and its actions into
events. It stands on the QWindow, not on the application, so that only key events of our windows cost anything.
"""

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QWindow
from shiboken6 import isValid

from pos_app.devices.barcode.wedge import MAX_LABEL_CHARS, NO_SETUP, Action, Hold, Key, Replay, Scan, Wedge, WedgeSetup
from pos_app.devices.barcode.wedge_layout import XKB_OFFSET, function_key
from pos_app.devices.scanner.pair import Pairing
from pos_app.ui.dead_keys import DeadKeys
from pos_app.ui.keymap import MODIFIERS

SOURCE = "keyboard scanner"
RECORD_QUIET_MS = 600
LEAST_REPEAT_MS = 15
"""X11 calls two presses of one key with the same time stamp a repeat: "00" of a fast scanner. Fingers that hold a key
repeat it every 20 ms at most."""
_TERMINATORS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab})
_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class WedgeFilter(QObject):
    """Watches windows; `scanned` carries label, source, problem code, and whether it is the second symbol of one unit.

    Call `close` before the program ends.
    """

    scanned = Signal(str, str, str, bool)
    recorded = Signal(object)  # every key of one burst, a tuple of Key, while a scanner is being set up

    def __init__(self, setup: WedgeSetup = NO_SETUP) -> None:
        super().__init__()
        self._setup = setup
        self._wedge = Wedge(setup)
        self._pairing = Pairing()
        self._dead_keys = DeadKeys()
        self._recorded: list[Key] | None = None
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
        self._quiet = QTimer(self, singleShot=True, interval=RECORD_QUIET_MS)
        self._quiet.timeout.connect(self._recording_ends)

    @property
    def holding(self) -> bool:
        """True while keys are held back and nothing is decided about them yet."""
        return self._wedge.due_ms is not None

    @property
    def sent(self) -> tuple[str, ...]:
        """Names of keys that the scanner was learned to press within a label."""
        key = function_key(self._setup.gs_key)
        return (key,) if key else ()

    def set_up(self, setup: WedgeSetup) -> None:
        """Go on with a scanner that was learned just now."""
        self._flush()
        self._setup = setup
        self._wedge = Wedge(setup)

    def record(self) -> None:
        """Take the next burst whole, for whoever listens to `recorded`; nothing of it is typed or scanned."""
        self._flush()
        self._recorded = []

    def stop_recording(self) -> None:
        """Read on as always."""
        self._quiet.stop()
        self._recorded = None

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
        self.stop_recording()
        for window in self._windows:
            if isValid(window):  # a panel of its own may have been closed before
                window.removeEventFilter(self)
        self._windows.clear()
        self._target = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or self._replaying or not isinstance(event, QKeyEvent):
            return False
        if event.key() in MODIFIERS or not isinstance(watched, QWindow):
            return False
        if self._target is not watched:
            self._flush()
            self._target = watched
        key = self._key(event)
        self._pressed_ms = key.t_ms
        if self._recorded is not None and event.key() != Qt.Key.Key_Escape:
            return self._record(key)
        actions = self._wedge.feed(key)
        if actions == (Replay((key,)),) and not self._dead_keys.concerns(event):
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
            alt=command and modifiers & _COMMANDS == Qt.KeyboardModifier.AltModifier,
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
                case Scan(text, t_ms, problem):
                    pairs = not problem and self._pairing.second(text, t_ms)
                    self.scanned.emit(text, SOURCE, problem, pairs)
        due = self._wedge.due_ms
        if due is None:
            self._timer.stop()
        else:
            self._timer.start(max(0, due - self._now_ms()))

    def _record(self, key: Key) -> bool:
        if self._recorded is not None and len(self._recorded) < MAX_LABEL_CHARS and not key.repeat:
            self._recorded.append(key)
        self._quiet.start()
        return True

    def _recording_ends(self) -> None:
        keys = tuple(self._recorded or ())
        self._recorded = None
        self.recorded.emit(keys)

    def _replay(self, keys: tuple[Key, ...]) -> None:
        if self._target is None or not isValid(self._target):
            return
        self._replaying = True
        try:
            for key in keys:
                if isinstance(key.token, QKeyEvent):
                    for event in self._dead_keys.feed(key.token):
                        QCoreApplication.sendEvent(self._target, event)
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
