"""What a reader says, understood. Pure; nothing but LlrpError is raised, whatever the bytes."""

import struct
from dataclasses import dataclass

from pos_app.devices.rfid.llrp.messages import Capabilities
from pos_app.devices.rfid.llrp.wire import LlrpError, Message, parameters

NO_RSSI_CDBM = -12_800
MAX_EPC_BYTES = 62
WORDS_CHARS = 200


@dataclass(frozen=True, slots=True)
class Read:
    """A line of a report: how often this tag was seen since the last one."""

    epc: bytes
    antenna: int
    rssi_cdbm: int
    count: int


@dataclass(frozen=True, slots=True)
class News:
    """A READER_EVENT_NOTIFICATION. `attempt`: the status of a connection attempt, 0 for ours that succeeded."""

    attempt: int | None = None
    closing: bool = False
    antennas: tuple[tuple[int, bool], ...] = ()  # (number, connected)
    ended: tuple[int, ...] = ()  # ROSpecs
    exception: str = ""


def status(answer: Message) -> tuple[int, str]:
    """(code, words) of the LLRPStatus in an answer; code 0 is success."""
    for kind, start, end in parameters(answer.body):
        if kind == 287 and end - start >= 4:
            code, length = struct.unpack_from(">HH", answer.body, start)
            return code, _words(answer.body, start + 4, min(start + 4 + length, end))
    raise LlrpError("an answer without a status")


def news(message: Message) -> News:
    """What happened at the reader; what is not known here is left out."""
    body = message.body
    attempt: int | None = None
    closing, exception = False, ""
    antennas, ended = list[tuple[int, bool]](), list[int]()
    for outer, begin, until in parameters(body):
        if outer != 246:
            continue
        for kind, start, end in parameters(body, begin, until):
            size = end - start
            if kind == 256 and size >= 2:
                attempt = _u16(body, start)
            elif kind == 257:
                closing = True
            elif kind == 255 and size >= 3:
                antennas.append((_u16(body, start + 1), body[start] == 1))
            elif kind == 249 and size >= 5 and body[start] == 1:
                ended.append(int.from_bytes(body[start + 1 : start + 5], "big"))
            elif kind == 252 and size >= 2:
                exception = _words(body, start + 2, min(start + 2 + _u16(body, start), end))
    return News(attempt, closing, tuple(antennas), tuple(ended), exception)


def antennas_connected(answer: Message) -> dict[int, bool]:
    """Of each antenna, whether a cable is on it, from a GET_READER_CONFIG_RESPONSE."""
    return {
        _u16(answer.body, start + 1): bool(answer.body[start] & 0x80)
        for kind, start, end in parameters(answer.body)
        if kind == 221 and end - start >= 3
    }


def capabilities(answer: Message) -> Capabilities:
    """What the reader can, from its GET_READER_CAPABILITIES_RESPONSE."""
    body = answer.body
    antennas, firmware, powers, hop, hopping, modes = 0, "", dict[int, int](), 0, False, list[int]()
    for kind, start, end in parameters(body):
        if kind == 137 and end - start >= 14:
            antennas = _u16(body, start)
            firmware = _words(body, start + 14, min(start + 14 + _u16(body, start + 12), end))
        elif kind == 143:
            for inner, at, until in parameters(body, start + 4, end):
                if inner == 144:
                    hop, hopping = _band(body, at, until, powers, modes)
    return Capabilities(antennas, powers, hop, hopping, tuple(modes), firmware)


def _band(body: bytes, start: int, end: int, powers: dict[int, int], modes: list[int]) -> tuple[int, bool]:
    hop, hopping = 0, False
    for kind, at, until in parameters(body, start, end):
        if kind == 145 and until - at >= 4:
            index, cdbm = struct.unpack_from(">Hh", body, at)
            powers[index] = cdbm
        elif kind == 146 and until > at:
            hopping = bool(body[at] & 0x80)
            tables = [body[t] for inner, t, end_ in parameters(body, at + 1, until) if inner == 147 and end_ > t]
            hop = tables[0] if tables else 0
        elif kind == 328:
            modes += [
                int.from_bytes(body[m : m + 4], "big")
                for inner, m, e in parameters(body, at, until)
                if inner == 329 and e - m >= 4
            ]
    return hop, hopping


def reads(report: Message) -> list[Read]:
    """The lines of a RO_ACCESS_REPORT. Raises LlrpError for one that cannot be read."""
    made: list[Read] = []
    try:
        for kind, start, end in parameters(report.body):
            if kind == 240:
                read = _read(report.body, start, end)
                if read is not None:
                    made.append(read)
    except IndexError:
        raise LlrpError("a tag report that is cut off") from None
    return made


def _read(body: bytes, start: int, end: int) -> Read | None:
    """One TagReportData. Written for speed: a busy reader sends thousands of these a second."""
    epc, antenna, rssi, count, at = b"", 0, NO_RSSI_CDBM, 1, start
    while at < end:
        first = body[at]
        if first == 0x8D:  # EPC-96
            epc = body[at + 1 : at + 13]
            at += 13
        elif first == 0x81:  # antenna
            antenna = body[at + 1] << 8 | body[at + 2]
            at += 3
        elif first == 0x86:  # strongest signal, whole dBm
            rssi = ((body[at + 1] ^ 0x80) - 0x80) * 100
            at += 2
        elif first == 0x88:  # how often
            count = body[at + 1] << 8 | body[at + 2]
            at += 3
        elif first == 0x00 and body[at + 1] == 0xF1:  # EPC of another length, in bits
            length, size = _u16(body, at + 2), (_u16(body, at + 4) + 7) // 8
            if size > min(length - 6, MAX_EPC_BYTES):
                raise LlrpError(f"an EPC of {size} bytes")
            epc = body[at + 6 : at + 6 + size]
            at += length
        else:
            at = next(parameters(body, at, end))[2]
    if at != end:
        raise LlrpError("a tag report that runs over its end")
    return Read(epc, antenna, rssi, count) if epc else None


def _u16(body: bytes, at: int) -> int:
    return body[at] << 8 | body[at + 1]


def _words(body: bytes, start: int, end: int) -> str:
    return body[start:end].decode("utf-8", "replace")[:WORDS_CHARS]
