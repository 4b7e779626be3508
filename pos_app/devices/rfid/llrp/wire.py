"""LLRP messages and parameters as bytes. No I/O, no meaning.

A message: 3 bits reserved, 3 bits version, 10 bits type, length and id of 32 bits each. A parameter is TLV (6 bits
reserved, 10 bits type, 16 bits length) or, with its first bit set, TV: a type of 7 bits and a fixed length.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

HEADER_BYTES = 10
MAX_MESSAGE_BYTES = 1 << 20
VERSION = 1
_HEADER = struct.Struct(">HII")
_TLV = struct.Struct(">HH")

TV_BYTES = MappingProxyType(
    {1: 3, 2: 9, 3: 9, 4: 9, 5: 9, 6: 2, 7: 3, 8: 3, 9: 5, 10: 3, 11: 3, 12: 3, 13: 13, 14: 3, 15: 3, 16: 5, 17: 3, 18: 5, 19: 3, 20: 3}
)  # fmt: skip
"""Whole length of each parameter of fixed length, its type byte included."""


class LlrpError(ValueError):
    """Bytes that cannot be LLRP: the connection is of no use any more."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message without its header."""

    type: int
    id: int
    body: bytes


def message(kind: int, message_id: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(VERSION << 10 | kind, HEADER_BYTES + len(body), message_id) + body


def tlv(kind: int, body: bytes = b"") -> bytes:
    return _TLV.pack(kind, 4 + len(body)) + body


class Framer:
    """Messages from a stream, however it is cut."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now. Raises LlrpError for an impossible length."""
        self._rest += data
        made: list[Message] = []
        at = 0
        while len(self._rest) - at >= HEADER_BYTES:
            first, length, message_id = _HEADER.unpack_from(self._rest, at)
            if not HEADER_BYTES <= length <= MAX_MESSAGE_BYTES:
                raise LlrpError(f"a message of {length} bytes")
            if len(self._rest) - at < length:
                break
            made.append(Message(first & 0x3FF, message_id, bytes(self._rest[at + HEADER_BYTES : at + length])))
            at += length
        del self._rest[:at]
        return made


def parameters(body: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """(type, start, end) of each parameter's content. Raises LlrpError where one does not fit."""
    at, end = start, len(body) if end is None else end
    while at < end:
        if body[at] & 0x80:
            kind = body[at] & 0x7F
            length = TV_BYTES.get(kind, 0)
            head = 1
        else:
            if at + 4 > end:
                raise LlrpError("half a parameter")
            first, length = _TLV.unpack_from(body, at)
            kind, head = first & 0x3FF, 4
        if length < head or at + length > end:
            raise LlrpError(f"parameter {kind} of {length} bytes")
        yield kind, at + head, at + length
        at += length
