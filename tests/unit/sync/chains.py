"""Small chains of real entries to try the protocol on."""

from collections.abc import Sequence
from hashlib import sha256

from retail_core.domain.events import AuditNoted
from retail_core.wire.envelope import Draft, Entry, Head, StreamEntry, StreamId, place, seal_entry
from retail_core.wire.events import encode_event

STREAM = StreamId("till-1", "epoch-1")


def sign(data: bytes) -> bytes:
    return sha256(b"key" + data).digest() * 2


def entries(
    count: int, stream: StreamId = STREAM, mark: str = "", after: Sequence[StreamEntry] = ()
) -> list[StreamEntry]:
    """`count` entries that follow `after`; another `mark` gives other content."""
    found: list[StreamEntry] = []
    last = after[-1] if after else None
    head = Head(last.seq, last.chain_hash) if last else Head()
    origin = Head(last.entry.seq, last.entry.entry_hash) if last else Head()
    for _ in range(count):
        entry = one(origin, stream, mark)
        placed = place(entry, head)
        found.append(placed)
        head, origin = Head(placed.seq, placed.chain_hash), Head(entry.seq, entry.entry_hash)
    return found


def one(origin: Head, stream: StreamId = STREAM, mark: str = "") -> Entry:
    type_, version, body = encode_event(AuditNoted("signed_in", f"{mark}{origin.seq + 1}"))
    event_id = f"{stream.epoch}{mark}-{origin.seq + 1}"
    draft = Draft(event_id, stream.node, stream.epoch, type_, version, 1_000, "2026-01-01", "op", body)
    return seal_entry(draft, origin.seq + 1, origin.chain_hash, sign)


def head_of(placed: Sequence[StreamEntry], seq: int | None = None) -> Head:
    """The position `seq` of a chain that begins at 1; the last one without `seq`."""
    at = len(placed) if seq is None else seq
    return Head(at, placed[at - 1].chain_hash) if at else Head()
