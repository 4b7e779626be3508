"""SIGTERM and SIGINT end the till at once. Qt's loop sleeps outside Python, where no handler of Python's would ever run."""

import os
import signal
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier

STOP = (signal.SIGTERM, signal.SIGINT)


class StopSignals(QObject):
    """Calls `stop` on the screen's thread. Made on the main thread, and closed before another one is made."""

    def __init__(self, stop: Callable[[], None]) -> None:
        super().__init__()
        self._stop = stop
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self._notifier = QSocketNotifier(self._read, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        self._before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in STOP:
            signal.signal(number, self._asked)

    def close(self) -> None:
        signal.set_wakeup_fd(self._before)
        self._notifier.setEnabled(False)
        os.close(self._read)
        os.close(self._write)

    def _woken(self) -> None:
        """Python runs the handlers of what has come as soon as it is back in the interpreter, which is now."""
        os.read(self._read, 64)

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        self._stop()
