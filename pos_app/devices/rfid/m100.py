"""Serial UHF modules of the M100 family (YRM100, QM100, JRD-4035). Pure framing and facts.

BB type command length(2) parameters checksum 7E; the checksum is the low byte of the sum from type to the last
parameter. A notice (type 02, command 22) is one tag: signal (signed dBm), PC(2), EPC, CRC(2).
"""

from dataclasses import dataclass

HEAD, END = 0xBB, 0x7E
MAX_FRAME_BYTES = 512
COMMAND, RESPONSE, NOTICE = 0, 1, 2
GET_INFO, SINGLE_POLL, MULTI_POLL, STOP_POLL, SET_POWER, ERROR = 0x03, 0x22, 0x27, 0x28, 0xB6, 0xFF
NO_TAG = 0x15
POLLS = 10_000
_FIXED_BYTES = 7


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame whose checksum is right."""

    type: int
    command: int
    params: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """What a notice says."""

    epc: bytes
    rssi_cdbm: int


def frame(command: int, params: bytes = b"", kind: int = COMMAND) -> bytes:
    """The bytes of a frame."""
    body = bytes([kind, command]) + len(params).to_bytes(2, "big") + params
    return bytes([HEAD]) + body + bytes([sum(body) & 0xFF, END])


def ask_firmware() -> bytes:
    return frame(GET_INFO, b"\x01")


def begin_polling() -> bytes:
    return frame(MULTI_POLL, b"\x22" + POLLS.to_bytes(2, "big"))


def end_polling() -> bytes:
    return frame(STOP_POLL)


def set_power(dbm: int) -> bytes:
    return frame(SET_POWER, (dbm * 100).to_bytes(2, "big"))


def error(answer: Frame) -> int:
    """The code of an error answer, `NO_TAG` among them; 0 for every other frame."""
    return answer.params[0] if (answer.type, answer.command) == (RESPONSE, ERROR) and answer.params else 0


def tag(notice: Frame) -> Tag | None:
    """The tag of a notice; None for every other frame, and for one with an empty EPC."""
    if (notice.type, notice.command) != (NOTICE, SINGLE_POLL) or len(notice.params) < 6:
        return None
    words = notice.params[1] >> 3  # the PC's first five bits: how many words of EPC follow
    epc = notice.params[3 : 3 + 2 * words]
    if not epc or len(notice.params) != 5 + len(epc):
        return None
    return Tag(epc, ((notice.params[0] ^ 0x80) - 0x80) * 100)


class Framer:
    """Frames from a stream, however it is cut. A damaged frame is skipped, and the search goes on inside it."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        self._rest += data
        made: list[Frame] = []
        while (found := self._next()) is not None:
            if isinstance(found, Frame):
                made.append(found)
        return made

    def reset(self) -> None:
        """Forget what has come of a frame: the line was quiet, and the rest of it will not come."""
        self._rest.clear()

    def _next(self) -> Frame | bool | None:
        """A frame, True when something was skipped, None when more bytes must come."""
        start = self._rest.find(HEAD)
        if start:
            if start < 0:
                self._rest.clear()
                return None
            del self._rest[:start]
        if len(self._rest) < _FIXED_BYTES:
            return None
        length = int.from_bytes(self._rest[3:5], "big") + _FIXED_BYTES
        if length > MAX_FRAME_BYTES:
            del self._rest[0]
            return True
        if len(self._rest) < length:
            return None
        whole = bytes(self._rest[:length])
        if whole[-1] != END or sum(whole[1:-2]) & 0xFF != whole[-2]:
            del self._rest[0]
            return True
        del self._rest[:length]
        return Frame(whole[1], whole[2], whole[5:-2])
