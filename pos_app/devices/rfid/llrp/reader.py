"""An LLRP reader on TCP 5084, on a thread of its own. A connection that is silent for three keep-alives is dead."""

import select
import socket
from collections.abc import Callable

from pos_app.devices.ports import Health, TagRead, TagSink
from pos_app.devices.rfid.llrp.client import Became, Happening, LlrpClient, Reads, RefusedError, State, Trouble
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.wire import LlrpError
from pos_app.devices.supervisor import Control, Jitter, Supervisor
from retail_core.domain.clock import Clock

DEFAULT_PORT = 5084
CONNECT_S = 3.0
SEND_S = 2.0
SET_UP_MS = 10_000
MISSED_KEEPALIVES = 3
LOOK_S = 0.2
READ_BYTES = 1 << 16


class LlrpReader:
    """An `RfidReader`."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        settings: Settings,
        clock: Clock,
        jitter: Jitter,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._address = (host, port)
        self._settings = settings
        self._clock = clock
        self._sink: TagSink | None = None
        self._wanted = False
        self._supervisor = Supervisor(name, self._session, jitter=jitter, changed=changed)

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
        client = LlrpClient(self._settings)
        with socket.create_connection(self._address, timeout=CONNECT_S) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.settimeout(SEND_S)
            try:
                self._converse(link, client, control)
            except RefusedError as refused:
                raise _as_fault(refused) from refused
            except LlrpError as broken:
                raise ConnectionAbortedError(f"not understood: {broken}") from broken

    def _converse(self, link: socket.socket, client: LlrpClient, control: Control) -> None:
        heard_ms = self._clock.monotonic_ms()
        ready = False
        while not control.stopping:
            self._want(client)
            if out := client.take_output():
                link.sendall(out)
            if select.select([link], [], [], LOOK_S)[0]:
                data = link.recv(READ_BYTES)
                if not data:
                    raise ConnectionResetError("the reader closed the connection")
                heard_ms = self._clock.monotonic_ms()
                for happening in client.feed(data):
                    self._tell(happening, control)
            ready = ready or client.state in {State.READY, State.READING}
            limit_ms = MISSED_KEEPALIVES * self._settings.keepalive_ms if ready else SET_UP_MS
            if self._clock.monotonic_ms() - heard_ms > limit_ms:
                raise TimeoutError("the reader is silent")
        client.say_goodbye()
        link.sendall(client.take_output())

    def _want(self, client: LlrpClient) -> None:
        if client.idle and self._wanted != (client.state is State.READING):
            if self._wanted:
                client.begin()
            else:
                client.end()

    def _tell(self, happening: Happening, control: Control) -> None:
        match happening:
            case Reads(lines):
                if self._sink is not None and not control.stopping:
                    now_ms = self._clock.monotonic_ms()
                    self._sink([TagRead(r.epc, r.antenna, r.rssi_cdbm, self._name, now_ms, r.count) for r in lines])
            case Became(state):
                if state in {State.READY, State.READING}:
                    control.ready()
            case Trouble(code, detail):
                control.fault(code, detail)


def _as_fault(refused: RefusedError) -> OSError:
    if refused.code == "device.in_use":
        return ConnectionRefusedError(f"busy: {refused}")
    return ConnectionAbortedError(str(refused))
