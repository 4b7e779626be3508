"""From a scanner's thread to the screen's: each read becomes one queued signal, in order, whatever has the focus."""

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Read(Protocol):
    """What a scanner driver delivers, as far as the screen is concerned."""

    @property
    def text(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def problem(self) -> str: ...


class ScanBridge(QObject):
    """Give `sink` to scanner drivers; listen to `scanned`."""

    scanned = Signal(str, str, str)  # label, source, problem code
    _arrived = Signal(str, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def sink(self, event: Read) -> None:
        """Take one read. May be called from any thread and never waits."""
        self._arrived.emit(event.text, event.source, event.problem)

    @Slot(str, str, str)
    def _deliver(self, label: str, source: str, problem: str) -> None:
        self.scanned.emit(label, source, problem)
