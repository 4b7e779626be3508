"""A line display on a serial port. The newest text wins: a slow display never holds anybody up."""

from collections.abc import Callable
from threading import Event

from pos_app.devices.display.commands import Language, message
from pos_app.devices.ports import Health
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.transport.serial_port import PortIdentity

PIECE_BYTES = 16
PIECE_PAUSE_S = 0.02  # as fast as 9600 baud takes them: older displays have small buffers and no handshake
LOOK_S = 1.0
READ_WAIT_S = 0.1


class SerialLineDisplay:
    """A `LineDisplay`. What it cannot be told now it is told when it is back."""

    def __init__(
        self,
        name: str,
        port: PortIdentity,
        language: Language,
        jitter: Jitter,
        *,
        baud: int = 9600,
        table: str = "ascii",
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._port, self._baud = port, baud
        self._language, self._table = language, table
        self._lines = ("", "")
        self._new = Event()
        self._supervisor = Supervisor(
            name, self._session, jitter=jitter, present=lambda: port.find() is not None, changed=changed
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._supervisor.health

    def start(self) -> None:
        self._supervisor.start()

    def show(self, upper: str, lower: str) -> None:
        self._lines = (upper, lower)
        self._new.set()

    def clear(self) -> None:
        self.show("", "")

    def close(self) -> None:
        self._new.set()
        self._supervisor.close()

    def _session(self, control: Control) -> None:
        with self._port.open(self._baud, read_wait_s=READ_WAIT_S) as port:
            control.on_stop(self._new.set)
            control.ready()
            self._new.set()  # it may have lost what it showed
            while not control.stopping:
                if not self._new.wait(LOOK_S):
                    _ = port.in_waiting  # raises when the display was unplugged
                    continue
                self._new.clear()
                data = message(self._language, *self._lines, self._table)
                for start in range(0, len(data), PIECE_BYTES):
                    port.write(data[start : start + PIECE_BYTES])
                    if control.wait(PIECE_PAUSE_S):
                        break
