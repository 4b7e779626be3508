"""Sealed segments: old parts of a journal in read-only files beside their database, and reading both as one.

A segment holds positions `first_seq … last_seq` of one stream with their entries, byte for byte, in a file encrypted with
the database's own key. Its row in the database, the anchor, stays for ever. Personal parts are never in a segment: they
stay in `private`, where erasure finds them, and their entries stay beside them. How segments are made: see `sealing`.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import Connection, faults, open_ro
from retail_core.durable.journal import (
    JOURNAL_TABLES,
    MAX_BATCH_BODY_BYTES,
    chain_hash_at,
    entries_after,
    placed_of,
    stream_head,
)
from retail_core.durable.migrate import Step
from retail_core.wire.envelope import Head, Private, StreamEntry, StreamId

LOG = logging.getLogger(__name__)
FOLDER = "segments"
SUFFIX = ".segment"
OPEN_AT_ONCE = 2
READ_CACHE_KIB = 1_024
Row = Sequence[Any]  # the driver's rows are untyped

_COVERED = (
    "SELECT 1 FROM segment g WHERE g.node = OLD.node AND g.epoch = OLD.epoch"
    " AND OLD.seq BETWEEN g.first_seq AND g.last_seq"
)
SEGMENT_STEP: Step = (
    # the anchor of each segment: where it begins and ends, what it hashes to, how far its rows have left this file, and
    # `own`, the last entry in it that began in this very stream. `dropped_ms`: when its file went after the legal term.
    """CREATE TABLE segment (
        node TEXT NOT NULL, epoch TEXT NOT NULL, first_seq INTEGER NOT NULL CHECK (first_seq > 0),
        last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq), before_hash BLOB NOT NULL, first_hash BLOB NOT NULL,
        last_hash BLOB NOT NULL, own_seq INTEGER NOT NULL, own_hash BLOB NOT NULL, least_id TEXT NOT NULL,
        most_id TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
        size INTEGER NOT NULL, sha256 BLOB NOT NULL, sealed_ms INTEGER NOT NULL, trimmed INTEGER NOT NULL,
        dropped_ms INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (node, epoch, first_seq)) WITHOUT ROWID""",
    """CREATE TRIGGER segment_no_delete BEFORE DELETE ON segment
       BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END""",
    # ids with more than one position here, and how many more; ids whose positions have all left and whose entry has not
    "CREATE TABLE again (id TEXT PRIMARY KEY, more INTEGER NOT NULL CHECK (more >= 0)) WITHOUT ROWID",
    "CREATE TABLE unplaced (id TEXT PRIMARY KEY) WITHOUT ROWID",
    "INSERT INTO again (id, more) SELECT id, count(*) - 1 FROM stream GROUP BY id HAVING count(*) > 1",
    # how far head office had a stream, at most once a day: an entry may leave 35 days after such a word
    """CREATE TABLE acked_day (
        node TEXT NOT NULL, epoch TEXT NOT NULL, at_ms INTEGER NOT NULL, through INTEGER NOT NULL,
        PRIMARY KEY (node, epoch, at_ms)) WITHOUT ROWID""",
    "DROP TRIGGER stream_no_DELETE",
    f"""CREATE TRIGGER stream_no_DELETE BEFORE DELETE ON stream WHEN NOT EXISTS ({_COVERED})
        BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END""",
    """CREATE TRIGGER stream_left AFTER DELETE ON stream BEGIN
        INSERT OR IGNORE INTO unplaced (id) SELECT OLD.id WHERE NOT EXISTS (SELECT 1 FROM again WHERE id = OLD.id);
        UPDATE again SET more = more - 1 WHERE id = OLD.id;
        DELETE FROM again WHERE id = OLD.id AND more = 0; END""",
    "DROP TRIGGER event_no_DELETE",
    """CREATE TRIGGER event_no_DELETE BEFORE DELETE ON event WHEN NOT EXISTS (SELECT 1 FROM unplaced WHERE id = OLD.id)
        BEGIN SELECT RAISE(ABORT, 'journal.append_only'); END""",
)
SEGMENT_TABLES = (
    JOURNAL_TABLES[0],
    JOURNAL_TABLES[1],
    """CREATE TABLE segment (
        node TEXT NOT NULL, epoch TEXT NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
        before_hash BLOB NOT NULL, last_hash BLOB NOT NULL)""",
)
"""The tables of a segment's own file: entries and positions as in the journal, and what they follow."""

_ANCHOR = (
    "SELECT node, epoch, first_seq, last_seq, before_hash, first_hash, last_hash, own_seq, own_hash, least_id, most_id,"
    " first_day, last_day, name, size, sha256, sealed_ms, trimmed, dropped_ms FROM segment"
)
_SEALED = (
    "SELECT s.seq, s.chain_hash, e.id, e.node, e.epoch, e.seq, e.type, e.v, e.at, e.biz_date, e.actor, e.clock,"
    " e.body, e.prev_hash, e.entry_hash, e.sig, NULL, NULL FROM stream s JOIN event e ON e.id = s.id"
    " WHERE s.node = ? AND s.epoch = ? AND s.seq > ? ORDER BY s.seq LIMIT ?"
)


class Anchor(msgspec.Struct, frozen=True):
    """A segment as its database knows it; see the table."""

    node: str
    epoch: str
    first_seq: int
    last_seq: int
    before_hash: bytes
    first_hash: bytes
    last_hash: bytes
    own_seq: int
    own_hash: bytes
    least_id: str
    most_id: str
    first_day: str
    last_day: str
    name: str
    size: int
    sha256: bytes
    sealed_ms: int
    trimmed: int
    dropped_ms: int = 0

    @property
    def stream(self) -> StreamId:
        return StreamId(self.node, self.epoch)


class Fact(msgspec.Struct, frozen=True):
    """What is looked up of one entry by its id. `n` is its place in the database, 0 when it lies in a segment."""

    body: bytes
    at: int
    entry_hash: bytes
    sig: bytes
    n: int = 0


def segments_of(database: Path) -> Path:
    """The folder of a database's segments."""
    return database.parent / FOLDER / database.stem


def anchors(conn: Connection) -> Sequence[Anchor]:
    """Every segment of this file, by stream and position; none in a file of an older program."""
    return _anchors(conn, "ORDER BY node, epoch, first_seq")


def last_anchor(conn: Connection, stream: StreamId) -> Anchor | None:
    """The newest segment of a stream."""
    found = _anchors(conn, "WHERE node = ? AND epoch = ? ORDER BY first_seq DESC LIMIT 1", stream.node, stream.epoch)
    return found[0] if found else None


class History:
    """A journal as a whole: one database and the sealed files beside it. Belongs to the thread of `conn`.

    A segment that cannot be read is a hole, said once in the log: what lies behind it is still served.
    """

    def __init__(self, conn: Connection, database: Path, key: bytes) -> None:
        self.conn = conn
        self.folder = segments_of(database)
        self.key = key
        self._open: dict[str, Connection] = {}
        self._unreadable: set[str] = set()

    def close(self) -> None:
        """Give the sealed files back; the database stays open."""
        for name in tuple(self._open):
            self._open.pop(name).close()

    def head(self, stream: StreamId) -> Head:
        """The last position of a stream; Head() when it has none."""
        here = stream_head(self.conn, stream)
        if here.seq:
            return here
        last = last_anchor(self.conn, stream)
        return Head(last.last_seq, last.last_hash) if last else Head()

    def chain_hash_at(self, stream: StreamId, seq: int) -> bytes | None:
        """Chain hash of one position; GENESIS for position 0, None when nothing here reaches it."""
        here = chain_hash_at(self.conn, stream, seq)
        if here is not None:
            return here
        anchor = self._over(stream, seq)
        if anchor is None or seq == anchor.last_seq:
            return anchor.last_hash if anchor else None
        asked = "SELECT chain_hash FROM stream WHERE node = ? AND epoch = ? AND seq = ?"
        found = self._row(anchor, asked, stream.node, stream.epoch, seq)
        return found[0] if found else None

    def entries_after(self, stream: StreamId, seq: int, limit: int) -> Sequence[StreamEntry]:
        """Up to `limit` entries of a stream above `seq`, in order and without a gap, at most about 8 MiB of bodies."""
        found: list[StreamEntry] = []
        size = 0
        while len(found) < limit and size <= MAX_BATCH_BODY_BYTES:
            at = found[-1].seq if found else seq
            more = entries_after(self.conn, stream, at, limit - len(found))
            if not more or more[0].seq != at + 1:  # read after the rows: they leave only with their anchor
                more = self._sealed_after(stream, at, limit - len(found)) or (() if found else more)
            if not more:
                break
            found += more
            size += sum(len(placed.entry.body) for placed in more)
        return found

    def fact(self, event_id: str) -> Fact | None:
        """An entry by its id, wherever it lies."""
        row = self.conn.execute("SELECT body, at, entry_hash, sig, n FROM event WHERE id = ?", (event_id,)).fetchone()
        return Fact(*row) if row else self.sealed_fact(event_id)

    def sealed_fact(self, event_id: str) -> Fact | None:
        """An entry by its id, in a segment. A new id is above all that are sealed, so no file is opened for it."""
        for anchor in _anchors(
            self.conn, "WHERE least_id <= ? AND most_id >= ? AND dropped_ms = 0", event_id, event_id
        ):
            found = self._row(anchor, "SELECT body, at, entry_hash, sig FROM event WHERE id = ?", event_id)
            if found:
                return Fact(*found)
        return None

    def last_of(self, stream: StreamId, question: str) -> Row | None:
        """The first answer to a question about one stream (node, epoch), asked of the newest rows first."""
        row = self.conn.execute(question, (stream.node, stream.epoch)).fetchone()
        if row is not None:
            return row
        older = _anchors(self.conn, "WHERE node = ? AND epoch = ? ORDER BY first_seq DESC", stream.node, stream.epoch)
        answers = (self._row(anchor, question, stream.node, stream.epoch) for anchor in older)
        return next((answer for answer in answers if answer is not None), None)

    def known(self, event_id: str) -> tuple[bytes, bytes, bytes] | None:
        """(body, entry hash, signature) of an entry in a segment, for `append_received`."""
        fact = self.sealed_fact(event_id)
        return (fact.body, fact.entry_hash, fact.sig) if fact else None

    def lies_in(self, anchor: Anchor, event_id: str) -> bool:
        """True for an entry of this segment; False also when it cannot be read."""
        return self._row(anchor, "SELECT 1 FROM event WHERE id = ?", event_id) is not None

    def opened(self, anchor: Anchor) -> Connection:
        """The file of a segment. Raises EnvironmentFault."""
        conn = self._open.pop(anchor.name, None)
        if conn is None:
            conn = open_ro(self.folder / anchor.name, self.key, any_thread=True, cache_kib=READ_CACHE_KIB)
        self._open[anchor.name] = conn  # the newest last
        if len(self._open) > OPEN_AT_ONCE:
            self._open.pop(next(iter(self._open))).close()
        return conn

    def _over(self, stream: StreamId, seq: int) -> Anchor | None:
        found = _anchors(
            self.conn, "WHERE node = ? AND epoch = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1",
            stream.node, stream.epoch, seq,
        )  # fmt: skip
        return found[0] if found and found[0].last_seq >= seq else None

    def _sealed_after(self, stream: StreamId, seq: int, limit: int) -> Sequence[StreamEntry]:
        anchor = self._over(stream, seq + 1)
        if anchor is None:
            return ()
        found: list[StreamEntry] = []
        size = 0
        for row in self._rows(anchor, _SEALED, stream.node, stream.epoch, seq, limit):
            found.append(self._with_private(placed_of(row), row[2]))
            size += len(row[12])
            if size > MAX_BATCH_BODY_BYTES:
                break
        return found

    def _with_private(self, placed: StreamEntry, kept_as: str) -> StreamEntry:
        part = self.conn.execute("SELECT salt, part FROM private WHERE id = ?", (kept_as,)).fetchone()
        if part is None:
            return placed
        return msgspec.structs.replace(placed, entry=msgspec.structs.replace(placed.entry, private=Private(*part)))

    def _row(self, anchor: Anchor, question: str, *values: str | int) -> Row | None:
        return next(self._rows(anchor, question, *values), None)

    def _rows(self, anchor: Anchor, question: str, *values: str | int) -> Iterator[Row]:
        path = self.folder / anchor.name
        if anchor.dropped_ms:
            return
        try:
            with faults(path):
                yield from self.opened(anchor).execute(question, values)
        except EnvironmentFault as fault:
            if anchor.name not in self._unreadable:
                self._unreadable.add(anchor.name)
                LOG.error("%s: %s", path.name, fault, extra={"code": "segment.unreadable"})  # noqa: TRY400 - a named fault needs no trace


def _anchors(conn: Connection, where: str, *values: str | int) -> Sequence[Anchor]:
    if conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'segment'").fetchone() is None:
        return ()
    return [Anchor(*row) for row in conn.execute(f"{_ANCHOR} {where}", values)]
