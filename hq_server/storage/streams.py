"""The copied journals: how far each stream has come, and its entries byte for byte."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, func, select, tuple_, update

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import conflict, event, private, stream, stream_entry
from retail_core.wire.envelope import GENESIS, Entry, Head, Private, StreamEntry, StreamId

BIGGEST = 2**63 - 1
MAX_ID_CHARS = 64
MAX_HEAD_CHARS = 100
APPLIED, QUARANTINED = "applied", "quarantined"
EVENT = (
    "store", "id", "node", "epoch", "seq", "type", "v", "at_ms", "biz_date", "actor", "clock_ms", "body", "prev_hash",
    "entry_hash", "sig", "state", "code", "recorded_ms", "odd_head",
)  # fmt: skip
PRIVATE = ("store", "id", "salt", "part")
POSITION = ("store", "node", "epoch", "seq", "id", "chain_hash")


class StreamState(msgspec.Struct, frozen=True):
    """A stream's row: the head, and where our copy of it begins."""

    head: Head
    base: Head
    last_entry_hash: bytes
    seen_ms: int


def lock_stream(unit: Unit, store: str, at: StreamId) -> StreamState | None:
    """The stream's row, held until the end of the transaction; None when there is none."""
    asked = select(stream).where(stream.c.store == store, stream.c.node == at.node, stream.c.epoch == at.epoch)
    return _state(unit.conn.execute(asked.with_for_update()).one_or_none())


def begin_stream(unit: Unit, store: str, at: StreamId, base: Head, now_ms: int) -> StreamState:
    """Make the row of a stream never seen here, whose first `base.seq` entries are known elsewhere, and lock it."""
    row = {
        "store": store, "node": at.node, "epoch": at.epoch, "base_seq": base.seq,
        "base_hash": base.chain_hash, "through": base.seq,
        "through_hash": base.chain_hash, "last_entry_hash": GENESIS, "seen_ms": now_ms,
    }  # fmt: skip
    bulk.insert_new(unit, stream, [row])
    found = lock_stream(unit, store, at)
    if found is None:  # cannot happen: the row is ours or a rival's, and both are committed
        raise AssertionError
    return found


def stream_of(conn: Connection, store: str, at: StreamId) -> StreamState | None:
    asked = select(stream).where(stream.c.store == store, stream.c.node == at.node, stream.c.epoch == at.epoch)
    return _state(conn.execute(asked).one_or_none())


def chain_hash_at(conn: Connection, store: str, at: StreamId, base: Head, seq: int) -> bytes | None:
    """The chain hash at a position, None where our copy has no such position."""
    if seq == base.seq:
        return base.chain_hash
    here = (stream_entry.c.store == store) & (stream_entry.c.node == at.node) & (stream_entry.c.epoch == at.epoch)
    return conn.execute(select(stream_entry.c.chain_hash).where(here, stream_entry.c.seq == seq)).scalar()


def advance(unit: Unit, store: str, at: StreamId, last: StreamEntry, now_ms: int) -> None:
    unit.conn.execute(
        update(stream)
        .where(stream.c.store == store, stream.c.node == at.node, stream.c.epoch == at.epoch)
        .values(through=last.seq, through_hash=last.chain_hash, last_entry_hash=last.entry.entry_hash, seen_ms=now_ms)
    )


def append(unit: Unit, store: str, at: StreamId, entries: Sequence[StreamEntry], now_ms: int) -> set[str]:
    """Store entries and their positions; returns the ids that were not here before, whichever stream they came by."""
    ids = [key_of(placed.entry) for placed in entries]
    first = {id_: placed.entry for id_, placed in zip(reversed(ids), reversed(entries), strict=True)}
    rows = [_row(store, id_, entry, now_ms) for id_, entry in first.items()]
    parts = [(store, id_, entry.private.salt, entry.private.part) for id_, entry in first.items() if entry.private]
    node, epoch = at.node, at.epoch
    positions = [
        (store, node, epoch, placed.seq, id_, placed.chain_hash) for id_, placed in zip(ids, entries, strict=True)
    ]
    every = [(event, EVENT, rows), (private, PRIVATE, parts), (stream_entry, POSITION, positions)]
    if unit.postgres and bulk.copy_new(unit, every):
        return set(first)
    fresh = bulk.insert_new_texts(unit, event, bulk.as_mappings(EVENT, rows), "id")
    bulk.insert_new(unit, private, [part for part in bulk.as_mappings(PRIVATE, parts) if part["id"] in fresh])
    bulk.insert_new(unit, stream_entry, bulk.as_mappings(POSITION, positions))
    return fresh


def bodies(conn: Connection, store: str, ids: Sequence[str]) -> Mapping[str, bytes]:
    """Stored bodies by event id."""
    found: dict[str, bytes] = {}
    for start in range(0, len(ids), bulk.MAX_IN):
        part = ids[start : start + bulk.MAX_IN]
        rows = conn.execute(select(event.c.id, event.c.body).where(event.c.store == store, event.c.id.in_(part)))
        found.update({row.id: row.body for row in rows})
    return found


def keep_conflict(unit: Unit, store: str, entry: Entry, now_ms: int) -> None:
    """Keep the second content of an id aside; the first one stays in force."""
    row = {
        "store": store, "id": key_of(entry), "body_sha256": entry.body_sha256, "node": shown(entry.node),
        "epoch": shown(entry.epoch), "seq": min(entry.seq, BIGGEST), "body": entry.body, "seen_ms": now_ms,
    }  # fmt: skip
    bulk.insert_new(unit, conflict, [row])


def quarantine(unit: Unit, store: str, event_id: str, code: str) -> None:
    """Mark an event as stored but not applied, and say why."""
    here = (event.c.store == store) & (event.c.id == event_id)
    unit.conn.execute(update(event).where(here).values(state=QUARANTINED, code=code[:100]))


def quarantined_positions(conn: Connection, store: str, at: StreamId, after: int, through: int) -> tuple[int, ...]:
    """Positions in (after, through] whose event waits in quarantine."""
    rows = conn.execute(
        select(stream_entry.c.seq)
        .join(event, (event.c.store == stream_entry.c.store) & (event.c.id == stream_entry.c.id))
        .where(
            stream_entry.c.store == store,
            stream_entry.c.node == at.node,
            stream_entry.c.epoch == at.epoch,
            stream_entry.c.seq > after,
            stream_entry.c.seq <= through,
            event.c.state == QUARANTINED,
        )
        .order_by(stream_entry.c.seq)
    )
    return tuple(rows.scalars())


def quarantined_by_node(conn: Connection) -> Mapping[str, int]:
    """How many events of each node wait in quarantine."""
    rows = conn.execute(select(event.c.node, func.count()).where(event.c.state == QUARANTINED).group_by(event.c.node))
    return {str(node): int(count) for node, count in rows}


def key_of(entry: Entry) -> str:
    """The id an entry is kept under: its own, or for one no database could index, a digest of it."""
    if 0 < len(entry.id) <= MAX_ID_CHARS and entry.id.isascii() and entry.id.isprintable():
        return entry.id
    return f"odd:{hashlib.sha256(entry.id.encode()).hexdigest()}"


def shown(text: str) -> str:
    """A header text as any database and page can take it."""
    # PostgreSQL knows no NUL, and no field of a header is longer in an honest entry
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")[:MAX_HEAD_CHARS]


def _row(store: str, id_: str, entry: Entry, now_ms: int) -> bulk.Values:
    head = (entry.node, entry.epoch, entry.type, entry.biz_date, entry.actor)
    numbers = (entry.seq, entry.v, entry.at, entry.clock)
    told, shown_head, odd_head = (head, numbers), head, None
    if "\x00" in "".join(head) or max(map(len, head)) > MAX_HEAD_CHARS:
        shown_head = tuple(map(shown, head))
    if max(numbers) > BIGGEST or min(numbers) < -BIGGEST:
        numbers = tuple(max(-BIGGEST, min(BIGGEST, value)) for value in numbers)
    if id_ != entry.id or (shown_head, numbers) != told:
        odd_head = msgspec.json.encode([entry.id, *head, *map(str, told[1])])
    node, epoch, type_, biz_date, actor = shown_head
    seq, v, at_ms, clock_ms = numbers
    return (
        store, id_, node, epoch, seq, type_, v, at_ms, biz_date, actor, clock_ms, entry.body, entry.prev_hash,
        entry.entry_hash, entry.sig, APPLIED, "", now_ms, odd_head,
    )  # fmt: skip


def _state(row: Row[tuple[object, ...]] | None) -> StreamState | None:
    if row is None:
        return None
    return StreamState(
        Head(row.through, row.through_hash), Head(row.base_seq, row.base_hash), row.last_entry_hash, row.seen_ms
    )


class Aside(msgspec.Struct, frozen=True):
    """An event that waits in quarantine, with the stream by which it came first."""

    store: str
    stream: StreamId
    placed: StreamEntry
    recorded_ms: int

    @property
    def after(self) -> tuple[int, str, str]:
        """Where to read on."""
        return self.recorded_ms, self.store, self.placed.entry.id


def quarantined_after(conn: Connection, after: tuple[int, str, str], limit: int) -> Sequence[Aside]:
    """Events in quarantine whose header is whole, the oldest first, with what is left of their private parts."""
    order = tuple_(event.c.recorded_ms, event.c.store, event.c.id)
    some = (
        select(event)
        .where(event.c.state == QUARANTINED, event.c.odd_head.is_(None), order > after)
        .order_by(event.c.recorded_ms, event.c.store, event.c.id)
        .limit(limit)
        .subquery()
    )
    via = stream_entry
    rows = conn.execute(
        select(some, via.c.node.label("via_node"), via.c.epoch.label("via_epoch"), via.c.seq.label("via_seq"))
        .add_columns(via.c.chain_hash, private.c.salt, private.c.part)
        .join(via, (via.c.store == some.c.store) & (via.c.id == some.c.id))
        .outerjoin(private, (private.c.store == some.c.store) & (private.c.id == some.c.id))
        .order_by(some.c.recorded_ms, some.c.store, some.c.id, via.c.epoch, via.c.node)
    )
    first = {(row.store, row.id): row for row in reversed(rows.all())}
    return [_aside(row) for row in reversed(first.values())]


def _aside(row: Row[Any]) -> Aside:
    entry = Entry(
        row.id, row.node, row.epoch, row.seq, row.type, row.v, row.at_ms, row.biz_date, row.actor, row.clock_ms, row.body,
        row.prev_hash, row.entry_hash, row.sig, None if row.part is None else Private(row.salt, row.part),
    )  # fmt: skip
    placed = StreamEntry(row.via_seq, row.chain_hash, entry)
    return Aside(row.store, StreamId(row.via_node, row.via_epoch), placed, row.recorded_ms)


def release_from_quarantine(unit: Unit, store: str, event_id: str) -> bool:
    """False when somebody else was first."""
    here = (event.c.store == store) & (event.c.id == event_id) & (event.c.state == QUARANTINED)
    return unit.conn.execute(update(event).where(here).values(state=APPLIED, code="")).rowcount == 1
