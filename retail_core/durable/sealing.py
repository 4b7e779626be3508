"""Making segments: closed business days that head office has had for 35 days leave their database for a sealed file.

    copy into a new file · fsync · re-read and compare · read-only · rename · fsync the folder
    · ONE transaction: the anchor, and the first rows leave · the other rows leave, some at a time

Until the anchor is committed the database has every row and a file is only waste, taken up where it left off; from then
on the file has every row, and rows still in the database are the same ones again. So a crash between any two steps loses
and doubles nothing. All of it goes in slices, each short enough that a sale behind it waits less than a frame.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import Connection, faults, open_new, open_ro, transaction
from retail_core.durable.journal import INSERT_EVENT, INSERT_STREAM, erase_private
from retail_core.durable.retention import Duties, Duty
from retail_core.durable.segments import SEGMENT_TABLES, SUFFIX, Anchor, History, Row, anchors, last_anchor
from retail_core.wire.envelope import GENESIS, Head, StreamId, chain_hash

T = TypeVar("T")

SLICE_ROWS = 60
SLICE_BYTES = 512 * 1024
HASHED_AT_ONCE = 1024 * 1024
MIN_ENTRIES = 1_000
MIN_DAYS = 7
"""A segment is begun for so many entries, or for a week of them."""
MAX_ENTRIES = 5_000
READ_ONLY = 0o440
UNFINISHED = "unfinished.part"

_ROWS = (
    "SELECT s.seq, s.chain_hash, s.id, e.node, e.epoch, e.seq, e.type, e.v, e.at, e.biz_date, e.actor, e.clock, e.body,"
    " e.prev_hash, e.entry_hash, e.sig FROM stream s JOIN event e ON e.id = s.id"
    " WHERE s.node = ? AND s.epoch = ? AND s.seq BETWEEN ? AND ? ORDER BY s.seq"
)
_SEQ, _CHAINED, _ID, _NODE, _EPOCH, _OWN, _DAY, _BODY, _HASH = 0, 1, 2, 3, 4, 5, 9, 12, 14
_DAYS_BACK = (
    "SELECT s.seq, e.biz_date, e.n FROM stream s JOIN event e ON e.id = s.id"
    " WHERE s.node = ? AND s.epoch = ? AND s.seq BETWEEN ? AND ? ORDER BY s.seq DESC"
)
DAYS_AT_ONCE = 300
_KEEP_EVENT = INSERT_EVENT.replace("INSERT", "INSERT OR IGNORE", 1)  # an entry may stand twice in one stream
_INSERT = "INSERT INTO segment VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
_DECLARE = "INSERT INTO segment (node, epoch, first_seq, last_seq, before_hash, last_hash) VALUES (?,?,?,?,?,?)"
_DECLARED = "SELECT node, epoch, first_seq, last_seq, before_hash FROM segment"
_Slices = Generator[None, None, T]
"""A piece of work that pauses after each slice, and what it comes to."""


class Sealer:
    """Seals the streams of one database, a slice at each `step`. Used on the thread of the file's writer."""

    def __init__(self, history: History, database: Path) -> None:
        self._history, self._conn, self._database = history, history.conn, database
        self._folder = history.folder
        self._work: _Slices[None] | None = None

    def step(self, duties: Callable[[], Duties], now_ms: int) -> bool:
        """Do one slice; False when nothing was left to do. Raises EnvironmentFault; what is durable then stays so."""
        work = self._work or self._all(duties, now_ms)
        self._work = None  # so it stays after a fault: the next step begins at what is durable
        with faults(self._database):
            try:
                next(work)
            except StopIteration:
                return False
            except OSError as bad:
                code = "disk.full" if bad.errno == errno.ENOSPC else "disk.failing"
                raise EnvironmentFault(code, file=self._folder.name, why=os.strerror(bad.errno or 0)) from bad
        self._work = work
        return True

    def close(self) -> None:
        """Stop in the middle; an unfinished file is begun again next time."""
        if self._work is not None:
            self._work.close()
            self._work = None

    def _all(self, duties: Callable[[], Duties], now_ms: int) -> _Slices[None]:
        wanted = duties()
        for anchor in anchors(self._conn):
            yield from self._let_leave(anchor, anchor.trimmed)
        yield from self._drop_old(wanted.drop_before, now_ms)
        for duty in wanted.streams:
            yield from self._take_up(duty, now_ms)
            while (last := (yield from self._last(duty))) is not None:
                part = yield from self._copy(duty, last)
                made = yield from self._compare(duty, part, now_ms)
                if made is None:
                    raise EnvironmentFault("disk.failing", file=part.name)
                yield from self._anchor(made, part)

    # ── what goes into the next one ──────────────────────────────────────────────────────────────

    def _first(self, duty: Duty) -> int:
        """The first position that is in no segment."""
        last = last_anchor(self._conn, duty.stream)
        return (last.last_seq if last else duty.base.seq) + 1

    def _last(self, duty: Duty) -> _Slices[int | None]:
        """The end of a closed day up to which the next segment goes; None while there is too little for one."""
        first = self._first(duty)
        limit = min(duty.through, first + MAX_ENTRIES - 1)
        if limit < first or not (duty.final or limit - first + 1 >= MIN_ENTRIES or self._days(duty, first, limit)):
            return None
        following = self._day(duty, limit + 1)
        at = limit
        while at >= first:
            from_ = max(first, at - DAYS_AT_ONCE + 1)
            for seq, day, n in self._conn.execute(_DAYS_BACK, (duty.stream.node, duty.stream.epoch, from_, at)):
                if day != following and not 0 < duty.before_n < n:
                    return seq
                following = day
            at = from_ - 1
            yield
        return limit if limit - first + 1 == MAX_ENTRIES and not duty.before_n else None  # a day as long as a segment

    def _days(self, duty: Duty, first: int, limit: int) -> bool:
        """True when a week lies between these positions, or nobody can tell."""
        began, ended = self._day(duty, first), self._day(duty, limit)
        try:
            return abs((date.fromisoformat(ended or "") - date.fromisoformat(began or "")).days) >= MIN_DAYS
        except ValueError:
            return True

    def _day(self, duty: Duty, seq: int) -> str | None:
        rows = self._rows(duty, seq, seq)
        return rows[0][_DAY] if rows else None

    def _rows(self, duty: Duty, first: int, last: int) -> Sequence[Row]:
        """Rows from `first` on, as many as one slice may hold."""
        found, size = list[Row](), 0
        upto = min(last, first + SLICE_ROWS - 1)
        for row in self._conn.execute(_ROWS, (duty.stream.node, duty.stream.epoch, first, upto)):
            found.append(row)
            size += len(row[_BODY])
            if size > SLICE_BYTES:
                break
        return found

    # ── the file ─────────────────────────────────────────────────────────────────────────────────

    def _copy(self, duty: Duty, last: int) -> _Slices[Path]:
        """The rows up to `last` in a file of their own, durable and read-only."""
        first, stream = self._first(duty), duty.stream
        self._folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        part = self._folder / UNFINISHED
        at = Head(first - 1, self._before(duty, first))
        with closing(open_new(part, self._history.key)) as copy:
            for statement in SEGMENT_TABLES:
                copy.execute(statement)
            while at.seq < last:
                rows = self._rows(duty, at.seq + 1, last)
                with transaction(copy, part):
                    copy.executemany(_KEEP_EVENT, [row[2:] for row in rows])
                    copy.executemany(INSERT_STREAM, [(*stream_of(duty), row[0], row[2], row[1]) for row in rows])
                at = _following(at, rows)
                yield
            with transaction(copy, part):
                copy.execute(
                    _DECLARE, (stream.node, stream.epoch, first, last, self._before(duty, first), at.chain_hash)
                )
        part.chmod(READ_ONLY)
        _sync(part)
        yield
        return part

    def _compare(self, duty: Duty, path: Path, now_ms: int) -> _Slices[Anchor | None]:
        """Read a file again and compare it with the database, row by row; None when it is not the same."""
        first = self._first(duty)
        before = self._before(duty, first)
        facts = _Facts(duty.stream, last_anchor(self._conn, duty.stream))
        with closing(open_ro(path, self._history.key, any_thread=True)) as copy:
            last = _declared(copy, duty.stream, first, before)
            at = Head(first - 1, before)
            while at.seq < last:
                ours = self._rows(duty, at.seq + 1, last)
                theirs = copy.execute(_ROWS, (*stream_of(duty), at.seq + 1, at.seq + len(ours))).fetchall()
                if not ours or ours != theirs:
                    return None
                facts.add(ours)
                at = _following(at, ours)
                yield
        if last < first:
            return None
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as file:
            while chunk := file.read(HASHED_AT_ONCE):
                digest.update(chunk)
                size += len(chunk)
                yield
        return facts.anchor(self._name(duty, first, last), before, at, digest.digest(), size, now_ms)

    def _before(self, duty: Duty, first: int) -> bytes:
        if first - 1 == duty.base.seq:
            return duty.base.chain_hash
        return self._history.chain_hash_at(duty.stream, first - 1) or GENESIS

    def _name(self, duty: Duty, first: int, last: int) -> str:
        return f"{_stem(duty.stream)}-{first:010d}-{last:010d}{SUFFIX}"

    def _take_up(self, duty: Duty, now_ms: int) -> _Slices[None]:
        """A file that was finished when the program stopped: go on behind it. One that does not fit is left alone."""
        first = self._first(duty)
        for path in sorted(self._folder.glob(f"{_stem(duty.stream)}-{first:010d}-*{SUFFIX}")):
            try:
                made = yield from self._compare(duty, path, now_ms)
            except EnvironmentFault:
                made = None
            if made is not None and made.name == path.name:
                yield from self._anchor(made, path)
                return

    def _anchor(self, made: Anchor, part: Path) -> _Slices[None]:
        """Give the file its name, durably; then the anchor, and with it the first rows leave."""
        final = self._folder / made.name
        if part != final:
            if final.exists():  # of a database that is no longer: kept beside
                final.rename(final.with_suffix(f".{made.sealed_ms}.other"))
            part.rename(final)
            yield
        _sync(final)
        _sync(self._folder)
        yield
        with transaction(self._conn, self._database):
            self._conn.execute(_INSERT, msgspec.structs.astuple(made))
            trimmed = self._leave(made, made.trimmed)
        yield
        yield from self._let_leave(made, trimmed)

    # ── rows that leave ──────────────────────────────────────────────────────────────────────────

    def _let_leave(self, anchor: Anchor, trimmed: int) -> _Slices[None]:
        while trimmed < anchor.last_seq:
            with transaction(self._conn, self._database):
                trimmed = self._leave(anchor, trimmed)
            yield

    def _leave(self, anchor: Anchor, after: int) -> int:
        """The next rows of a segment leave the database, but for entries that are needed here; returns up to where."""
        through = min(after + SLICE_ROWS, anchor.last_seq)
        span = (anchor.node, anchor.epoch, after, through)
        ids = self._conn.execute(
            "SELECT DISTINCT id FROM stream WHERE node = ? AND epoch = ? AND seq > ? AND seq <= ?", span
        ).fetchall()
        self._conn.execute("DELETE FROM stream WHERE node = ? AND epoch = ? AND seq > ? AND seq <= ?", span)
        self._conn.executemany(
            "DELETE FROM event WHERE id = ?1 AND EXISTS (SELECT 1 FROM unplaced WHERE id = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM private WHERE id = ?1)",
            ids,
        )
        self._conn.executemany(
            "DELETE FROM unplaced WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM event WHERE id = ?1)", ids
        )
        self._conn.execute(
            "UPDATE segment SET trimmed = ? WHERE node = ? AND epoch = ? AND first_seq = ?",
            (through, anchor.node, anchor.epoch, anchor.first_seq),
        )
        return through

    # ── after the legal term ─────────────────────────────────────────────────────────────────────

    def _drop_old(self, before_year: int, now_ms: int) -> _Slices[None]:
        """Delete files past the legal term, each stream's oldest first, and personal parts of what was in them."""
        kept: set[StreamId] = set()
        for anchor in anchors(self._conn):
            path = self._folder / anchor.name
            if not anchor.dropped_ms:
                if anchor.stream in kept or not _year(anchor) < before_year:
                    kept.add(anchor.stream)
                    continue
                yield from self._forget(anchor, now_ms)
            if path.exists():  # also one that a crash left behind
                self._history.close()
                path.unlink()
                _sync(self._folder)
                yield

    def _forget(self, anchor: Anchor, now_ms: int) -> _Slices[None]:
        with transaction(self._conn, self._database):
            rows = self._conn.execute(
                "SELECT id FROM unplaced WHERE id BETWEEN ? AND ?", (anchor.least_id, anchor.most_id)
            ).fetchall()
            for (id_,) in rows:
                if self._history.lies_in(anchor, id_):
                    erase_private(self._conn, id_)
            self._conn.execute(
                "UPDATE segment SET dropped_ms = ? WHERE node = ? AND epoch = ? AND first_seq = ?",
                (now_ms, anchor.node, anchor.epoch, anchor.first_seq),
            )
        yield


class _Facts:
    """What the anchor of a segment says, gathered row by row."""

    def __init__(self, stream: StreamId, before: Anchor | None) -> None:
        self._stream = stream
        self._first: Row = ()
        self._last: Row = ()
        self._own = (before.own_seq, before.own_hash) if before else (0, GENESIS)
        self._least = self._most = ""

    def add(self, rows: Sequence[Row]) -> None:
        self._first, self._last = self._first or rows[0], rows[-1]
        ids = [row[_ID] for row in rows]
        self._least, self._most = min([self._least or ids[0], *ids]), max(self._most, *ids)
        for row in rows:
            if (row[_NODE], row[_EPOCH]) == (self._stream.origin_node, self._stream.epoch):
                self._own = row[_OWN], row[_HASH]

    def anchor(self, name: str, before: bytes, at: Head, digest: bytes, size: int, now_ms: int) -> Anchor:
        return Anchor(
            self._stream.node, self._stream.epoch, self._first[_SEQ], at.seq, before, self._first[_CHAINED],
            at.chain_hash, *self._own, self._least, self._most, self._first[_DAY], self._last[_DAY], name, size, digest,
            now_ms, self._first[_SEQ] - 1,
        )  # fmt: skip


def stream_of(duty: Duty) -> tuple[str, str]:
    return duty.stream.node, duty.stream.epoch


def _following(before: Head, rows: Sequence[Row]) -> Head:
    """The position after these rows. Raises EnvironmentFault `journal.broken` when they do not follow."""
    at = before
    for row in rows:
        at = Head(at.seq + 1, chain_hash(at.chain_hash, row[_HASH]))
        if (row[_SEQ], row[_CHAINED]) != (at.seq, at.chain_hash):
            raise EnvironmentFault("journal.broken", seq=at.seq)
    if at == before:
        raise EnvironmentFault("journal.broken", seq=at.seq + 1)
    return at


def _declared(copy: Connection, stream: StreamId, first: int, before: bytes) -> int:
    """Where a file says it ends; 0 when it is another one's, or holds more than it says."""
    said = copy.execute(_DECLARED).fetchone()
    if said is None or (*said[:3], said[4]) != (stream.node, stream.epoch, first, before):
        return 0
    held = copy.execute("SELECT count(*) FROM stream").fetchone()[0]
    return said[3] if held == said[3] - first + 1 else 0


def _stem(stream: StreamId) -> str:
    """For file names: what came over a wire must not choose a path."""
    return hashlib.sha256(f"{stream.node}\n{stream.epoch}".encode()).hexdigest()[:16]


def _year(anchor: Anchor) -> int:
    """The year of the newest day in a segment; a day that is none counts as never past."""
    return int(anchor.last_day[:4]) if anchor.last_day[:4].isdigit() else 9_999


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
        if path.is_file():  # so that reading it again asks the disk
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)
