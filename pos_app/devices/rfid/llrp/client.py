"""The conversation with a reader as a state machine: bytes in, happenings and bytes out. No I/O, no clock.

connected → its capabilities → our old ROSpec away → keep-alives → our ROSpec added and enabled → ready. Nobody else's
settings are reset and nobody else's connection is taken: a reader that is in use says so.
"""

from dataclasses import dataclass
from enum import StrEnum

from pos_app.devices.rfid.llrp import messages
from pos_app.devices.rfid.llrp.messages import Capabilities, Kind, Read, Settings
from pos_app.devices.rfid.llrp.wire import Framer, LlrpError, Message

NO_SUCH_ROSPEC = frozenset({101, 102, 103})  # M_FieldError and its kin: there was none to delete


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
class Trouble:
    """Something a person should know; the connection goes on."""

    code: str
    detail: str = ""


Happening = Reads | Became | Trouble
SET_UP = (
    (Kind.GET_READER_CAPABILITIES, Kind.GET_READER_CAPABILITIES_RESPONSE),
    (Kind.DELETE_ROSPEC, Kind.DELETE_ROSPEC_RESPONSE),
    (Kind.SET_READER_CONFIG, Kind.SET_READER_CONFIG_RESPONSE),
    (Kind.ADD_ROSPEC, Kind.ADD_ROSPEC_RESPONSE),
    (Kind.ENABLE_ROSPEC, Kind.ENABLE_ROSPEC_RESPONSE),
)
"""What is asked in turn, and the answer each waits for."""


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
        """Start reading, when ready and nothing else is under way."""
        self._ask(messages.about_rospec(Kind.START_ROSPEC, self._id()), Kind.START_ROSPEC_RESPONSE)

    def end(self) -> None:
        """Stop reading."""
        self._ask(messages.about_rospec(Kind.STOP_ROSPEC, self._id()), Kind.STOP_ROSPEC_RESPONSE)

    def say_goodbye(self) -> None:
        self._out += messages.close_connection(self._id())

    @property
    def idle(self) -> bool:
        """Set up, and not waiting for an answer."""
        return self.state in {State.READY, State.READING} and self._awaited is None

    def _took(self, message: Message) -> list[Happening]:
        match message.type:
            case Kind.RO_ACCESS_REPORT:
                lines = messages.reads(message)
                return [Reads(lines)] if lines else []
            case Kind.KEEPALIVE:
                self._out += messages.keepalive_ack(message.id)
                return []
            case Kind.READER_EVENT_NOTIFICATION:
                return self._heard(message)
            case Kind.ERROR_MESSAGE:
                raise RefusedError("rfid.refused", messages.status(message)[1])
            case kind if kind == self._awaited:
                return self._answered(message)
            case _:
                return []  # an answer nobody waits for, or something newer than us

    def _heard(self, news: Message) -> list[Happening]:
        attempt = messages.connection_refused(news)
        if attempt is not None:
            if attempt:
                raise RefusedError("device.in_use", f"the reader refuses the connection ({attempt})")
            if self.state is State.WAITING:
                self.state = State.SETTING_UP
                self._go_on()
                return [Became(self.state)]
        lost = messages.antenna_lost(news)
        return [Trouble("rfid.antenna_lost", str(lost))] if lost is not None else []

    def _answered(self, answer: Message) -> list[Happening]:
        code, words = messages.status(answer)
        awaited, self._awaited = self._awaited, None
        if code and not (awaited is Kind.DELETE_ROSPEC_RESPONSE and code in NO_SUCH_ROSPEC):
            raise RefusedError("rfid.refused", f"{awaited}: {code} {words}")
        if awaited is Kind.GET_READER_CAPABILITIES_RESPONSE:
            self.capabilities = messages.capabilities(answer)
        if awaited is Kind.START_ROSPEC_RESPONSE:
            return self._become(State.READING)
        if awaited is Kind.STOP_ROSPEC_RESPONSE:
            return self._become(State.READY)
        return self._go_on()

    def _go_on(self) -> list[Happening]:
        if self._steps:
            request, awaited = self._steps.pop(0)
            self._ask(self._request(request), awaited)
            return []
        return self._become(State.READY)

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
            case Kind.SET_READER_CONFIG:
                return messages.set_config(self._id(), self._settings)
            case Kind.ADD_ROSPEC:
                return messages.add_rospec(self._id(), self._settings, self.capabilities)
            case _:
                return messages.about_rospec(kind, self._id())
