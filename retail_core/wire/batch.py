"""A batch of stream entries as zstd-compressed NDJSON, small because nothing is said twice.

Left out of a line and put back by the reader: the origin when it is the stream's own position, `prev` when it is the
line before, and the hashes, which the reader computes. One signature, on the last line, covers the whole batch through
the origin's hash chain; therefore a batch must end on an entry whose signature the sender has, and on an entry of each
origin epoch before that origin changes. In `full` mode every line carries hash and signature, so that the reader can
name the first damaged one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import msgspec
import zstandard

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import b64, unb64
from retail_core.wire.envelope import (
    HASH_BYTES,
    Entry,
    Head,
    Private,
    StreamEntry,
    StreamId,
    chain_hash,
    commitment,
    entry_hash,
)
from retail_core.wire.messages import MAX_COMPRESSED_BYTES, MAX_EVENTS_PER_BATCH, MAX_EXPANDED_BYTES
from retail_core.wire.unreadable import UNREADABLE

ZSTD_LEVEL = 3
STAND_IN = "sync.damaged"
CHUNK_BYTES = 64 * 1024
MAX_WINDOW_BYTES = 8 * 1024 * 1024


Position = Annotated[int, msgspec.Meta(ge=1, lt=2**53)]
Offset = Annotated[int, msgspec.Meta(gt=-(2**53), lt=2**53)]


class Origin(msgspec.Struct, frozen=True):
    node: str
    epoch: str
    seq: Position


class PrivateLine(msgspec.Struct, frozen=True):
    salt: str
    part: str


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line on the wire. Strange names and numbers pass: a signed fact is kept aside by HQ, never refused."""

    seq: Position
    id: str
    type: str
    v: int
    at: int
    biz_date: str
    actor: str
    body: msgspec.Raw
    clock: Offset = 0
    origin: Origin | None = None
    prev: str = ""
    hash: str = ""
    sig: str = ""
    private: PrivateLine | None = None


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Line).decode


class WireDamageError(RuleViolationError):
    """Bytes that are no batch, or a line that does not fit. Codes `wire.*`; `seq` is known in full mode."""


def encode_lines(stream: StreamId, entries: Sequence[StreamEntry], *, full: bool = False) -> bytes:
    """Uncompressed NDJSON; raises RuleViolationError `batch.unsigned_end` when the last entry has no signature."""
    if entries and not entries[-1].entry.sig:
        raise RuleViolationError("batch.unsigned_end", seq=entries[-1].seq)
    out: list[bytes] = []
    prev: bytes | None = None
    for i, placed in enumerate(entries):
        entry = placed.entry
        last = i == len(entries) - 1 or _origin_changes(entry, entries[i + 1].entry)
        own = entry.node == stream.node and entry.epoch == stream.epoch and entry.seq == placed.seq
        out.append(
            _ENCODE(
                Line(
                    placed.seq, entry.id, entry.type, entry.v, entry.at, entry.biz_date, entry.actor,
                    msgspec.Raw(entry.body), entry.clock,
                    None if own else Origin(entry.node, entry.epoch, entry.seq),
                    "" if entry.prev_hash == prev else entry.prev_hash.hex(),
                    entry.entry_hash.hex() if full or _stands_in(entry) else "",
                    b64(entry.sig) if entry.sig and (full or last) else "",
                    PrivateLine(b64(entry.private.salt), b64(entry.private.part)) if entry.private else None,
                )
            )
        )  # fmt: skip
        prev = entry.entry_hash
    return b"\n".join(out) + b"\n" if out else b""


def encode_batch(stream: StreamId, entries: Sequence[StreamEntry], *, full: bool = False) -> bytes:
    """The compressed body of a push."""
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(encode_lines(stream, entries, full=full))


def expand(chunks: Iterable[bytes], limit: int = MAX_EXPANDED_BYTES) -> bytes:
    """Decompress within bounds. Raises WireDamageError `wire.too_large` or `wire.not_zstd`; never holds more than `limit`."""
    taken = 0
    reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).decompressobj(
        write_size=CHUNK_BYTES, read_across_frames=False
    )
    out = bytearray()
    try:
        for chunk in chunks:
            taken += len(chunk)
            if taken > MAX_COMPRESSED_BYTES:
                raise WireDamageError("wire.too_large", limit=MAX_COMPRESSED_BYTES)
            for start in range(0, len(chunk), _INPUT_STEP):
                out += reader.decompress(chunk[start : start + _INPUT_STEP])
                if len(out) > limit:
                    raise WireDamageError("wire.too_large", limit=limit)
    except zstandard.ZstdError as bad:
        raise WireDamageError("wire.not_zstd", why=str(bad)[:100]) from bad
    if taken and not reader.eof:
        raise WireDamageError("wire.truncated")
    return bytes(out)


_INPUT_STEP = 64
"""A zstd block can expand four bytes to 128 KiB; feeding it in small steps keeps a bomb's surplus small."""


def decode_batch(stream: StreamId, after: Head, data: bytes) -> list[StreamEntry]:
    """The entries of an expanded batch, every hash of both chains computed here.

    Raises WireDamageError `wire.bad_line`, `wire.too_many_lines`, `wire.seq_jump` or `wire.hash_differs`. Signatures are
    not checked here; see `signature_to_check`.
    """
    found: list[StreamEntry] = []
    prev: bytes | None = None
    head = after
    for line in _lines(data):
        if line.seq != head.seq + 1:
            raise WireDamageError("wire.seq_jump", seq=head.seq + 1, got=line.seq)
        entry = _entry(stream, line, prev)
        if line.hash and line.hash != entry.entry_hash.hex():
            raise WireDamageError("wire.hash_differs", seq=line.seq)
        head = Head(line.seq, chain_hash(head.chain_hash, entry.entry_hash))
        found.append(StreamEntry(line.seq, head.chain_hash, entry))
        prev = entry.entry_hash
    return found


def signatures_to_check(entries: Sequence[StreamEntry]) -> Iterator[StreamEntry]:
    """The last entry of every run of one origin: their signatures together cover the whole batch."""
    for i, placed in enumerate(entries):
        if i == len(entries) - 1 or _origin_changes(placed.entry, entries[i + 1].entry):
            yield placed


def trim_to_signed(entries: Sequence[StreamEntry]) -> Sequence[StreamEntry]:
    """The longest start of `entries` whose every origin run ends on a signature; may be empty."""
    good = 0
    for i, placed in enumerate(entries):
        ends = i + 1 < len(entries) and _origin_changes(placed.entry, entries[i + 1].entry)
        if placed.entry.sig:
            good = i + 1
        elif ends:
            break
    return entries[:good]


def _origin_changes(entry: Entry, following: Entry) -> bool:
    return following.prev_hash != entry.entry_hash


def _lines(data: bytes) -> Iterator[Line]:
    raw = data.split(b"\n", MAX_EVENTS_PER_BATCH + 1)  # sixteen million empty lines must not become a list
    if raw[-1] == b"":
        raw.pop()
    if len(raw) > MAX_EVENTS_PER_BATCH:
        raise WireDamageError("wire.too_many_lines", limit=MAX_EVENTS_PER_BATCH)
    for text in raw:
        try:
            yield _DECODE(text)
        except UNREADABLE as bad:
            raise WireDamageError("wire.bad_line", why=str(bad)[:100]) from bad


def _entry(stream: StreamId, line: Line, prev: bytes | None) -> Entry:
    origin = line.origin or Origin(stream.node, stream.epoch, line.seq)
    try:
        prev_hash = bytes.fromhex(line.prev) if line.prev else prev
        sig = unb64(line.sig) if line.sig else b""
        private = Private(unb64(line.private.salt), unb64(line.private.part)) if line.private else None
    except ValueError as bad:
        raise WireDamageError("wire.bad_line", seq=line.seq) from bad
    if prev_hash is None or len(prev_hash) != 32:
        raise WireDamageError("wire.no_prev_hash", seq=line.seq)
    if private and commitment(private).encode() not in bytes(line.body):
        raise WireDamageError("wire.private_differs", seq=line.seq)
    bare = Entry(
        line.id, origin.node, origin.epoch, origin.seq, line.type, line.v, line.at, line.biz_date, line.actor,
        line.clock, bytes(line.body), prev_hash, b"", sig, private,
    )  # fmt: skip
    if line.type == STAND_IN and line.hash:
        # it stands for an entry whose content is lost: the hash is the lost one's, vouched for by what follows it
        return msgspec.structs.replace(bare, entry_hash=_claimed_hash(line))
    return msgspec.structs.replace(bare, entry_hash=entry_hash(bare, bare.seq, prev_hash))


def _stands_in(entry: Entry) -> bool:
    """True for the stand-in of a lost entry, whose hash cannot be computed from what is left."""
    return entry.type == STAND_IN and entry.entry_hash != entry_hash(entry, entry.seq, entry.prev_hash)


def _claimed_hash(line: Line) -> bytes:
    try:
        claimed = bytes.fromhex(line.hash)
    except ValueError as bad:
        raise WireDamageError("wire.bad_line", seq=line.seq) from bad
    if len(claimed) != HASH_BYTES:
        raise WireDamageError("wire.bad_line", seq=line.seq)
    return claimed
