"""The one door between threads and the screen: a call given to `deliver` runs on the screen's thread, in order."""

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

log = logging.getLogger(__name__)


class Background(QObject):
    """Make it on the screen's thread. `deliver` may be called from any thread, also after `close`."""

    woken = Signal()
    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._open = True
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def deliver(self, call: Callable[[], None]) -> None:
        """Run `call` on the screen's thread soon. After `close` it is dropped: nobody is left to be told."""
        if self._open:
            self._posted.emit(call)

    def wake(self) -> None:
        """The agent brought something, or a second has passed. Runs on the screen's thread."""
        self.woken.emit()

    def close(self) -> None:
        """From now on answers are dropped, also those already on their way."""
        self._open = False

    @Slot(object)
    def _run(self, call: Callable[[], None]) -> None:
        if self._open:
            call()
