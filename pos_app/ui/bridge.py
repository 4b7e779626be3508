"""From a scanner's thread to the screen's: each read becomes one queued signal, in order, whatever has the focus."""

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot


class Read(Protocol):
    """What a scanner driver delivers, as far as the screen is concerned."""

    @property
    def label(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def problem(self) -> str: ...

    @property
    def pairs_with_last(self) -> bool: ...


class ScanBridge(QObject):
    """Give `sink` to scanner drivers; listen to `scanned`."""

    scanned = Signal(str, str, str, bool)  # label, source, problem code, second symbol of the unit before
    _arrived = Signal(str, str, str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def sink(self, event: Read) -> None:
        """Take one read. May be called from any thread and never waits."""
        self._arrived.emit(event.label, event.source, event.problem, event.pairs_with_last)

    @Slot(str, str, str, bool)
    def _deliver(self, label: str, source: str, problem: str, pairs: bool) -> None:
        self.scanned.emit(label, source, problem, pairs)
