"""Reads the ZPL a label printer gets, byte by byte. No I/O. Written apart from our own writer on purpose.

Control commands (`~HS`) are seen the moment they arrive, formats (`^XA` … `^XZ`) when they are whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass

CARET, TILDE = 0x5E, 0x7E
MAX_FORMAT_BYTES = 1 << 20
HEX = "0123456789ABCDEFabcdef"


@dataclass(frozen=True, slots=True)
class Command:
    """`^XX` and what stands behind it, up to the next command."""

    name: str
    rest: str

    @property
    def numbers(self) -> tuple[int, ...]:
        """The parameters that are plain numbers of up to five figures; others count as 0."""
        return tuple(
            int(part) if part.isascii() and part.isdigit() and len(part) < 6 else 0 for part in self.rest.split(",")
        )


@dataclass(frozen=True, slots=True)
class Format:
    """One label's commands."""

    commands: tuple[Command, ...]
    copies: int


class Reader:
    """`feed` returns what became whole: names of control commands, and formats."""

    def __init__(self) -> None:
        self._part = bytearray()
        self._format: list[Command] | None = None

    @property
    def in_format(self) -> bool:
        """A format has begun and not ended."""
        return self._format is not None

    def feed(self, data: bytes) -> Iterator[str | Format]:
        for byte in data:
            if byte in {CARET, TILDE}:
                yield from self._whole()
                self._part = bytearray((byte,))
            elif self._part and len(self._part) < MAX_FORMAT_BYTES:
                self._part.append(byte)
            if len(self._part) == 3 and (self._part[0] == TILDE or bytes(self._part[1:]) in {b"XA", b"XZ"}):
                yield from self._whole()

    def _whole(self) -> Iterator[str | Format]:
        part, self._part = bytes(self._part), bytearray()
        if len(part) < 3:
            return
        name = part[1:3].decode("ascii", "replace").upper()
        if part[0] == TILDE:
            yield name
        elif name == "XA":
            self._format = []
        elif self._format is not None and name == "XZ":
            made, self._format = self._format, None
            yield Format(tuple(made), _copies(made))
        elif self._format is not None:
            long = name.startswith("A")  # ^A takes its font's name at once: ^A0N
            body = part[2:] if long else part[3:]
            text = body.decode("utf-8", "replace")
            self._format.append(Command("A" if long else name, text if name == "FD" else text.strip("\r\n")))


def hex_text(text: str, mark: str = "_") -> str:
    """What `^FH` makes of field data: the mark and two figures are a byte of UTF-8."""
    made = bytearray()
    at = 0
    while at < len(text):
        figures = text[at + 1 : at + 3]
        if text[at] == mark and len(figures) == 2 and all(figure in HEX for figure in figures):
            made.append(int(figures, 16))
            at += 3
        else:
            made += text[at].encode()
            at += 1
    return made.decode("utf-8", "replace")


def graphic(text: str, row_bytes: int, total: int) -> bytes:
    """The bits of `^GFA` data, its run counts and shortcuts undone; never more than `total` bytes."""
    rows: list[str] = []
    row, count, wide = "", 0, row_bytes * 2
    for char in text:
        if len(rows) * row_bytes >= total:
            break
        if "G" <= char <= "Y":
            count += ord(char) - ord("F")
        elif "g" <= char <= "z":
            count += 20 * (ord(char) - ord("f"))
        elif char in HEX:
            row += char * (count or 1)
            count = 0
        elif char in ",!":
            row = row[:wide].ljust(wide, "0" if char == "," else "F")
        elif char == ":":
            row = rows[-1] if rows else "0" * wide
        while len(row) >= wide > 0:
            rows.append(row[:wide])
            row = row[wide:]
    return bytes.fromhex("".join(rows))[:total]


def _copies(commands: list[Command]) -> int:
    asked = next((command.numbers[0] for command in reversed(commands) if command.name == "PQ"), 1)
    return max(1, min(asked, 10_000))
