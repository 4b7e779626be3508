"""The word behind a packed reference file."""

import hashlib

import pytest
import zstandard

from retail_core.wire.packing import FRAME_BYTES, checked_frame, checked_sha256

WHOLE = b"a catalogue" * 1_000
DIGEST = hashlib.sha256(WHOLE).digest()
PACKED = zstandard.ZstdCompressor().compress(WHOLE)


def test_what_head_office_checked_stands_behind_the_packed_file() -> None:
    packed = PACKED + checked_frame(DIGEST)
    assert checked_sha256(packed[-FRAME_BYTES:]) == DIGEST


def test_a_reader_that_knows_no_such_word_unpacks_the_same() -> None:
    packed = PACKED + checked_frame(DIGEST)
    assert zstandard.ZstdDecompressor().decompressobj().decompress(packed) == WHOLE


@pytest.mark.parametrize(
    "end",
    [
        PACKED[-FRAME_BYTES:],
        b"",
        checked_frame(DIGEST)[1:],
        checked_frame(DIGEST).replace(b"checked1", b"checked9"),
        b"\x00" + checked_frame(DIGEST)[1:],
        checked_frame(DIGEST)[:4] + b"\x00\x00\x00\x00" + checked_frame(DIGEST)[8:],
    ],
)
def test_of_any_other_file_nothing_is_said(end: bytes) -> None:
    assert checked_sha256(end) is None
