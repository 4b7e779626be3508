"""An M100-family module on a serial port."""

from collections.abc import Callable

from serial import Serial

from pos_app.devices.ports import Health, TagRead, TagSink
from pos_app.devices.rfid import m100
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.1
ANSWER_MS = 2_000
POLL_AGAIN_MS = 5_000  # a poll order ends by itself after 10,000 rounds; it is given again in time


class M100Reader:
    """An `RfidReader`."""

    def __init__(
        self,
        name: str,
        port: PortIdentity,
        clock: Clock,
        jitter: Jitter,
        *,
        baud: int = 115_200,
        power_dbm: int | None = None,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._port, self._baud, self._power_dbm = port, baud, power_dbm
        self._clock = clock
        self._sink: TagSink | None = None
        self._wanted = False
        self._framer = m100.Framer()
        self._supervisor = Supervisor(
            name, self._session, jitter=jitter, present=lambda: port.find() is not None, changed=changed
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        return self._supervisor.health

    def start(self, sink: TagSink) -> None:
        self._sink = sink
        self._supervisor.start()

    def begin_inventory(self) -> None:
        self._wanted = True

    def end_inventory(self) -> None:
        self._wanted = False

    def close(self) -> None:
        self._supervisor.close()

    def _session(self, control: Control) -> None:
        with self._port.open(self._baud, read_wait_s=READ_WAIT_S) as port:
            self._framer.reset()
            control.on_stop(port.cancel_read)
            self._wait_for_module(port, control)
            asked_ms: int | None = None
            while not control.stopping:
                for frame in self._framer.feed(port.read(port.in_waiting or 1)):
                    self._tell(frame, control)
                now_ms = self._clock.monotonic_ms()
                if self._wanted and (asked_ms is None or now_ms - asked_ms > POLL_AGAIN_MS):
                    port.write(m100.begin_polling())
                    asked_ms = now_ms
                elif asked_ms is not None and not self._wanted:
                    port.write(m100.end_polling())
                    asked_ms = None

    def _wait_for_module(self, port: Serial, control: Control) -> None:
        """Its firmware version is the proof that it is there. Raises TimeoutError."""
        port.write(m100.end_polling() + m100.ask_firmware())
        until_ms = self._clock.monotonic_ms() + ANSWER_MS
        while not control.stopping:
            for frame in self._framer.feed(port.read(port.in_waiting or 1)):
                if (frame.type, frame.command) == (m100.RESPONSE, m100.GET_INFO):
                    control.ready()
                    if self._power_dbm is not None:
                        port.write(m100.set_power(self._power_dbm))
                    return
            if self._clock.monotonic_ms() > until_ms:
                raise TimeoutError("the module does not answer")

    def _tell(self, frame: m100.Frame, control: Control) -> None:
        found = m100.tag(frame)
        if found and self._sink is not None and self._wanted and not control.stopping:
            self._sink([TagRead(found.epc, 1, found.rssi_cdbm, self._name, self._clock.monotonic_ms())])
