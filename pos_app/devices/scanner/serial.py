"""A scanner on a serial port or USB-CDC. After any trouble the port is opened again by identity."""

from collections.abc import Callable

from pos_app.devices.barcode.aim import split_aim
from pos_app.devices.framing import Framed, Framer, Framing, Label, label_text
from pos_app.devices.ports import Health, ScanEvent, ScanSink
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
        with self._port.open(self._baud, read_wait_s=READ_WAIT_S) as port:
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
