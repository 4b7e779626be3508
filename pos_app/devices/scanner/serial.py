"""A scanner on a serial port or USB-CDC. After any trouble the port is opened again by identity."""

from collections.abc import Callable

from pos_app.devices.barcode.dressing import PLAIN, Dressing
from pos_app.devices.framing import Framer, Framing
from pos_app.devices.ports import Health
from pos_app.devices.scanner.event import scan_event
from pos_app.devices.scanner.supervised import SupervisedScanner
from pos_app.devices.supervisor import Control, Jitter
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.5
DEFAULT_BAUD = 9600


class SerialScanner(SupervisedScanner):
    """Every complete read is delivered, identical ones too; one cut off by unplugging is not a read."""

    def __init__(
        self,
        name: str,
        port: PortIdentity,
        clock: Clock,
        jitter: Jitter,
        *,
        baud: int = DEFAULT_BAUD,
        framing: Framing = Framing.LINES,
        dressing: Dressing = PLAIN,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._port = port
        self._clock = clock
        self._baud = baud
        self._framer = Framer(framing)
        self._dressing = dressing
        super().__init__(name, jitter, changed, lambda: port.find() is not None)

    def _session(self, control: Control) -> None:
        with self._port.open(self._baud, read_wait_s=READ_WAIT_S) as port:
            self._framer.reset()
            control.on_stop(port.cancel_read)
            control.ready()
            while not control.stopping:
                for framed in self._framer.feed(port.read(port.in_waiting or 1)):
                    event = scan_event(framed, self.name, self._clock.monotonic_ms(), self._dressing)
                    self._deliver(event, control)
