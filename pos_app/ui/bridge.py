"""From a scanner's thread to the screen's: each read becomes one queued signal, in order, whatever has the focus."""

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal, Slot

from retail_core.domain.scanned import TagUnit


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
    tags_read = Signal(object)  # units an RFID reader is sure of: a tuple of TagUnit
    tags_gone = Signal(object)  # EPCs that left its view
    _arrived = Signal(str, str, str, bool)
    _came = Signal(object)
    _went = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._came.connect(self.tags_read, Qt.ConnectionType.QueuedConnection)
        self._went.connect(self.tags_gone, Qt.ConnectionType.QueuedConnection)

    def sink(self, event: Read) -> None:
        """Take one read. May be called from any thread and never waits."""
        self._arrived.emit(event.label, event.source, event.problem, event.pairs_with_last)

    def tags(self, came: tuple[TagUnit, ...], went: tuple[str, ...]) -> None:
        """Units that lie on the reader now, and EPCs that no longer do. May be called from any thread and never waits."""
        if went:
            self._went.emit(went)
        if came:
            self._came.emit(came)

    @Slot(str, str, str, bool)
    def _deliver(self, label: str, source: str, problem: str, pairs: bool) -> None:
        self.scanned.emit(label, source, problem, pairs)
