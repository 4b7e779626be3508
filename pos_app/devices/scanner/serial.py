"""A scanner on a serial port or USB-CDC, through pyserial.

The port is opened for us alone: without that a second program (or a second till) would take every other read. After
any trouble it is opened again by identity, since a replugged scanner may have another port name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import serial
from serial.tools import list_ports

from pos_app.devices.barcode.aim import split_aim
from pos_app.devices.framing import Framed, Framer, Framing, Label, label_text
from pos_app.devices.ports import Health, ScanEvent, ScanSink
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.5
DEFAULT_BAUD = 9600


@dataclass(frozen=True)
class PortIdentity:
    """Which port: a path that stays the same (`/dev/serial/by-id/…`), or a USB device by its numbers."""

    path: str = ""
    usb_vid: int = 0
    usb_pid: int = 0
    usb_serial: str = ""

    def find(self) -> str | None:
        """The path to open now, or None while it is not plugged in. Takes about a millisecond."""
        if self.path:
            return self.path if Path(self.path).exists() else None
        for port in list_ports.comports():
            if (port.vid, port.pid) == (self.usb_vid, self.usb_pid) and self.usb_serial in ("", port.serial_number):
                return port.device
        return None


class SerialScanner:
    """A `Scanner`. Every complete read is delivered, identical ones too; one cut off by unplugging is not a read."""

    def __init__(
        self,
        name: str,
        port: PortIdentity,
        clock: Clock,
        jitter: Jitter,
        *,
        baud: int = DEFAULT_BAUD,
        framing: Framing = Framing.LINES,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._port = port
        self._clock = clock
        self._baud = baud
        self._framer = Framer(framing)
        self._sink: ScanSink | None = None
        self._supervisor = Supervisor(
            name, self._session, jitter=jitter, present=lambda: port.find() is not None, changed=changed
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._supervisor.health

    def start(self, sink: ScanSink) -> None:
        self._sink = sink
        self._supervisor.start()

    def close(self) -> None:
        self._supervisor.close()

    def _session(self, control: Control) -> None:
        path = self._port.find()
        if path is None:
            raise FileNotFoundError(self._port)
        with serial.Serial(path, self._baud, timeout=READ_WAIT_S, exclusive=True) as port:
            self._framer.reset()
            control.on_stop(port.cancel_read)
            control.ready()
            while not control.stopping:
                for framed in self._framer.feed(port.read(port.in_waiting or 1)):
                    self._deliver(framed, control)

    def _deliver(self, framed: Framed, control: Control) -> None:
        if self._sink is not None and not control.stopping:
            self._sink(scan_event(framed, self._name, self._clock.monotonic_ms()))


def scan_event(framed: Framed, source: str, t_mono_ms: int) -> ScanEvent:
    """What the till is told about one framed read."""
    aim_id, text = split_aim(label_text(framed.raw))
    problem = "" if isinstance(framed, Label) else framed.code
    return ScanEvent(framed.raw, aim_id, text, source, t_mono_ms, problem)
