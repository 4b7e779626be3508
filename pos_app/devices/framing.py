"""Bytes of a serial scanner in, labels out, however the bytes are cut into reads. No I/O, no clock.

Two framings: LINES, where CR, LF or both end a label (so empty labels are nothing), and STX_ETX, where everything
between the two is the label and CR or LF may be part of it. What cannot be a label comes out as `Unreadable` with a
code: somebody scanned something, and must be told.
"""

from dataclasses import dataclass
from enum import StrEnum

MAX_LABEL_BYTES = 8192  # the largest QR code holds 7,089 digits
SHOWN_BYTES = 64

CR, LF, STX, ETX = 0x0D, 0x0A, 0x02, 0x03
LABEL_CONTROLS = frozenset({0x1C, 0x1D, 0x1E, 0x04, CR, LF})  # FS, GS, RS, EOT stand inside 2D labels

TOO_LONG = "scan.too_long"
BINARY = "scan.binary"
UNFRAMED = "scan.unframed"  # bytes outside STX … ETX: the scanner is set up differently from the till
CUT_OFF = "scan.cut_off"  # a second STX before the ETX


class Framing(StrEnum):
    LINES = "lines"
    STX_ETX = "stx_etx"


@dataclass(frozen=True, slots=True)
class Label:
    """One complete label, at most MAX_LABEL_BYTES long and without stray control bytes."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is no label. `raw` is the beginning of it, `length` what it would have been."""

    code: str
    raw: bytes
    length: int


Framed = Label | Unreadable


class Framer:
    """Keeps the unfinished label between reads; never more than MAX_LABEL_BYTES of it."""

    def __init__(self, framing: Framing = Framing.LINES) -> None:
        self._inside_only = framing is Framing.STX_ETX
        self._inside = False
        self._bytes = bytearray()
        self._length = 0

    def feed(self, data: bytes) -> list[Framed]:
        """The labels that are complete now, in order."""
        made: list[Framed] = []
        step = self._enclosed if self._inside_only else self._line
        for byte in data:
            framed = step(byte)
            if framed:
                made.append(framed)
        return made

    def reset(self) -> None:
        """Forget an unfinished label: its scanner went away in the middle."""
        self._inside = False
        self._bytes.clear()
        self._length = 0

    def _line(self, byte: int) -> Framed | None:
        if byte in (CR, LF):
            return self._finish()
        self._keep(byte)
        return None

    def _enclosed(self, byte: int) -> Framed | None:
        if byte == STX:
            before = self._finish(CUT_OFF if self._inside else UNFRAMED)
            self._inside = True
            return before
        if self._inside and byte == ETX:
            framed = self._finish()
            self._inside = False
            return framed
        if not self._inside and byte in (CR, LF):
            return self._finish(UNFRAMED)
        self._keep(byte)
        return None

    def _keep(self, byte: int) -> None:
        self._length += 1
        if len(self._bytes) < MAX_LABEL_BYTES:
            self._bytes.append(byte)

    def _finish(self, code: str = "") -> Framed | None:
        raw, length = bytes(self._bytes), self._length
        self._bytes.clear()
        self._length = 0
        if not length:
            return None
        code = code or _trouble(raw, length)
        return Unreadable(code, raw[:SHOWN_BYTES], length) if code else Label(raw)


def label_trouble(raw: bytes) -> str:
    """`scan.binary` when it holds bytes no label holds."""
    return BINARY if any((byte < 0x20 and byte not in LABEL_CONTROLS) or byte == 0x7F for byte in raw) else ""


def _trouble(raw: bytes, length: int) -> str:
    return TOO_LONG if length > MAX_LABEL_BYTES else label_trouble(raw)


def label_text(raw: bytes) -> str:
    """A label's characters: UTF-8 when it is, else one character a byte as most scanners send."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
