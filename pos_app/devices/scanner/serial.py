"""A scanner on a serial port or USB-CDC. After any trouble the port is opened again by identity."""

from collections.abc import Callable

from pos_app.devices.barcode.dressing import PLAIN, Dressing
from pos_app.devices.framing import Framed, Framer, Framing
from pos_app.devices.ports import Health, ScanSink
from pos_app.devices.scanner.event import scan_event
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.5
DEFAULT_BAUD = 9600


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
        dressing: Dressing = PLAIN,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._port = port
        self._clock = clock
        self._baud = baud
        self._framer = Framer(framing)
        self._dressing = dressing
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
        with self._port.open(self._baud, read_wait_s=READ_WAIT_S) as port:
            self._framer.reset()
            control.on_stop(port.cancel_read)
            control.ready()
            while not control.stopping:
                for framed in self._framer.feed(port.read(port.in_waiting or 1)):
                    self._deliver(framed, control)

    def _deliver(self, framed: Framed, control: Control) -> None:
        if self._sink is not None and not control.stopping:
            self._sink(scan_event(framed, self._name, self._clock.monotonic_ms(), self._dressing))
