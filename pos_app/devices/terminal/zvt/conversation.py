"""One order to the terminal, from our sentence to its last word. Pure: APDUs in, replies and an ending out.

The terminal acknowledges (80 00) or refuses (84 xx); then it leads: it tells what goes on, sends receipts and the
result, each of which is acknowledged, until it says completed (06 0F) or aborted (06 1E). What comes out of turn is
acknowledged and passed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import ACK, Apdu, StatusInformation, ZvtError

MAX_PRINTED_LINES = 500
NOT_REGISTERED = 0x6B  # "function deactivated": the terminal has forgotten us


class End(StrEnum):
    COMPLETED = "completed"
    ABORTED = "aborted"  # the terminal ended it; `code` says why
    REFUSED = "refused"  # it never began


@dataclass(frozen=True, slots=True)
class Doing:
    """Something the customer or the terminal does now; `code` is the terminal's own number for it."""

    code: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last word. `said` is all the status informations together."""

    end: End
    code: int
    said: StatusInformation
    lines: tuple[str, ...]


_NOTHING = StatusInformation()


class Conversation:
    """Feed it every APDU; it answers what to send and, at the end, how it ended."""

    def __init__(self, order: Apdu) -> None:
        self.order = order
        self._acknowledged = False
        self._said = _NOTHING
        self._lines: list[str] = []
        self.ending: Ending | None = None

    @property
    def acknowledged(self) -> bool:
        """True once the terminal has taken the order: from here on money may move."""
        return self._acknowledged

    def take(self, said: Apdu) -> tuple[bytes, Doing | None]:
        """The reply to send (may be empty) and what is going on."""
        if self.ending is not None:
            return ACK.bytes, None
        if said.control >> 8 in (0x80, 0x84):
            return b"", self._answered(said)
        doing: Doing | None = None
        match said.control:
            case apdu.STATUS:
                self._learn(said.data)
            case apdu.INTERMEDIATE:
                doing = Doing(said.data[0] if said.data else 0xFF, _text_in(said.data))
            case apdu.PRINT_LINE | apdu.PRINT_BLOCK:
                self._keep_lines(said)
            case apdu.COMPLETION:
                self._learn(said.data)
                self._finish(End.COMPLETED, self._said.result or 0)
            case apdu.ABORTED:
                self._finish(End.ABORTED, said.data[0] if said.data else 0xFF)
            case _:
                pass
        return ACK.bytes, doing

    def _answered(self, said: Apdu) -> None:
        if said.control >> 8 == 0x80:
            self._acknowledged = True
        elif not self._acknowledged:
            self._finish(End.REFUSED, said.control & 0xFF)

    def _learn(self, data: bytes) -> None:
        try:
            new = apdu.status_information(data)
        except ZvtError:
            return  # what cannot be understood decides nothing; the terminal is asked again in the end
        told = {name: value for name, value in _facts(new) if value not in (None, "")}
        self._said = replace(self._said, **told)

    def _keep_lines(self, said: Apdu) -> None:
        try:
            self._lines += apdu.printed_lines(said)
        except ZvtError:
            return
        del self._lines[MAX_PRINTED_LINES:]

    def _finish(self, end: End, code: int) -> None:
        self.ending = Ending(end, code, self._said, tuple(self._lines))


def _facts(said: StatusInformation) -> Iterator[tuple[str, object]]:
    return ((name, getattr(said, name)) for name in StatusInformation.__slots__)


def _text_in(data: bytes) -> str:
    """The text some terminals send with an intermediate status, in tag 24/07 of a container."""
    try:
        for number, field in apdu.bitmaps(data, 2 if len(data) > 1 else 1):
            if number == apdu.TLV:
                for tag, value in apdu.tlv(field):
                    if tag == 0x24:
                        return " ".join(apdu.text_of(text) for inner, text in apdu.tlv(value) if inner == 0x07)
    except ZvtError:
        return ""
    return ""


ABORT_REASONS = MappingProxyType(
    {
        0x64: "terminal.card_not_readable", 0x65: "terminal.card_not_readable", 0x6B: "terminal.not_registered",
        0x6C: "terminal.aborted_there", 0x6E: "terminal.card_blocked", 0x6F: "terminal.wrong_currency",
        0x71: "terminal.declined", 0x78: "terminal.card_expired", 0x79: "terminal.declined", 0x7A: "terminal.card_unknown",
        0x7D: "terminal.no_host", 0x83: "terminal.not_possible", 0x9B: "terminal.no_host", 0x9C: "terminal.busy",
        0xA0: "terminal.busy", 0xA1: "terminal.no_host", 0xA3: "terminal.no_host", 0xB4: "terminal.already_reversed",
        0xB5: "terminal.reversal_not_possible", 0xC2: "terminal.needs_diagnosis", 0xC3: "terminal.amount_too_high",
        0xC6: "terminal.wrong_currency", 0xC8: "terminal.amount_too_low", 0xCC: "terminal.printer_not_ready",
        0xDC: "terminal.card_inserted", 0xF0: "terminal.day_not_closed", 0xFF: "terminal.system_error",
    }
)  # fmt: skip
"""The terminal's result codes that a cashier can do something about; all others are `terminal.declined`."""


def reason_of(code: int) -> str:
    """Our stable code for a result code of the terminal."""
    return ABORT_REASONS.get(code, "terminal.declined")
