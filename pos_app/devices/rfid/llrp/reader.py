"""An LLRP reader on TCP 5084, on a thread of its own.

A connection is given up when the reader leaves a request unanswered, or is silent for three keep-alives; then it is made
again, and an inventory that was wanted goes on.
"""

import logging
import socket
from collections.abc import Callable
from contextlib import suppress

from pos_app.devices.ports import Health, TagRead, TagSink
from pos_app.devices.rfid.llrp.answers import Read
from pos_app.devices.rfid.llrp.client import (
    AntennasLost,
    Became,
    Complaint,
    Happening,
    LlrpClient,
    Reads,
    RefusedError,
    State,
)
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.wire import LlrpError
from pos_app.devices.supervisor import Control, Jitter, Supervisor, UnfitError
from pos_app.devices.transport.ready import readable
from retail_core.domain.clock import Clock

log = logging.getLogger(__name__)

DEFAULT_PORT = 5084
CONNECT_S = 2.0
SEND_S = 2.0
ANSWER_MS = 5_000
MISSED_KEEPALIVES = 3
LOOK_S = 0.1
TIME_PASSES_MS = 250
SURELY_THERE_MS = 2_500
"""Silent for longer, a reader may be dead: then it is not said that it looks and sees nothing."""
READ_BYTES = 1 << 16
WORKING = frozenset({State.READY, State.READING})


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
        *,
        answer_ms: int = ANSWER_MS,
        changed: Callable[[Health], None] = lambda _: None,
    ) -> None:
        self._name = name
        self._address = (host, port)
        self._settings = settings
        self._answer_ms = answer_ms
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

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _session(self, control: Control) -> None:
        client = LlrpClient(self._settings)
        with self._connected() as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.settimeout(SEND_S)
            try:
                self._converse(link, client, control)
            except RefusedError as refused:
                raise UnfitError(refused.code, str(refused)) from refused
            except LlrpError as broken:
                raise ConnectionAbortedError(str(broken)) from broken
            with suppress(OSError):  # it may have gone just now
                client.say_goodbye()
                link.sendall(client.take_output())

    def _connected(self) -> socket.socket:
        try:
            return socket.create_connection(self._address, timeout=CONNECT_S)
        except OSError as trouble:
            raise UnfitError("rfid.unreachable", str(trouble)) from trouble

    def _converse(self, link: socket.socket, client: LlrpClient, control: Control) -> None:
        patience = _Patience(self._clock.monotonic_ms(), self._answer_ms, self._settings.keepalive_ms)
        told_ms = 0
        while not control.stopping:
            self._want(client)
            if out := client.take_output():
                link.sendall(out)
            lines: list[Read] = []
            if readable([link], LOOK_S):
                data = link.recv(READ_BYTES)
                if not data:
                    raise ConnectionResetError("the reader closed the connection")
                patience.heard_ms = self._clock.monotonic_ms()
                for happening in client.feed(data):
                    lines += happening.lines if isinstance(happening, Reads) else self._told(happening, control)
            now_ms = self._clock.monotonic_ms()
            patience.check(client, now_ms)
            looked = client.state is State.READING and now_ms - patience.heard_ms <= SURELY_THERE_MS
            if lines or (looked and now_ms - told_ms >= TIME_PASSES_MS):
                self._tell(lines, now_ms, control)
                told_ms = now_ms

    def _want(self, client: LlrpClient) -> None:
        if client.idle and self._wanted != (client.state is State.READING):
            if self._wanted:
                client.begin()
            else:
                client.end()

    def _tell(self, lines: list[Read], now_ms: int, control: Control) -> None:
        if self._sink is not None and not control.stopping:
            self._sink([TagRead(r.epc, r.antenna, r.rssi_cdbm, self._name, now_ms, r.count) for r in lines])

    def _told(self, happening: Happening, control: Control) -> list[Read]:
        """News for people; there are no reads in it."""
        match happening:
            case Became(state) if state in WORKING and not control.was_ready:
                control.ready()
            case AntennasLost(()):
                control.ready()
            case AntennasLost(numbers):
                control.fault("rfid.antenna_lost", ", ".join(map(str, numbers)))
            case Complaint(words):
                log.warning("reader complains", extra={"device": self._name, "detail": words})
            case _:
                pass
        return []


class _Patience:
    """How long an answer is waited for, and how long silence is borne."""

    def __init__(self, now_ms: int, answer_ms: int, keepalive_ms: int) -> None:
        self._answer_ms, self._keepalive_ms = answer_ms, keepalive_ms
        self._turn, self._asked_ms = 0, now_ms
        self.heard_ms = now_ms

    def check(self, client: LlrpClient, now_ms: int) -> None:
        """Raises UnfitError `rfid.no_answer` when it is at an end."""
        if client.idle or client.turn != self._turn:
            self._turn, self._asked_ms = client.turn, now_ms
        if now_ms - self._asked_ms > self._answer_ms:
            raise UnfitError("rfid.no_answer", "the reader does not answer")
        if client.idle and now_ms - self.heard_ms > MISSED_KEEPALIVES * self._keepalive_ms:
            raise UnfitError("rfid.no_answer", "the reader is silent")
