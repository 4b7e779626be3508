"""Reads the ESC/POS commands a printer gets, byte by byte. No I/O. Written apart from our own writer on purpose."""

from collections.abc import Iterator
from dataclasses import dataclass

ESC, GS, DLE, LF, CR = 0x1B, 0x1D, 0x10, 0x0A, 0x0D
MAX_COMMAND_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Op:
    """One command: its name, its small numbers and its data (text, picture bits, QR content)."""

    name: str
    numbers: tuple[int, ...] = ()
    data: bytes = b""


# Commands of fixed length: (first byte, second byte) → name and how many number bytes follow.
FIXED = {
    (ESC, ord("@")): ("reset", 0),
    (ESC, ord("E")): ("bold", 1),
    (ESC, ord("a")): ("align", 1),
    (ESC, ord("t")): ("page", 1),
    (ESC, ord("d")): ("feed_lines", 1),
    (ESC, ord("J")): ("feed_dots", 1),
    (ESC, ord("3")): ("pitch", 1),
    (ESC, ord("2")): ("pitch_default", 0),
    (ESC, ord("p")): ("kick", 3),
    (GS, ord("!")): ("size", 1),
    (GS, ord("r")): ("ask", 1),
    (GS, ord("a")): ("auto_status", 1),
    (GS, ord("h")): ("bar_height", 1),
    (GS, ord("w")): ("bar_width", 1),
    (GS, ord("H")): ("bar_text", 1),
    (DLE, 0x04): ("real_time_ask", 1),
    (DLE, 0x14): ("real_time_kick", 3),
}


class Reader:
    """`feed` bytes in any pieces, get the commands that are complete."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Op]:
        self._rest += data
        return list(self._take())

    def _take(self) -> Iterator[Op]:
        while self._rest:
            if len(self._rest) > MAX_COMMAND_BYTES:
                self._rest.clear()
                yield Op("nonsense")
                return
            found = _next(bytes(self._rest))
            if found is None:
                return
            op, length = found
            del self._rest[:length]
            yield op


def _next(data: bytes) -> tuple[Op, int] | None:
    first = data[0]
    if first in (ESC, GS, DLE):
        return _command(data)
    if first == LF:
        return Op("line"), 1
    if first < 0x20:
        return Op("ignored", (first,)), 1
    end = next((n for n, byte in enumerate(data) if byte < 0x20), len(data))
    return Op("text", data=data[:end]), end


def _command(data: bytes) -> tuple[Op, int] | None:
    if len(data) < 2:
        return None
    fixed = FIXED.get((data[0], data[1]))
    if fixed:
        name, count = fixed
        return (Op(name, tuple(data[2 : 2 + count])), 2 + count) if len(data) >= 2 + count else None
    match data[:2]:
        case b"\x1dV":
            return _cut(data)
        case b"\x1dv":
            return _picture(data)
        case b"\x1d(":
            return _function(data)
        case b"\x1dk":
            return _bars(data)
        case _:
            return Op("unknown", tuple(data[:2])), 2


def _cut(data: bytes) -> tuple[Op, int] | None:
    if len(data) < 3:
        return None
    length = 4 if data[2] in (65, 66) else 3
    return (Op("cut", tuple(data[2:length])), length) if len(data) >= length else None


def _bars(data: bytes) -> tuple[Op, int] | None:
    """GS k in its second form: kind, how many bytes, the bytes."""
    if len(data) < 4:
        return None
    length = 4 + data[3]
    return (Op("bars", (data[2],), data[4:length]), length) if len(data) >= length else None


def _picture(data: bytes) -> tuple[Op, int] | None:
    if len(data) < 8:
        return None
    row_bytes, height = data[4] | data[5] << 8, data[6] | data[7] << 8
    length = 8 + row_bytes * height
    return (Op("picture", (row_bytes, height), data[8:length]), length) if len(data) >= length else None


def _function(data: bytes) -> tuple[Op, int] | None:
    if len(data) < 5:
        return None
    length = 5 + (data[3] | data[4] << 8)
    if len(data) < length:
        return None
    body = data[5:length]
    match (data[2:3], body[:2]):
        case (b"k", b"1C"):
            return Op("qr_module", (body[2],)), length
        case (b"k", b"1P"):
            return Op("qr_store", data=body[3:]), length
        case (b"k", b"1Q"):
            return Op("qr_print"), length
        case _:
            return Op("setting", tuple(body[:2])), length


class RealTimeEar:
    """Hears DLE EOT and DLE DC4 wherever they stand in the stream, as a printer does, even inside a picture."""

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> list[Op]:
        seen, heard, n = self._tail + data, list[Op](), 0
        while n < len(seen):
            count = {0x04: 1, 0x14: 3}.get(seen[n + 1]) if seen[n] == DLE and n + 1 < len(seen) else None
            if count is None:
                if seen[n] == DLE and n + 1 == len(seen):
                    break
                n += 1
            elif n + 2 + count > len(seen):
                break
            else:
                name = "real_time_ask" if count == 1 else "real_time_kick"
                heard.append(Op(name, tuple(seen[n + 2 : n + 2 + count])))
                n += 2 + count
        self._tail = seen[n:]
        return heard
