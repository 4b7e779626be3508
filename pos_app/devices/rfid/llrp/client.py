"""The conversation with a reader as a state machine: bytes in, happenings and bytes out. No I/O, no clock.

connected → its capabilities → its antennas → our old ROSpec away → keep-alives → our ROSpec added and enabled → ready.
Nobody else's settings are reset and nobody else's connection is taken: a reader that is in use says so.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.devices.rfid.llrp import answers, messages
from pos_app.devices.rfid.llrp.answers import Read
from pos_app.devices.rfid.llrp.messages import Capabilities, Kind, Settings
from pos_app.devices.rfid.llrp.wire import Framer, LlrpError, Message

CONNECTED, IN_USE, ANOTHER_TRIED = 0, frozenset({1, 2}), 4


class State(StrEnum):
    WAITING = "waiting"  # for the reader's word that the connection stands
    SETTING_UP = "setting_up"
    READY = "ready"
    READING = "reading"


@dataclass(frozen=True, slots=True)
class Reads:
    """Tags were seen."""

    lines: list[Read]


@dataclass(frozen=True, slots=True)
class Became:
    """The client is in another state."""

    state: State


@dataclass(frozen=True, slots=True)
class AntennasLost:
    """These antennas of ours have no cable now; empty when all have one again."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """The reader says that something is wrong with it, in its own words; the connection goes on."""

    words: str


Happening = Reads | Became | AntennasLost | Complaint
SET_UP = (
    (Kind.GET_READER_CAPABILITIES, Kind.GET_READER_CAPABILITIES_RESPONSE),
    (Kind.GET_READER_CONFIG, Kind.GET_READER_CONFIG_RESPONSE),
    (Kind.DELETE_ROSPEC, Kind.DELETE_ROSPEC_RESPONSE),
    (Kind.SET_READER_CONFIG, Kind.SET_READER_CONFIG_RESPONSE),
    (Kind.ADD_ROSPEC, Kind.ADD_ROSPEC_RESPONSE),
    (Kind.ENABLE_ROSPEC, Kind.ENABLE_ROSPEC_RESPONSE),
)
"""What is asked in turn, and the answer each waits for."""
MAY_BE_REFUSED = frozenset({Kind.GET_READER_CONFIG_RESPONSE, Kind.DELETE_ROSPEC_RESPONSE})
"""A reader need not know its antennas, and there is no old ROSpec to delete on most connections."""


class RefusedError(LlrpError):
    """The reader will not have us, or refuses what we ask; `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class LlrpClient:
    """One connection. `feed` raises LlrpError when it is of no use any more; then it is closed and begun again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._framer = Framer()
        self._next_id = 0
        self._out = bytearray()
        self._awaited: Kind | None = None
        self._steps = list(SET_UP)
        self._lost: set[int] = set()
        self.capabilities = Capabilities()
        self.state = State.WAITING

    def feed(self, data: bytes) -> list[Happening]:
        """What happened; afterwards `take_output` may have something to send."""
        made: list[Happening] = []
        for message in self._framer.feed(data):
            made += self._took(message)
        return made

    def take_output(self) -> bytes:
        data = bytes(self._out)
        self._out.clear()
        return data

    def begin(self) -> None:
        """Start reading, when `idle`."""
        self._ask(messages.about_rospec(Kind.START_ROSPEC, self._id()), Kind.START_ROSPEC_RESPONSE)

    def end(self) -> None:
        """Stop reading, when `idle`."""
        self._ask(messages.about_rospec(Kind.STOP_ROSPEC, self._id()), Kind.STOP_ROSPEC_RESPONSE)

    def say_goodbye(self) -> None:
        self._out += messages.close_connection(self._id())

    @property
    def idle(self) -> bool:
        """Set up, and not waiting for an answer."""
        return self.state in {State.READY, State.READING} and self._awaited is None

    @property
    def turn(self) -> int:
        """How many things were asked; while it stays the same and the client is not idle, it waits for one answer."""
        return self._next_id

    # ── what the reader sends ────────────────────────────────────────────────────────────────────

    def _took(self, message: Message) -> list[Happening]:
        match message.type:
            case Kind.RO_ACCESS_REPORT:
                lines = answers.reads(message)
                return [Reads(lines)] if lines else []
            case Kind.KEEPALIVE:
                self._out += messages.keepalive_ack(message.id)
                return []
            case Kind.READER_EVENT_NOTIFICATION:
                return self._heard(answers.news(message))
            case Kind.ERROR_MESSAGE if self._awaited is None:
                raise RefusedError("rfid.refused", answers.status(message)[1])
            case kind if kind in {self._awaited, Kind.ERROR_MESSAGE}:
                return self._answered(message)
            case _:
                return []  # an answer nobody waits for, or something newer than us

    def _heard(self, news: answers.News) -> list[Happening]:
        made: list[Happening] = []
        if news.attempt not in (None, ANOTHER_TRIED):  # that another client was sent away is no trouble of ours
            made += self._connected(news.attempt)
        if news.closing:
            raise LlrpError("the reader closes the connection")
        if messages.ROSPEC_ID in news.ended and self.state is State.READING and self._awaited is None:
            raise LlrpError("the reader stopped reading")
        if news.exception:
            made.append(Complaint(news.exception))
        return made + self._antennas(dict(news.antennas))

    def _connected(self, status: int) -> list[Happening]:
        if status in IN_USE:
            raise RefusedError("device.in_use", "the reader has another client")
        if status != CONNECTED:
            raise RefusedError("rfid.refused", f"the reader refuses the connection ({status})")
        if self.state is not State.WAITING:
            return []
        self.state = State.SETTING_UP
        return [Became(self.state), *self._go_on()]

    def _antennas(self, connected: dict[int, bool]) -> list[Happening]:
        """Those of ours that lost their cable or have it again."""
        ours = {number: on for number, on in connected.items() if number in self._settings.antennas or self._all}
        lost = (self._lost | {n for n, on in ours.items() if not on}) - {n for n, on in ours.items() if on}
        if lost == self._lost:
            return []
        self._lost = lost
        return [AntennasLost(tuple(sorted(lost)))]

    @property
    def _all(self) -> bool:
        return not self._settings.antennas

    def _answered(self, answer: Message) -> list[Happening]:
        code, words = answers.status(answer)
        awaited, self._awaited = self._awaited, None
        if code and awaited not in MAY_BE_REFUSED:
            raise RefusedError("rfid.refused", f"{awaited.name if awaited else ''}: {code} {words}")
        match awaited:
            case Kind.START_ROSPEC_RESPONSE:
                return self._become(State.READING)
            case Kind.STOP_ROSPEC_RESPONSE:
                return self._become(State.READY)
            case Kind.GET_READER_CAPABILITIES_RESPONSE:
                self.capabilities = answers.capabilities(answer)
                self._check()
            case Kind.GET_READER_CONFIG_RESPONSE if not code and not self._all:  # of all, some may be left empty
                self._antennas(answers.antennas_connected(answer))  # told when everything else is set up
            case _:
                pass
        return self._go_on()

    # ── what is said to it ───────────────────────────────────────────────────────────────────────

    def _check(self) -> None:
        """What this reader has not, it is not asked for."""
        known, wanted = self.capabilities, self._settings
        missing = [number for number in wanted.antennas if number > known.antennas]
        if missing:
            raise RefusedError("rfid.no_such_antenna", f"{missing[0]} of {known.antennas}")
        if wanted.mode is not None and wanted.mode not in known.modes:
            raise RefusedError("rfid.no_such_mode", f"{wanted.mode} of {', '.join(map(str, known.modes[:20]))}")

    def _go_on(self) -> list[Happening]:
        if self._steps:
            request, awaited = self._steps.pop(0)
            self._ask(self._request(request), awaited)
            return []
        self._out += messages.enable_reports(self._id())
        lost = [AntennasLost(tuple(sorted(self._lost)))] if self._lost else []
        return [*self._become(State.READY), *lost]

    def _become(self, state: State) -> list[Happening]:
        if state is self.state:
            return []
        self.state = state
        return [Became(state)]

    def _ask(self, data: bytes, awaited: Kind) -> None:
        self._out += data
        self._awaited = awaited

    def _id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _request(self, kind: Kind) -> bytes:
        match kind:
            case Kind.GET_READER_CAPABILITIES:
                return messages.get_capabilities(self._id())
            case Kind.GET_READER_CONFIG:
                return messages.get_antennas(self._id())
            case Kind.SET_READER_CONFIG:
                return messages.set_config(self._id(), self._settings)
            case Kind.ADD_ROSPEC:
                return messages.add_rospec(self._id(), self._settings, self.capabilities)
            case _:
                return messages.about_rospec(kind, self._id())
