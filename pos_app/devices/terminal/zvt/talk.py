"""One connection to a ZVT terminal, as long as one order needs it: connect, register, give orders, hear them out."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import Apdu, Framer, StatusInformation
from pos_app.devices.terminal.zvt.conversation import (
    NOT_REGISTERED,
    Conversation,
    Doing,
    End,
    Ending,
    reason_of,
)
from pos_app.devices.transport.ready import readable
from retail_core.domain.clock import Clock

DEFAULT_PORT = 20007
CONNECT_S = 3.0
QUIET_S = 0.05  # noise before our first sentence is read away until it stops this long
MAX_NOISE_READS = 20
ACK_MS = 5_000
SILENCE_MS = 60_000  # between two of the terminal's sentences while a customer acts
ORDER_MS = 180_000
STOP_MS = 10_000  # as long it may take to end what we asked it to stop
ENQUIRY_MS = 30_000  # for orders that no customer has to act on; repeating a receipt prints it on some terminals
LOOK_S = 0.2
READ_BYTES = 4096

UNREACHABLE = "terminal.unreachable"
LINK_DIED = "terminal.link_died"
SILENT = "terminal.silent"
BUSY = "terminal.busy"
READY = 0
_NOTHING = StatusInformation()


def never() -> bool:
    """Nobody will want an end."""
    return False


@dataclass(frozen=True)
class ZvtSettings:
    """Where the terminal is and how it wants to be spoken to. `currency`: its ISO 4217 number."""

    host: str
    port: int = DEFAULT_PORT
    password: str = "000000"
    currency: int = 978
    terminal_prints: bool = True
    quiet_s: float = QUIET_S
    ack_ms: int = ACK_MS
    silence_ms: int = SILENCE_MS
    order_ms: int = ORDER_MS
    stop_ms: int = STOP_MS


class LinkLostError(OSError):
    """The terminal did not answer to the end.

    `sent` tells whether it may have understood the order, `said` what it told before.
    """

    def __init__(self, code: str, *, sent: bool, said: StatusInformation = _NOTHING) -> None:
        super().__init__(code)
        self.code, self.sent, self.said = code, sent, said


class LastTold(NamedTuple):
    """What a terminal did last, whether it says that it does nothing now, and its receipt of it."""

    said: StatusInformation
    ready: bool
    lines: tuple[str, ...]


class ZvtLine:
    """Opens a connection for each order: a terminal that was switched off, or has new software, needs nothing else."""

    def __init__(self, settings: ZvtSettings, clock: Clock, doing: Callable[[Doing], None]) -> None:
        self._settings, self._clock, self._doing = settings, clock, doing

    @property
    def where(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    @contextmanager
    def open(self, *, registered: bool = True) -> Iterator["Talk"]:
        """Connected, and registered unless a terminal that knows us is only looked at.

        Raises LinkLostError with nothing sent that could move money.
        """
        try:
            link = socket.create_connection((self._settings.host, self._settings.port), timeout=CONNECT_S)
        except OSError:
            raise LinkLostError(UNREACHABLE, sent=False) from None
        with link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk = Talk(link, self._settings, self._clock, self._doing)
            talk.drop_noise()
            if registered:
                talk.register()
            yield talk


class Talk:
    """What is said on one connection."""

    def __init__(
        self, link: socket.socket, settings: ZvtSettings, clock: Clock, doing: Callable[[Doing], None]
    ) -> None:
        self._link, self._settings, self._clock, self._doing = link, settings, clock, doing
        self._framer = Framer()

    def drop_noise(self) -> None:
        """A converter's banner or the rest of an old conversation is not for us."""
        try:
            for _ in range(MAX_NOISE_READS):
                if not readable([self._link], self._settings.quiet_s) or not self._link.recv(READ_BYTES):
                    return
        except OSError:
            raise LinkLostError(LINK_DIED, sent=False) from None

    def register(self) -> None:
        """Say who we are and who prints. Raises LinkLostError, nothing sent, when the terminal will not have us."""
        settings = self._settings
        order = apdu.registration(settings.password, settings.currency, terminal_prints=settings.terminal_prints)
        try:
            ending = self._hear_out(order, _Patience(settings.ack_ms, ENQUIRY_MS, ENQUIRY_MS), never)
        except LinkLostError as lost:
            raise LinkLostError(lost.code, sent=False) from None
        if ending.end is not End.COMPLETED:
            raise LinkLostError(reason_of(ending.code), sent=False)

    def how_it_is(self) -> Ending:
        """A status enquiry. Raises LinkLostError."""
        return self._ask(apdu.STATUS_ENQUIRY)

    def last_done(self) -> "LastTold":
        """Repeat receipt. Raises LinkLostError, also while the terminal is busy with something else."""
        how = self.how_it_is()
        if reason_of(how.status or how.code) == BUSY:
            raise LinkLostError(BUSY, sent=False)
        ending = self._ask(apdu.REPEAT_RECEIPT)
        if ending.end is End.COMPLETED:
            return LastTold(ending.said, how.status == READY, ending.lines)
        if reason_of(ending.code) == BUSY:
            raise LinkLostError(BUSY, sent=False)
        return LastTold(_NOTHING, ready=False, lines=())

    def move_money(self, order: Apdu, stop: Callable[[], bool]) -> Ending:
        """An order a customer may have to act on; `stop` asks the terminal to end it. Raises LinkLostError."""
        settings = self._settings
        patience = _Patience(settings.ack_ms, settings.silence_ms, settings.order_ms, settings.stop_ms)
        return self._twice(order, patience, stop)

    def _ask(self, control: int) -> Ending:
        order = apdu.with_password(control, self._settings.password)
        return self._twice(order, _Patience(self._settings.ack_ms, ENQUIRY_MS, ENQUIRY_MS), never)

    def _twice(self, order: Apdu, patience: "_Patience", stop: Callable[[], bool]) -> Ending:
        """A terminal that forgot us refuses before it does anything: register and give the order again, once."""
        ending = self._hear_out(order, patience, stop)
        if ending.end is End.REFUSED and ending.code == NOT_REGISTERED:
            self.register()
            ending = self._hear_out(order, patience, stop)
        return ending

    def _hear_out(self, order: Apdu, patience: "_Patience", stop: Callable[[], bool]) -> Ending:
        conversation = Conversation(order)
        watch = _Watch(patience, self._clock.monotonic_ms())
        try:
            self._link.sendall(order.bytes)
            while conversation.ending is None:
                now_ms = self._clock.monotonic_ms()
                if watch.over(now_ms, acknowledged=conversation.acknowledged):
                    raise LinkLostError(SILENT, sent=True, said=conversation.said)
                if conversation.acknowledged and watch.asks_to_stop(now_ms, wanted=stop()):
                    self._link.sendall(Apdu(apdu.ABORT).bytes)
                self._listen(conversation, watch)
        except LinkLostError:
            raise
        except OSError:
            raise LinkLostError(LINK_DIED, sent=True, said=conversation.said) from None
        return conversation.ending

    def _listen(self, conversation: Conversation, watch: "_Watch") -> None:
        if not readable([self._link], LOOK_S):
            return
        data = self._link.recv(READ_BYTES)
        if not data:
            raise ConnectionResetError
        for said in self._framer.feed(data):
            watch.heard(self._clock.monotonic_ms())
            reply, doing = conversation.take(said)
            if reply:
                self._link.sendall(reply)
            if doing:
                self._doing(doing)


@dataclass(frozen=True)
class _Patience:
    """How long to wait: for the first answer, between two sentences, in all, and after we asked for an end."""

    ack_ms: int
    silence_ms: int
    order_ms: int
    stop_ms: int = 0


class _Watch:
    """When one order has taken too long. Before giving up on one that moves money the terminal is asked to stop."""

    def __init__(self, patience: _Patience, now_ms: int) -> None:
        self._patience = patience
        self._began_ms = self._heard_ms = now_ms
        self._asked = False
        self._last_call_ms: int | None = None

    def heard(self, now_ms: int) -> None:
        self._heard_ms = now_ms

    def over(self, now_ms: int, *, acknowledged: bool) -> bool:
        if not acknowledged:
            return now_ms - self._heard_ms > self._patience.ack_ms or self._too_long(now_ms)
        if not self._patience.stop_ms:
            return self._too_long(now_ms)
        return self._last_call_ms is not None and now_ms - self._last_call_ms > self._patience.stop_ms

    def asks_to_stop(self, now_ms: int, *, wanted: bool) -> bool:
        """True once when somebody wants an end, and once more when our patience is."""
        if self._patience.stop_ms and self._last_call_ms is None and self._too_long(now_ms):
            self._last_call_ms = now_ms
            return True
        asks, self._asked = wanted and not self._asked, self._asked or wanted
        return asks

    def _too_long(self, now_ms: int) -> bool:
        patience = self._patience
        return now_ms - self._heard_ms > patience.silence_ms or now_ms - self._began_ms > patience.order_ms
