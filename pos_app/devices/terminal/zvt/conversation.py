"""One order to the terminal, from our sentence to its last word. Pure: APDUs in, replies and an ending out.

The terminal acknowledges (80 00 or 84 00), asks for more time (84 9C) or refuses (84 xx); then it leads: it tells what
goes on, sends receipts and the result, each of which is acknowledged, until it says completed (06 0F) or aborted
(06 1E). What comes out of turn is acknowledged and passed over; what wants an answer of people is "not supported".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import ACK, NOT_SUPPORTED, Apdu, StatusInformation, ZvtError

MAX_PRINTED_LINES = 500
NOT_REGISTERED = 0x6B  # "function deactivated": the terminal has forgotten us
MORE_TIME = 0x9C
DONE = 0
STOPPED = 0x6C  # by its own key, by us, or because nobody came


class End(StrEnum):
    COMPLETED = "completed"
    ABORTED = "aborted"  # the terminal ended it; `code` says why
    REFUSED = "refused"  # it never began


@dataclass(frozen=True, slots=True)
class Doing:
    """Something the customer or the terminal does now: a stable code, and the terminal's own words if it sent some."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """The last word. `said` is all the status informations together; `status` is a status enquiry's answer."""

    end: End
    code: int
    said: StatusInformation
    lines: tuple[str, ...]
    status: int | None = None

    @property
    def done(self) -> bool:
        """The order was carried out, as far as the terminal says."""
        return self.end is End.COMPLETED and self.code == DONE


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

    @property
    def said(self) -> StatusInformation:
        """What it told so far."""
        return self._said

    def take(self, said: Apdu) -> tuple[bytes, Doing | None]:
        """The reply to send (may be empty) and what is going on."""
        if said.control >> 8 in {0x80, 0x84}:
            self._answered(said)
            return b"", None
        if self.ending is not None or not self._acknowledged:
            return ACK.bytes, None  # the rest of an earlier order, or said twice: it is none of this one
        doing: Doing | None = None
        match said.control:
            case apdu.STATUS:
                self._learn(said.data)
            case apdu.INTERMEDIATE:
                doing = Doing(doing_of(said.data[0] if said.data else 0xFF), _text_in(said.data))
            case apdu.DISPLAY_TEXT | apdu.DISPLAY_TEXT_OLD:
                doing = Doing(WORKING, _shown(said))
            case apdu.PRINT_LINE | apdu.PRINT_BLOCK:
                self._keep_lines(said)
            case apdu.COMPLETION:
                self._completed(said.data)
            case apdu.ABORTED:
                self._finish(End.ABORTED, said.data[0] if said.data else 0xFF)
            case apdu.SET_CLOCK:
                pass
            case _:
                return NOT_SUPPORTED.bytes, None
        return ACK.bytes, doing

    def _answered(self, said: Apdu) -> None:
        code = said.control & 0xFF
        if self._acknowledged or self.ending is not None or code == MORE_TIME:
            return  # to our wish to stop, or a word about the time it takes
        if said.control >> 8 == 0x80 or code == DONE:
            self._acknowledged = True
        else:
            self._finish(End.REFUSED, code)

    def _completed(self, data: bytes) -> None:
        if self.order.control == apdu.STATUS_ENQUIRY:
            self._finish(End.COMPLETED, DONE, apdu.terminal_status(data))
            return
        self._learn(data)
        self._finish(End.COMPLETED, self._said.result or DONE)

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

    def _finish(self, end: End, code: int, status: int | None = None) -> None:
        self.ending = Ending(end, code, self._said, tuple(self._lines), status)


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


def _shown(said: Apdu) -> str:
    try:
        return apdu.displayed_text(said)
    except ZvtError:
        return ""


WORKING, REMOVE_CARD = "terminal.working", "terminal.remove_card"
DOING = MappingProxyType(
    {
        0x00: "terminal.confirm_amount", 0x01: "terminal.look_at_pin_pad", 0x02: "terminal.look_at_pin_pad",
        0x03: "terminal.not_accepted", 0x04: "terminal.asking_bank", 0x05: "terminal.taking_back",
        0x07: "terminal.card_not_admitted", 0x08: "terminal.card_unknown", 0x09: "terminal.card_expired",
        0x0A: "terminal.insert_card", 0x0B: REMOVE_CARD, 0x0C: "terminal.card_not_readable",
        0x0F: "terminal.closing_its_day", 0x10: "terminal.card_unknown", 0x13: "terminal.not_possible",
        0x14: "terminal.declined", 0x15: "terminal.wrong_pin", 0x16: "terminal.declined", 0x18: "terminal.pin_locked",
        0x1C: "terminal.approved", 0x1D: "terminal.declined", 0x4B: REMOVE_CARD, 0xC8: "terminal.waits_for_cashier",
        0xD2: "terminal.asking_bank", 0xD3: "terminal.asking_bank",
    }
)  # fmt: skip
"""What goes on, by the terminal's numbers for it; 41 to 5D are the same with "please remove the card"."""


def doing_of(code: int) -> str:
    """Our stable code for an intermediate status."""
    return REMOVE_CARD if 0x41 <= code <= 0x5D else DOING.get(code, WORKING)


ABORT_REASONS = MappingProxyType(
    {
        0x64: "terminal.card_not_readable", 0x65: "terminal.card_not_readable", 0x6A: "terminal.memory_full",
        0x6B: "terminal.not_registered", 0x6C: "terminal.aborted_there", 0x6E: "terminal.card_blocked", 0x6F: "terminal.wrong_currency",
        0x71: "terminal.declined", 0x78: "terminal.card_expired", 0x79: "terminal.declined", 0x7A: "terminal.card_unknown",
        0x7D: "terminal.no_host", 0x83: "terminal.not_possible", 0x9B: "terminal.no_host", 0x9C: "terminal.busy",
        0xA0: "terminal.busy", 0xA1: "terminal.no_host", 0xA3: "terminal.no_host", 0xB1: "terminal.memory_full",
        0xB2: "terminal.memory_full", 0xB4: "terminal.already_reversed",
        0xB5: "terminal.reversal_not_possible", 0xC2: "terminal.needs_diagnosis", 0xC3: "terminal.amount_too_high",
        0xC6: "terminal.wrong_currency", 0xC8: "terminal.amount_too_low", 0xCC: "terminal.printer_not_ready",
        0xDC: "terminal.card_inserted", 0xF0: "terminal.day_not_closed", 0xFF: "terminal.system_error",
    }
)  # fmt: skip
"""The terminal's result codes that a cashier can do something about; all others are `terminal.declined`."""


def reason_of(code: int) -> str:
    """Our stable code for a result code of the terminal."""
    return ABORT_REASONS.get(code, "terminal.declined")
