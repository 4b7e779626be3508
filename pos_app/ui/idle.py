"""The till locks itself after a while without an act: no key, no tap, no scan. The basket stays, and scans wait."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QWindow

ACTS = frozenset({QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.Wheel})
AGAIN_S = 10


class IdleLock(QObject):
    """Watches one window. `seconds` is asked each time, since head office may change it; 0 never locks."""

    idle = Signal()

    def __init__(self, seconds: Callable[[], int], busy: Callable[[], bool]) -> None:
        super().__init__()
        self._seconds, self._busy = seconds, busy
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._over)

    def watch(self, window: QWindow) -> None:
        window.installEventFilter(self)

    def again(self) -> None:
        """Something was done, by hand or by a device: wait anew, if it is waited for."""
        if self._timer.isActive():
            self.touched()

    def touched(self) -> None:
        """Wait from now on; somebody has just come."""
        seconds = self._seconds()
        if seconds:
            self._timer.start(seconds * 1000)
        else:
            self._timer.stop()

    def stop(self) -> None:
        """Nobody is signed in: there is nothing to lock."""
        self._timer.stop()

    @property
    def left_ms(self) -> int:
        """Until it locks; -1 while nothing is waited for."""
        return self._timer.remainingTime()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in ACTS:
            self.again()
        return False

    def _over(self) -> None:
        if self._busy():  # a payment is under way: look again soon
            self._timer.start(AGAIN_S * 1000)
        else:
            self.idle.emit()
