"""What a receiver does with a batch: append it, skip what it has, or say why not. No I/O.

The receiver's one transaction: lock the stream's row, `decide`, append `entries[skip:]`, `sort_by_identity` and project
what is new, move the head, commit, then answer. Exactly-once effect = watermark and id table in that transaction.

A stream is compared by chain hash before anything is skipped: a rolled-back till's new sales look like old positions,
and skipping them by number alone would lose them. Old epochs are as welcome as new ones; they may come late by a relay.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import assert_never

import msgspec

from retail_core.wire.envelope import SALVAGE_MARK, Entry, Head, StreamEntry
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, PushHeader

HashAt = Callable[[int], bytes | None]
"""The receiver's own chain hash at a position of the stream: GENESIS at 0 of a whole copy, None where it has no such position."""


class Keeper(StrEnum):
    """HQ keeps streams whole; a relay may begin where HQ already is (`Sync-Acked`)."""

    HQ = "hq"
    RELAY = "relay"


class Accept(msgspec.Struct, frozen=True):
    """Append `entries[skip:]`. `begin_at` is set for a stream never seen: make its row with this base first."""

    skip: int
    begin_at: Head | None = None


class Gap(msgspec.Struct, frozen=True):
    """Entries before the batch are missing here; `expected` is the first one wanted."""

    expected: int


class Fork(msgspec.Struct, frozen=True):
    """The batch can't be joined to what is here. Nothing was stored."""

    through: Head


class Damaged(msgspec.Struct, frozen=True):
    """The entries do not follow one another."""

    seq: int


Decision = Accept | Gap | Fork | Damaged


class Identities(msgspec.Struct, frozen=True):
    """Entries by whether their id is known, in the order of the batch.

    `conflicting` has the id of a known event and other content: keep it aside whole, raise a fork alarm, answer its
    position as quarantined; the first content stays in force. Never overwrite, never drop.
    """

    new: tuple[StreamEntry, ...]
    repeated: tuple[StreamEntry, ...]
    conflicting: tuple[StreamEntry, ...]


def decide(
    keeper: Keeper, here: Head | None, hash_at: HashAt, header: PushHeader, entries: Sequence[StreamEntry]
) -> Decision:
    """What to do with a batch whose chain was computed from the header's `prev_hash` (`wire.batch.decode_batch`).

    `here` is the locked head of the stream or None for a stream never seen; `hash_at` is asked at most twice, and
    answers None below the base of a copy, for position 0 too.
    """
    before = Head(header.from_seq, header.prev_hash)
    broken = first_break(before, entries)
    if broken is not None:
        return Damaged(broken)
    if here is None:
        return _begin(keeper, before, header)
    if before.seq > here.seq:
        return Gap(here.seq + 1)
    if keeper is Keeper.HQ and before.seq < here.seq and hash_at(before.seq) is None:
        return Fork(here)  # a salvage begun too high: what lies below its base may be nowhere, so it can't be skipped
    at = min(before.seq + len(entries), here.seq)
    theirs = before.chain_hash if at == before.seq else entries[at - before.seq - 1].chain_hash
    ours = here.chain_hash if at == here.seq else hash_at(at)
    if ours != theirs:  # or below the base of a relay's copy, where nothing can be compared
        return Fork(here)
    return Accept(at - before.seq)


def answer_of(decision: Gap | Fork | Damaged) -> GapAnswer | ForkAnswer | DamagedAnswer:
    """The wire's words for a batch that was not accepted; 409, 409, 422."""
    match decision:
        case Gap(expected=expected):
            return GapAnswer(expected)
        case Fork(through=through):
            return ForkAnswer(through.seq, through.chain_hash.hex())
        case Damaged(seq=seq):
            return DamagedAnswer(seq)
        case _:
            assert_never(decision)


def first_break(before: Head, entries: Sequence[StreamEntry]) -> int | None:
    """The first position that doesn't follow the one before it, in the stream or in its origin's chain."""
    latest: dict[tuple[str, str], Entry] = {}
    seq = before.seq
    for placed in entries:
        seq += 1
        origin = placed.entry.node, placed.entry.epoch
        previous = latest.get(origin)
        if placed.seq != seq or (previous is not None and not _follows(placed.entry, previous)):
            return seq
        latest[origin] = placed.entry
    return None


def sort_by_identity(entries: Sequence[StreamEntry], known: Mapping[str, bytes]) -> Identities:
    """Split entries by id; `known` gives SHA-256(body) of the events already here, at least for the ids of the batch."""
    if not known and len({placed.entry.id for placed in entries}) == len(entries):  # nearly every batch
        return Identities(tuple(entries), (), ())
    seen = dict(known)
    new: list[StreamEntry] = []
    repeated: list[StreamEntry] = []
    conflicting: list[StreamEntry] = []
    for placed in entries:
        digest = placed.entry.body_sha256
        there = seen.get(placed.entry.id)
        if there is None:
            seen[placed.entry.id] = digest
            new.append(placed)
        else:
            (repeated if there == digest else conflicting).append(placed)
    return Identities(tuple(new), tuple(repeated), tuple(conflicting))


def _begin(keeper: Keeper, before: Head, header: PushHeader) -> Decision:
    """The first batch of a stream never seen here."""
    if before.seq == 0:
        return Accept(0, Head()) if before == Head() else Damaged(1)
    if header.node.endswith(SALVAGE_MARK):  # what lies below it is known under another name, or nowhere
        return Accept(0, before)
    if keeper is Keeper.HQ:
        return Gap(1)
    if before.seq > header.acked_seq:
        return Gap(header.acked_seq + 1)
    return Accept(0, before)


def _follows(entry: Entry, previous: Entry) -> bool:
    return entry.seq == previous.seq + 1 and entry.prev_hash == previous.entry_hash
