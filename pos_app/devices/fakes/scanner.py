"""A scanner whose trigger is a method."""

from pos_app.devices.fakes.base import FakeDevice
from pos_app.devices.framing import Framer, Framing
from pos_app.devices.ports import ScanSink
from pos_app.devices.scanner.event import scan_event
from retail_core.domain.clock import Clock


class FakeScanner(FakeDevice):
    """A `Scanner`. Labels go through the same framing as those of a serial port."""

    def __init__(self, clock: Clock, name: str = "fake scanner", framing: Framing = Framing.LINES) -> None:
        super().__init__(name)
        self._clock = clock
        self._framer = Framer(framing)
        self._sink: ScanSink | None = None

    def start(self, sink: ScanSink) -> None:
        self._sink = sink

    def scan(self, label: str | bytes) -> None:
        """Pull the trigger. Lost when it is not plugged in, started and open, as with a real one."""
        raw = label.encode() if isinstance(label, str) else label
        if self._sink is None or not self.usable:
            return
        for framed in self._framer.feed(raw + b"\r"):
            self._sink(scan_event(framed, self.name, self._clock.monotonic_ms()))
