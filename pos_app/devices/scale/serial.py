"""A scale on a serial port: asked several times a second on its own thread, so that nobody waits for a weight."""

from collections.abc import Callable

from pos_app.devices.ports import DeviceState, Health, WeightReading, WeightState
from pos_app.devices.scale.reading import WITH_WEIGHT, ScaleProtocol
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from pos_app.devices.transport.serial_port import PortIdentity
from retail_core.domain.clock import Clock

ASK_EVERY_S = 0.2
READ_WAIT_S = 0.05
STALE_MS = 2_000
NO_ANSWER = "scale.no_answer"


class SerialScale:
    """A `Scale`. `read` gives the newest answer; older than STALE_MS it is no weight any more."""

    def __init__(
        self,
        name: str,
        port: PortIdentity,
        protocol: ScaleProtocol,
        clock: Clock,
        jitter: Jitter,
        *,
        baud: int = 9600,
        bits: int = 7,
        parity: str = "E",
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._port, self._baud, self._bits, self._parity = port, baud, bits, parity
        self._protocol = protocol
        self._clock = clock
        self._newest = WeightReading(WeightState.STALE, None, 0, clock.monotonic_ms())
        self._set_to_zero = False
        self._supervisor = Supervisor(
            name, self._session, jitter=jitter, present=lambda: port.find() is not None, changed=changed
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        known = self._supervisor.health
        if known.state is DeviceState.READY and self.read().state is WeightState.STALE:
            return Health(DeviceState.FAULT, NO_ANSWER)
        return known

    def start(self) -> None:
        self._supervisor.start()

    def close(self) -> None:
        self._supervisor.close()
        self._newest = WeightReading(WeightState.STALE, None, 0, self._clock.monotonic_ms())

    def read(self) -> WeightReading:
        newest, now_ms = self._newest, self._clock.monotonic_ms()
        if now_ms - newest.t_mono_ms > STALE_MS:
            return WeightReading(WeightState.STALE, None, 0, now_ms)
        return newest

    def zero(self) -> None:
        """Done with the next question; a scale that moves or carries something ignores it."""
        self._set_to_zero = True

    def _session(self, control: Control) -> None:
        self._protocol.reset()
        port = self._port.open(self._baud, read_wait_s=READ_WAIT_S, bits=self._bits, parity=self._parity)
        with port:
            control.on_stop(port.cancel_read)
            control.ready()
            while not control.stopping:
                if self._set_to_zero:
                    self._set_to_zero = False
                    port.write(self._protocol.zero)
                port.write(self._protocol.ask)
                ask_again_ms = self._clock.monotonic_ms() + int(ASK_EVERY_S * 1000)
                while not control.stopping and self._clock.monotonic_ms() < ask_again_ms:
                    self._hear(port.read(port.in_waiting or 1))

    def _hear(self, data: bytes) -> None:
        for answer in self._protocol.feed(data):
            grams = answer.grams if answer.state in WITH_WEIGHT else None
            self._newest = WeightReading(answer.state, grams, 0, self._clock.monotonic_ms())
