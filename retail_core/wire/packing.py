"""What HQ says behind a packed reference file: that it went through the whole of it before packing, and its SHA-256.

It stands in a frame of its own that every reader of zstd skips, under the same signature as the rest of the packed file.
So a machine that unpacked these very bytes need not go through the database again; one that knows no such word does.
"""

from struct import Struct

_FRAME = Struct("<II8s32s")
_SKIPPED = 0x184D2A5C
_WORD = b"checked1"
FRAME_BYTES = _FRAME.size


def checked_frame(sha256: bytes) -> bytes:
    """To be put behind the packed file; `sha256` is that of the unpacked one."""
    return _FRAME.pack(_SKIPPED, len(_WORD) + len(sha256), _WORD, sha256)


def checked_sha256(end: bytes) -> bytes | None:
    """What the last FRAME_BYTES of a packed file say; None when they are no such word, as in one of an older HQ."""
    if len(end) != FRAME_BYTES:
        return None
    magic, size, word, sha256 = _FRAME.unpack(end)
    return sha256 if (magic, size, word) == (_SKIPPED, len(_WORD) + len(sha256), _WORD) else None
