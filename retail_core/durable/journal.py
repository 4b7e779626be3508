"""The durable journal of one machine: append-only, hash-chained, signed, and at the same time the outbox.

An entry is written in the caller's transaction, together with the rows it explains. `event` holds content, `stream`
holds transport positions (so that a rolled-back till can publish old entries again under a new epoch), `private` holds
what may be erased. Triggers refuse UPDATE on the first two, and DELETE of all that is not in a sealed segment (see
`segments`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import msgspec

from retail_core.domain.errors import require
from retail_core.domain.events import EpochOpened, Event
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.guard import Guard
from retail_core.wire.envelope import (
    GENESIS,
    Draft,
    Entry,
    Head,
    Private,
    Signer,
    StreamEntry,
    StreamId,
    place,
    seal_entry,
)
from retail_core.wire.events import encode_event

_CONTENT = (
    "n", "id", "node", "epoch", "seq", "type", "v", "at", "biz_date", "actor", "clock", "body", "prev_hash", "entry_hash",
)  # fmt: skip
JOURNAL_TABLES = (
    """CREATE TABLE event (
        n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL CHECK (seq > 0),
        type TEXT NOT NULL, v INTEGER NOT NULL, at INTEGER NOT NULL, biz_date TEXT NOT NULL, actor TEXT NOT NULL,
        clock INTEGER NOT NULL, body BLOB NOT NULL, prev_hash BLOB NOT NULL, entry_hash BLOB NOT NULL,
        sig BLOB NOT NULL)""",  # a rowid table keeps bodies of up to 4 KB on one page: fewer pages a sale
    """CREATE TABLE stream (
        node TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL CHECK (seq > 0), id TEXT NOT NULL,
        chain_hash BLOB NOT NULL, PRIMARY KEY (node, epoch, seq)) WITHOUT ROWID""",
    "CREATE TABLE epoch (n INTEGER PRIMARY KEY, node TEXT NOT NULL, epoch TEXT NOT NULL UNIQUE, series TEXT NOT NULL)",
    "CREATE TABLE private (id TEXT PRIMARY KEY, salt BLOB NOT NULL, part BLOB NOT NULL) WITHOUT ROWID",
    *(
        f"""CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END"""
        for table, verb in (
            ("event", "DELETE"),
            ("stream", "UPDATE"),
            ("stream", "DELETE"),
            ("epoch", "UPDATE"),
            ("epoch", "DELETE"),
        )
    ),
    # a relay's copy may be given the signature that did not travel with its batch, and nothing else
    f"""CREATE TRIGGER event_no_UPDATE BEFORE UPDATE ON event
        WHEN NOT (OLD.sig = x'' AND NEW.sig <> x'' AND {" AND ".join(f"NEW.{c} IS OLD.{c}" for c in _CONTENT)})
        BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END""",
    """CREATE TRIGGER private_no_update BEFORE UPDATE ON private
       BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END""",
)

INSERT_EVENT = (
    "INSERT INTO event (id, node, epoch, seq, type, v, at, biz_date, actor, clock, body, prev_hash, entry_hash, sig)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)
INSERT_STREAM = "INSERT INTO stream (node, epoch, seq, id, chain_hash) VALUES (?,?,?,?,?)"
INSERT_PRIVATE = "INSERT INTO private (id, salt, part) VALUES (?,?,?)"
_SELECT = (
    "SELECT s.seq, s.chain_hash, e.id, e.node, e.epoch, e.seq, e.type, e.v, e.at, e.biz_date, e.actor, e.clock,"
    " e.body, e.prev_hash, e.entry_hash, e.sig, p.salt, p.part"
    " FROM stream s JOIN event e ON e.id = s.id LEFT JOIN private p ON p.id = s.id"
)
FIRST_START = "first start"
TWIN_MARK = "#"
"""Behind an id: a second entry that claims it. The mark and what follows are the file's, not the entry's."""
MAX_BATCH_BODY_BYTES = 8 * 1024 * 1024
REPUBLISHED_AT_ONCE = 500
Read = Callable[[StreamId, int, int], Sequence[StreamEntry]]
"""(stream, after, limit): entries of a stream above a position, as `entries_after` gives them."""


class Stamp(msgspec.Struct, frozen=True):
    """When and by whom: what every entry says beside its event."""

    id: str
    at: int
    biz_date: str
    actor: str
    clock: int = 0


class Journal:
    """The writer's side. Lives on the writer's thread, beside the file's only read-write connection."""

    def __init__(
        self, conn: Connection, node: str, sign: Signer, guard: Guard | None = None, read: "Read | None" = None
    ) -> None:
        """`read` answers also for entries that left the file for a sealed segment."""
        self._read = read or partial(entries_after, conn)
        self._conn = conn
        self._sign = sign
        self._guard = guard
        self.node = node
        self.epoch = ""
        self.series = ""
        self.head: Head = Head()  # position in our current stream
        self._origin: Head = Head()  # position and hash in our origin chain
        self._committed = 0  # the origin position before the transaction that is open
        self._load()

    @property
    def stream(self) -> StreamId:
        return StreamId(self.node, self.epoch)

    @property
    def rolled_back(self) -> bool:
        """True when the guard has seen more of this journal than the file holds."""
        return self._guard is not None and self._guard.rolled_back(self.node, self.epoch, self._origin.seq)

    @contextmanager
    def transaction(self, path: Path | None = None) -> Iterator[None]:
        """One durable change: every row and entry of it, or none. The head steps back with a rollback."""
        before = self.head, self._origin, self.epoch, self.series
        self._committed = self._origin.seq
        try:
            with transaction(self._conn, path):
                yield
        except BaseException:
            self.head, self._origin, self.epoch, self.series = before
            raise

    def settle(self) -> None:
        """Everything is written and nothing more comes: a file that ends before this is an old copy."""
        if self._guard:
            self._guard.settle(self.node, self.epoch, self._origin.seq)

    def append(self, event: Event, stamp: Stamp, private: Private | None = None) -> StreamEntry:
        """Write one fact. Must run inside `transaction()`; it is durable when that returns."""
        require(bool(self.epoch), "journal.no_epoch")
        type_, version, body = encode_event(event)
        draft = Draft(
            stamp.id, self.node, self.epoch, type_, version, stamp.at, stamp.biz_date, stamp.actor, body,
            stamp.clock, private,
        )  # fmt: skip
        entry = seal_entry(draft, self._origin.seq + 1, self._origin.chain_hash, self._sign)
        if self._guard:
            self._guard.reserve(self.node, self.epoch, entry.seq, self._committed)
        self._origin = Head(entry.seq, entry.entry_hash)
        insert_event(self._conn, entry)
        return self._publish(entry)

    def open_epoch(self, epoch: str, series: str, why: str, stamp: Stamp, republish_above: int = 0) -> StreamEntry:
        """Begin a new epoch; entries of the old stream above `republish_above` follow in the new one, unchanged.

        Must run inside `transaction()`. Nothing that anybody may lack stays behind: HQ tells known from new by id.
        """
        old, old_head, old_origin = self.stream, self.head, self._origin
        self.epoch, self.series, self.head, self._origin, self._committed = epoch, series, Head(), Head(), 0
        self._conn.execute("INSERT INTO epoch (node, epoch, series) VALUES (?,?,?)", (self.node, epoch, series))
        opened = self.append(
            EpochOpened(series, why, old.epoch, old_origin.seq, old_origin.chain_hash.hex() if old.epoch else ""),
            stamp,
        )
        at = republish_above
        while old.epoch and at < old_head.seq:
            batch = self._read(old, at, REPUBLISHED_AT_ONCE)
            for placed in batch:
                place_again(self._conn, placed.entry)
                self._publish(placed.entry)
            at = batch[-1].seq
        return opened

    def _publish(self, entry: Entry) -> StreamEntry:
        placed = place(entry, self.head)
        self._conn.execute(INSERT_STREAM, (self.node, self.epoch, placed.seq, entry.id, placed.chain_hash))
        self.head = Head(placed.seq, placed.chain_hash)
        return placed

    def _load(self) -> None:
        last = self._conn.execute(
            "SELECT epoch, series FROM epoch WHERE node = ? ORDER BY n DESC LIMIT 1", (self.node,)
        ).fetchone()
        if last is None:
            return
        self.epoch, self.series = last
        self.head = stream_head(self._conn, self.stream)
        origin = self._conn.execute(
            "SELECT e.seq, e.entry_hash FROM stream s JOIN event e ON e.id = s.id"
            " WHERE s.node = ? AND s.epoch = ? AND e.epoch = ? ORDER BY s.seq DESC LIMIT 1",
            (self.node, self.epoch, self.epoch),
        ).fetchone()
        self._origin = Head(*origin) if origin else Head()


def insert_event(conn: Connection, entry: Entry) -> None:
    """Content and erasable part of one entry, inside the caller's transaction."""
    conn.execute(
        INSERT_EVENT,
        (
            entry.id, entry.node, entry.epoch, entry.seq, entry.type, entry.v, entry.at, entry.biz_date, entry.actor,
            entry.clock, entry.body, entry.prev_hash, entry.entry_hash, entry.sig,
        ),
    )  # fmt: skip
    if entry.private:
        conn.execute(INSERT_PRIVATE, (entry.id, entry.private.salt, entry.private.part))


def stream_head(conn: Connection, stream: StreamId) -> Head:
    """The last position of a stream in this file; Head() when it has none."""
    row = conn.execute(
        "SELECT seq, chain_hash FROM stream WHERE node = ? AND epoch = ? ORDER BY seq DESC LIMIT 1",
        (stream.node, stream.epoch),
    ).fetchone()
    return Head(*row) if row else Head()


def chain_hash_at(conn: Connection, stream: StreamId, seq: int) -> bytes | None:
    """Chain hash of one position; GENESIS for position 0, None when the stream does not reach it."""
    if seq == 0:
        return GENESIS
    row = conn.execute(
        "SELECT chain_hash FROM stream WHERE node = ? AND epoch = ? AND seq = ?", (stream.node, stream.epoch, seq)
    ).fetchone()
    return row[0] if row else None


def last_at(conn: Connection, stream: StreamId) -> int:
    """The time of the newest entry of a stream; 0 when it has none."""
    row = conn.execute(
        "SELECT e.at FROM stream s JOIN event e ON e.id = s.id WHERE s.node = ? AND s.epoch = ? ORDER BY s.seq DESC LIMIT 1",
        (stream.node, stream.epoch),
    ).fetchone()
    return row[0] if row else 0


def entries_after(conn: Connection, stream: StreamId, seq: int, limit: int) -> Sequence[StreamEntry]:
    """Up to `limit` entries of a stream above `seq`, in order, at most about 8 MiB of bodies."""
    found: list[StreamEntry] = []
    size = 0
    rows = conn.execute(
        f"{_SELECT} WHERE s.node = ? AND s.epoch = ? AND s.seq > ? ORDER BY s.seq LIMIT ?",
        (stream.node, stream.epoch, seq, limit),
    )
    for row in rows:
        found.append(placed_of(row))
        size += len(row[12])
        if size > MAX_BATCH_BODY_BYTES:
            break
    rows.close()
    return found


def streams(conn: Connection) -> tuple[StreamId, ...]:
    """Every stream of this file, oldest epoch first."""
    return tuple(StreamId(*row) for row in conn.execute("SELECT DISTINCT node, epoch FROM stream ORDER BY epoch, node"))


def erase_private(conn: Connection, event_id: str) -> None:
    """Forget the personal part of an event; both chains stay valid. An entry that stayed here for it alone goes too."""
    conn.execute("DELETE FROM private WHERE id = ?", (event_id,))
    conn.execute("DELETE FROM event WHERE id IN (SELECT id FROM unplaced WHERE id = ?)", (event_id,))
    conn.execute("DELETE FROM unplaced WHERE id = ?", (event_id,))


def place_again(conn: Connection, entry: Entry, kept_as: str = "") -> None:
    """Before an entry gets one more position in this file: it stays until its last one is in a sealed segment.

    One that has left the file already comes back; its personal part never left.
    """
    id_ = kept_as or entry.id
    if conn.execute("SELECT 1 FROM event WHERE id = ?", (id_,)).fetchone() is None:
        insert_event(conn, msgspec.structs.replace(entry, id=id_, private=None))
    elif conn.execute("DELETE FROM unplaced WHERE id = ?", (id_,)).rowcount == 0:
        conn.execute(
            "INSERT INTO again (id, more) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET more = more + 1", (id_,)
        )


def placed_of(row: Sequence[object]) -> StreamEntry:
    """(position, chain hash, the entry's columns, salt, part) as an entry."""
    position, chained, *content = row
    id_, *fields, salt, part = content
    private = Private(salt, part) if salt is not None else None  # type: ignore[arg-type] # rows are untyped
    return StreamEntry(position, chained, Entry(str(id_).partition(TWIN_MARK)[0], *fields, private))  # type: ignore[arg-type] # rows are untyped
