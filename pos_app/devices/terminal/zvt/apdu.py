"""ZVT's sentences as bytes. Pure. No whole card number and no track ever leaves this module.

An APDU: class, instruction, length (one byte, or FF and two bytes, low first), data. The data of most answers is a row
of bitmaps, each a number and a field of fixed length, of LLVAR or LLLVAR length (digits in the low halves of bytes), or
a TLV container. Source: ZVT protocol specification PA00P015 13.x, tables of commands, bitmaps and result codes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from retail_core.domain.payments import Mark

EXTENDED = 0xFF
CHARACTERS = "cp437"
MAX_TEXT_CHARS = 200
MAX_LINES = 500
MAX_TAG_BYTES = 3
SHOWN_DIGITS = 4
STAMP_DIGITS = 10
CLASSES = frozenset({0x04, 0x05, 0x06, 0x08, 0x0F, 0x80, 0x84})
"""First bytes of a sentence. Anything else between two sentences is noise: a converter's banner, a wrong port."""


class ZvtError(ValueError):
    """Bytes that are no ZVT."""


@dataclass(frozen=True, slots=True)
class Apdu:
    """One sentence. `control` is class and instruction as one number: 0x060F is a completion.

    Its text form leaves the data out, which may hold a card's number.
    """

    control: int
    data: bytes = field(default=b"", repr=False)

    @property
    def bytes(self) -> bytes:
        size = len(self.data)
        length = bytes([size]) if size < EXTENDED else bytes([EXTENDED, size & 0xFF, size >> 8])
        return self.control.to_bytes(2, "big") + length + self.data


class Framer:
    """APDUs from a stream, however it is cut. What cannot begin a sentence is passed over; it holds one at most."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Apdu]:
        self._rest += data
        made: list[Apdu] = []
        while (found := self._next()) is not None:
            made.append(found)
        return made

    def _next(self) -> Apdu | None:
        rest = self._rest
        noise = next((n for n, byte in enumerate(rest) if byte in CLASSES), len(rest))
        del rest[:noise]
        if len(rest) < 3:
            return None
        head, size = 3, rest[2]
        if size == EXTENDED:
            if len(rest) < 5:
                return None
            head, size = 5, rest[3] | rest[4] << 8
        if len(rest) < head + size:
            return None
        apdu = Apdu(rest[0] << 8 | rest[1], bytes(rest[head : head + size]))
        del rest[: head + size]
        return apdu


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────


def bcd(number: int, size: int) -> bytes:
    """`number` in `size` bytes, two digits each. Raises ValueError when it does not fit."""
    text = f"{number:0{size * 2}d}"
    if len(text) != size * 2 or number < 0:
        raise ValueError("the number does not fit")
    return bytes.fromhex(text)


def from_bcd(data: bytes) -> int:
    """Raises ZvtError for a half that is no digit."""
    text = data.hex()
    if not text.isdigit():
        raise ZvtError("not a decimal number")
    return int(text)


# ── bitmaps ──────────────────────────────────────────────────────────────────────────────────────

AMOUNT, TRACE, TIME, DATE, PAN, RESULT, TERMINAL_ID = 0x04, 0x0B, 0x0C, 0x0D, 0x22, 0x27, 0x29
CURRENCY, RECEIPT, CARD_NAME, ADDITIONAL_TEXT, TLV = 0x49, 0x87, 0x8B, 0x3C, 0x06
SOFTWARE = 0xF0
_FIXED = MappingProxyType(
    {0x01: 1, 0x02: 1, 0x03: 1, 0x04: 6, 0x05: 1, 0x0B: 3, 0x0C: 3, 0x0D: 2, 0x0E: 2, 0x17: 2, 0x19: 1, 0x27: 1, 0x29: 4,
     0x2A: 15, 0x37: 3, 0x3A: 2, 0x3B: 8, 0x3D: 3, 0x49: 2, 0x87: 2, 0x88: 3, 0x8A: 1, 0x8C: 1, 0xA0: 1, 0xAA: 3, 0xBA: 5,
     0x70: 4, 0x71: 4, 0x72: 1, 0x73: 1, 0x74: 1, 0x75: 1, 0xD0: 1, 0xD2: 1, 0xD3: 1, 0xE0: 1, 0xE9: 1, 0xEA: 1, 0xEB: 8,
     0xF0: 1, 0xF9: 1, 0xFA: 1, 0xFB: 1, 0xFC: 1, 0xFD: 1}
)  # fmt: skip
_LLVAR = frozenset({0x22, 0x23, 0x2D, 0x4C, 0x8B, 0xA7, 0xD1, 0xE1, 0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xF1,
                    0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8})  # fmt: skip
_LLLVAR = frozenset({0x24, 0x25, 0x2E, 0x3C, 0x60, 0x92, 0x9A, 0xAF})


def bitmaps(data: bytes, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """(number, field) one after the other. Raises ZvtError where one does not fit."""
    at = start
    while at < len(data):
        number = data[at]
        at += 1
        if number == TLV:
            size, at = _ber_length(data, at)
        elif number in _FIXED:
            size = _FIXED[number]
        elif number in _LLVAR or number in _LLLVAR:
            digits = 2 if number in _LLVAR else 3
            size = _var_length(data[at : at + digits], digits)
            at += digits
        else:
            raise ZvtError(f"bitmap {number:02X} is not known")
        if at + size > len(data):
            raise ZvtError(f"bitmap {number:02X} runs over the end")
        yield number, data[at : at + size]
        at += size


def tlv(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, value) of a container, one level of it. Raises ZvtError where one does not fit."""
    at = 0
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            tag, at = _long_tag(data, at)
        size, at = _ber_length(data, at)
        if at + size > len(data):
            raise ZvtError(f"tag {tag:X} runs over the end")
        yield tag, data[at : at + size]
        at += size


def _long_tag(data: bytes, at: int) -> tuple[int, int]:
    """A tag of two or three bytes; all but its last have their highest bit set."""
    end = at
    while end < len(data) and data[end] & 0x80 and end - at < MAX_TAG_BYTES - 2:
        end += 1
    if end >= len(data) or data[end] & 0x80:
        raise ZvtError("half a tag")
    return int.from_bytes(data[at - 1 : end + 1], "big"), end + 1


def _ber_length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise ZvtError("half a length")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    more = first & 0x7F
    if more not in (1, 2) or at + 1 + more > len(data):
        raise ZvtError("an impossible length")
    return int.from_bytes(data[at + 1 : at + 1 + more], "big"), at + 1 + more


def _var_length(data: bytes, digits: int) -> int:
    if len(data) < digits or any(byte & 0xF0 != 0xF0 or byte & 0x0F > 9 for byte in data):
        raise ZvtError("an impossible length")
    return int("".join(str(byte & 0x0F) for byte in data))


# ── what the terminal says ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StatusInformation:
    """A status information (04 0F). `masked_card` holds the last four digits at most; None where nothing was said."""

    result: int | None = None
    amount_minor: int | None = None
    currency: int | None = None
    trace: int | None = None
    receipt: int | None = None
    terminal_id: str = ""
    masked_card: str = ""
    card_name: str = ""
    text: str = ""
    date_mmdd: str = ""
    time_hhmmss: str = ""

    @property
    def mark(self) -> Mark:
        """The numbers it is found by again."""
        stamp = self.date_mmdd + self.time_hhmmss
        return Mark(self.trace or 0, self.receipt or 0, self.terminal_id, stamp if len(stamp) == STAMP_DIGITS else "")


def status_information(data: bytes) -> StatusInformation:
    """Understand a status information. Fields we have no use for are passed over; tracks are not even looked at.

    What stands before a field nobody knows counts: later releases of the protocol put new ones behind the old.
    Raises ZvtError when not even the first field can be read, or a number is none.
    """
    told: dict[int, bytes] = {}
    try:
        for number, value in bitmaps(data):
            told.setdefault(number, value)
    except ZvtError:
        if not told:
            raise
    return StatusInformation(
        result=told[RESULT][0] if RESULT in told else None,
        amount_minor=_number(told, AMOUNT),
        currency=_number(told, CURRENCY),
        trace=_number(told, TRACE),
        receipt=_number(told, RECEIPT),
        terminal_id=told.get(TERMINAL_ID, b"").hex(),
        masked_card=masked(told.get(PAN, b"")),
        card_name=text_of(told.get(CARD_NAME, b"")),
        text=text_of(told.get(ADDITIONAL_TEXT, b"")),
        date_mmdd=told.get(DATE, b"").hex(),
        time_hhmmss=told.get(TIME, b"").hex(),
    )


def terminal_status(data: bytes) -> int | None:
    """The code in the completion of a status enquiry: after the software's version, if that is told. None: not said."""
    at = 0
    if data[:1] == bytes([SOFTWARE]):
        try:
            at = 4 + _var_length(data[1:4], 3)
        except ZvtError:
            return None
    return data[at] if at < len(data) and data[at] != TLV else None


def masked(pan: bytes) -> str:
    """The last four digits of a card number that comes as half bytes (E: masked, F: filler)."""
    digits = [half for half in pan.hex() if half != "f"]
    if len(digits) <= SHOWN_DIGITS:
        return ""
    return "••" + "".join(half if half.isdigit() else "•" for half in digits[-SHOWN_DIGITS:])


_CARD_LIKE = re.compile(r"(?<!\d)[2-6](?:[ -]?\d){12,18}(?!\d)")


def text_of(data: bytes) -> str:
    """Printable text; what stands for the end of it is dropped, and a card's number shows its last four digits."""
    text = data.split(b"\0")[0].decode(CHARACTERS, "replace")
    return "".join(c for c in _CARD_LIKE.sub(_shown, text) if c.isprintable())[:MAX_TEXT_CHARS].strip()


def _shown(found: re.Match[str]) -> str:
    digits = [int(c) for c in found[0] if c.isdigit()]
    doubled = sum(sum(divmod(digit * 2, 10)) for digit in digits[-2::-2])
    if (doubled + sum(digits[-1::-2])) % 10:
        return found[0]  # no card's: its check digit is wrong
    return "••" + "".join(map(str, digits[-SHOWN_DIGITS:]))


def printed_lines(apdu: Apdu) -> list[str]:
    """The lines of a print order: 06 D1 is one line after an attribute byte, 06 D3 a container of lines (tag 07).

    Raises ZvtError.
    """
    if apdu.control == 0x06D1:
        return [text_of(apdu.data[1:])]
    lines: list[str] = []
    for number, value in bitmaps(apdu.data):
        if number == TLV:
            lines += _lines_in(value, depth=0)
    return lines[:MAX_LINES]


def displayed_text(apdu: Apdu) -> str:
    """What a terminal wants the till to show (06 E0). Raises ZvtError."""
    return " ".join(text_of(value) for number, value in bitmaps(apdu.data) if number in TEXT_LINES).strip()


def _lines_in(container: bytes, depth: int) -> list[str]:
    lines: list[str] = []
    for tag, value in tlv(container):
        if tag == 0x07:
            lines.append(text_of(value))
        elif tag == 0x25 and depth < 2:
            lines += _lines_in(value, depth + 1)
    return lines


def _number(told: dict[int, bytes], bitmap: int) -> int | None:
    return from_bcd(told[bitmap]) if bitmap in told else None


# ── what we say ──────────────────────────────────────────────────────────────────────────────────

ACK = Apdu(0x8000)
NOT_SUPPORTED = Apdu(0x8483)
# the till prints payment (02) and administration receipts (04), wants to hear what goes on (08), gets lines to print (80)
TILL_PRINTS, TERMINAL_PRINTS = 0x8E, 0x08
REGISTRATION, AUTHORISATION, REPEAT_RECEIPT = 0x0600, 0x0601, 0x0620
REVERSAL, REFUND, END_OF_DAY, ABORT, STATUS_ENQUIRY = 0x0630, 0x0631, 0x0650, 0x06B0, 0x0501
COMPLETION, ABORTED, STATUS, INTERMEDIATE = 0x060F, 0x061E, 0x040F, 0x04FF
PRINT_LINE, PRINT_BLOCK, SET_CLOCK = 0x06D1, 0x06D3, 0x0401
DISPLAY_TEXT, DISPLAY_TEXT_OLD = 0x06E0, 0x0685
TEXT_LINES = frozenset(range(0xF1, 0xF9))


def registration(password: str, currency: int, *, terminal_prints: bool) -> Apdu:
    config = TERMINAL_PRINTS if terminal_prints else TILL_PRINTS
    return Apdu(REGISTRATION, bcd(int(password), 3) + bytes([config]) + bcd(currency, 2))


def authorisation(amount_minor: int, currency: int) -> Apdu:
    return Apdu(AUTHORISATION, _amount(amount_minor, currency))


def refund(password: str, amount_minor: int, currency: int) -> Apdu:
    return Apdu(REFUND, bcd(int(password), 3) + _amount(amount_minor, currency))


def reversal(password: str, receipt: int) -> Apdu:
    return Apdu(REVERSAL, bcd(int(password), 3) + bytes([RECEIPT]) + bcd(receipt, 2))


def with_password(control: int, password: str) -> Apdu:
    """End of day, repeat receipt, status enquiry."""
    return Apdu(control, bcd(int(password), 3))


def _amount(amount_minor: int, currency: int) -> bytes:
    return bytes([AMOUNT]) + bcd(amount_minor, 6) + bytes([CURRENCY]) + bcd(currency, 2)
