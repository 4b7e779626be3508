"""A reader whose tags are put in front of it by a method."""

from collections.abc import Sequence

from pos_app.devices.fakes.base import FakeDevice
from pos_app.devices.ports import TagRead, TagSink
from retail_core.domain.clock import Clock


class FakeRfidReader(FakeDevice):
    """An `RfidReader`: reads what is held to it while an inventory runs."""

    def __init__(self, clock: Clock, name: str = "fake reader") -> None:
        super().__init__(name)
        self._clock = clock
        self._sink: TagSink | None = None
        self._reading = False

    @property
    def reading(self) -> bool:
        return self._reading and self.usable

    def start(self, sink: TagSink) -> None:
        self._sink = sink

    def begin_inventory(self) -> None:
        self._reading = True

    def end_inventory(self) -> None:
        self._reading = False

    def hold_to(self, epc: bytes, antenna: int = 1, rssi_cdbm: int = -5_500) -> None:
        """One read of a tag, when it is reading."""
        self._tell([TagRead(epc, antenna, rssi_cdbm, self.name, self._clock.monotonic_ms())])

    def let_time_pass(self) -> None:
        """Look once more and see nothing, when it is reading."""
        self._tell([])

    def _tell(self, reads: Sequence[TagRead]) -> None:
        if self._sink is not None and self.reading:
            self._sink(reads)
