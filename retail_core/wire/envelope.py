"""A journal entry: content fixed at creation, its place in the origin's hash chain, and its place in a stream.

    entry_hash = SHA-256(prev_hash ‖ header ‖ SHA-256(body))      the origin's chain, signed with ES256
    chain_hash = SHA-256(previous chain_hash ‖ entry_hash)        the transport position in a stream

`body` is kept byte for byte as it was written. It holds no personal data; a `private` part travels beside it and the
body carries `commit` = SHA-256(salt ‖ part), so erasing the part leaves both chains valid.
"""

import hashlib
from collections.abc import Callable

import msgspec

from retail_core.domain.errors import require

GENESIS = bytes(32)
HASH_BYTES = 32
SALVAGE_MARK = "~fork"

Signer = Callable[[bytes], bytes]


class Private(msgspec.Struct, frozen=True):
    """The erasable part of an event and the salt that hides it."""

    salt: bytes
    part: bytes


class StreamId(msgspec.Struct, frozen=True, order=True):
    """One sequence of entries: a node's epoch. A salvaged branch has the mark `~fork` behind the node."""

    node: str
    epoch: str

    @property
    def salvage(self) -> "StreamId":
        """The stream a branch goes up as when the receiver's copy disagrees with it."""
        return StreamId(self.node + SALVAGE_MARK, self.epoch)

    @property
    def origin_node(self) -> str:
        """The node whose key signed the entries."""
        return self.node.split(SALVAGE_MARK)[0]  # a second branch has the mark twice


class Entry(msgspec.Struct, frozen=True):
    """One immutable fact. `sig` may be empty on a copy whose batch was signed at its end."""

    id: str
    node: str
    epoch: str
    seq: int
    type: str
    v: int
    at: int
    biz_date: str
    actor: str
    clock: int  # known offset of HQ's clock to ours, milliseconds
    body: bytes
    prev_hash: bytes
    entry_hash: bytes
    sig: bytes = b""
    private: Private | None = None

    @property
    def body_sha256(self) -> bytes:
        """Decides "same id, different content"."""
        return hashlib.sha256(self.body).digest()


class StreamEntry(msgspec.Struct, frozen=True):
    """An entry at a position of a stream."""

    seq: int
    chain_hash: bytes
    entry: Entry


class Head(msgspec.Struct, frozen=True):
    """The last position of a stream and its chain hash; (0, GENESIS) for a stream that has nothing."""

    seq: int = 0
    chain_hash: bytes = GENESIS


class Draft(msgspec.Struct, frozen=True):
    """Everything an entry says before it has a place in a chain."""

    id: str
    node: str
    epoch: str
    type: str
    v: int
    at: int
    biz_date: str
    actor: str
    body: bytes
    clock: int = 0
    private: Private | None = None


def entry_hash(entry: Entry | Draft, seq: int, prev_hash: bytes) -> bytes:
    """The origin's chain hash of an entry at `seq` after `prev_hash`."""
    header = (
        f"{entry.id}\n{entry.node}\n{entry.epoch}\n{seq}\n{entry.type}\n{entry.v}\n"
        f"{entry.at}\n{entry.biz_date}\n{entry.actor}\n{entry.clock}"
    )
    return hashlib.sha256(prev_hash + header.encode() + b"\n" + hashlib.sha256(entry.body).digest()).digest()


def chain_hash(previous: bytes, entry_hash_: bytes) -> bytes:
    """The transport chain after one more entry."""
    return hashlib.sha256(previous + entry_hash_).digest()


def commitment(private: Private) -> str:
    """Hex SHA-256(salt ‖ part), carried in the body as `commit`."""
    return hashlib.sha256(private.salt + private.part).hexdigest()


def seal_entry(draft: Draft, seq: int, prev_hash: bytes, sign: Signer) -> Entry:
    """Give a draft its place in the origin's chain and sign it."""
    require(seq > 0, "journal.seq_from_one", seq=seq)
    hashed = entry_hash(draft, seq, prev_hash)
    return Entry(
        draft.id, draft.node, draft.epoch, seq, draft.type, draft.v, draft.at, draft.biz_date, draft.actor,
        draft.clock, draft.body, prev_hash, hashed, sign(hashed), draft.private,
    )  # fmt: skip


def place(entry: Entry, after: Head) -> StreamEntry:
    """The entry as the next one of a stream."""
    return StreamEntry(after.seq + 1, chain_hash(after.chain_hash, entry.entry_hash), entry)
