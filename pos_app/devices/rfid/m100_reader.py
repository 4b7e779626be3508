"""An M100-family module on a serial port, on a thread of its own."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from serial import Serial

from pos_app.devices.ports import Health, TagRead, TagSink
from pos_app.devices.rfid import m100
from pos_app.devices.supervisor import Control, Jitter, Supervisor, UnfitError
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

READ_WAIT_S = 0.1
WRITE_WAIT_S = 1.0
QUIET_MS = 2_000
"""After it the module is spoken to. It does not count its rounds for us: a poll order has an end and may get lost."""
LOST_MS = 5_000
TIME_PASSES_MS = 250


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
        quiet_ms: int = QUIET_MS,
        lost_ms: int = LOST_MS,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._port, self._baud, self._power_dbm = port, baud, power_dbm
        self._quiet_ms, self._lost_ms = quiet_ms, lost_ms
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

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _session(self, control: Control) -> None:
        with self._port.open(self._baud, read_wait_s=READ_WAIT_S) as port:
            port.write_timeout = WRITE_WAIT_S
            self._framer.reset()
            control.on_stop(port.cancel_read)
            self._set_up(port, control)
            self._poll(port, control)
            with suppress(OSError):  # it may have been unplugged just now
                port.write(m100.end_polling())

    def _set_up(self, port: Serial, control: Control) -> None:
        """Its firmware version proves that it is there. Raises UnfitError `rfid.no_answer` or `rfid.refused`."""
        port.write(m100.end_polling() + m100.ask_firmware())
        self._wait_for(m100.GET_INFO, port, control)
        if self._power_dbm is not None:
            port.write(m100.set_power(self._power_dbm))
            self._wait_for(m100.SET_POWER, port, control)
        if not control.stopping:
            control.ready()

    def _wait_for(self, command: int, port: Serial, control: Control) -> None:
        asked_ms = self._clock.monotonic_ms()
        while not control.stopping:
            for frame in self._frames(port):
                if (frame.type, frame.command) == (m100.RESPONSE, command):
                    return
                if m100.error(frame) not in (0, m100.NO_TAG):  # no tag: of a poll that is just ending
                    raise UnfitError("rfid.refused", f"command {command:02x}: error {m100.error(frame):02x}")
            if self._clock.monotonic_ms() - asked_ms > self._quiet_ms:
                raise UnfitError("rfid.no_answer", "the module does not answer")

    def _poll(self, port: Serial, control: Control) -> None:
        heard_ms = spoken_ms = told_ms = self._clock.monotonic_ms()
        polling = False
        while not control.stopping:
            if self._wanted != polling:
                port.write(m100.begin_polling() if self._wanted else m100.end_polling())
                polling = self._wanted
            frames = list(self._frames(port))
            now_ms = self._clock.monotonic_ms()
            heard_ms = now_ms if frames else heard_ms
            if now_ms - heard_ms > self._lost_ms:
                raise UnfitError("rfid.no_answer", "the module is silent")
            if now_ms - max(heard_ms, spoken_ms) > self._quiet_ms:
                port.write(m100.end_polling() + m100.ask_firmware())
                spoken_ms, polling = now_ms, False
            tags = [tag for frame in frames if (tag := m100.tag(frame))]
            looked = now_ms - heard_ms <= self._quiet_ms and now_ms - told_ms >= TIME_PASSES_MS
            if polling and (tags or looked):
                self._tell(tags, now_ms, control)
                told_ms = now_ms

    def _frames(self, port: Serial) -> Iterator[m100.Frame]:
        data = port.read(port.in_waiting or 1)
        if not data:
            self._framer.reset()
        yield from self._framer.feed(data)

    def _tell(self, tags: list[m100.Tag], now_ms: int, control: Control) -> None:
        if self._sink is not None and not control.stopping:
            self._sink([TagRead(tag.epc, 1, tag.rssi_cdbm, self._name, now_ms) for tag in tags])
