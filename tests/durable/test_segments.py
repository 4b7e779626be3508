"""Old days leave the journal for sealed files; whoever reads the journal sees no difference, and no crash changes that."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest
import sqlcipher3.dbapi2 as sqlite

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.inbox import INBOX_TABLES, append_received, begin_stream
from retail_core.durable.journal import Journal, erase_private
from retail_core.durable.retention import (
    Duties,
    Duty,
    below_the_last,
)
from retail_core.durable.sealing import Sealer
from retail_core.durable.segments import History, anchors
from retail_core.wire.envelope import Head, StreamEntry, StreamId, entry_hash, place
from tests.durable.till_file import DATABASE_KEY, NODE, SIGNING_KEY, TillFile, till_file

STREAM = StreamId(NODE, "epoch-1")
DAYS = [f"2026-10-{day:02d}" for day in range(1, 10)]
A_DAY = 40
NOW_MS = 1_800_000_000_000


def sell_for_days(till: TillFile, days: Sequence[str] = DAYS) -> None:
    for day in days:
        till.day = day
        till.write_at_once(A_DAY - 1)
        till.hand_over()


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TillFile]:
    """Nine days of forty entries each; the last of a day has a personal part."""
    with till_file(tmp_path / "till.db") as opened:
        opened.day = DAYS[0]
        opened.open_epoch("epoch-1")
        sell_for_days(opened)
        yield opened


def duty(till: TillFile, through: int | None = None, **more: object) -> Duties:
    ripe = below_the_last(till.conn, STREAM, till.journal.head.seq) if through is None else through
    return Duties((Duty(STREAM, ripe, **more),))  # type: ignore[arg-type] # fields by name


def sealed(till: TillFile, wanted: Duties) -> int:
    """Seal what is to be sealed; in how many slices."""
    return finished(Sealer(till.history, till.path), wanted)


def finished(sealer: Sealer, wanted: Duties) -> int:
    slices = 0
    while sealer.step(lambda: wanted, NOW_MS):
        slices += 1
    return slices


def whole(till: TillFile) -> list[StreamEntry]:
    return read(till.history, till.journal.stream)


def read(history: History, stream: StreamId) -> list[StreamEntry]:
    found: list[StreamEntry] = []
    while more := history.entries_after(stream, found[-1].seq if found else 0, 97):
        found += more
    return found


def rows(conn: Connection, table: str) -> int:
    return conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_closed_days_leave_for_a_sealed_file_and_nobody_who_reads_sees_a_difference(till: TillFile) -> None:
    before = whole(till)
    sealed(till, duty(till))
    (anchor,) = anchors(till.conn)
    file = till.history.folder / anchor.name
    # the first entry of the epoch and eight whole days; the ninth is not over, for all a journal knows
    assert (anchor.first_seq, anchor.last_seq, anchor.last_day) == (1, 1 + 8 * A_DAY, "2026-10-08")
    assert rows(till.conn, "stream") == A_DAY
    assert rows(till.conn, "event") == A_DAY + 8  # and those that stay beside their personal part
    assert whole(till) == before
    assert [till.history.chain_hash_at(STREAM, at.seq) for at in before] == [at.chain_hash for at in before]
    assert [till.history.entries_after(STREAM, seq, 3) for seq in (0, 318, 320, 321)] == [
        before[0:3], before[318:321], before[320:323], before[321:324]
    ]  # fmt: skip
    fact = till.history.fact(before[5].entry.id)
    assert fact is not None
    assert (fact.body, fact.entry_hash) == (before[5].entry.body, before[5].entry.entry_hash)
    assert till.history.fact("nobody") is None
    assert file.stat().st_mode & 0o777 == 0o440
    assert not file.read_bytes().startswith(b"SQLite format 3")  # encrypted like the database


def test_the_journal_goes_on_from_what_stays(till: TillFile) -> None:
    sealed(till, duty(till))
    head = till.journal.head
    reopened = Journal(till.conn, NODE, SIGNING_KEY.sign, None, till.history.entries_after)
    assert (reopened.epoch, reopened.head) == (till.journal.epoch, head)
    till.write(3)
    assert [at.seq for at in whole(till)] == list(range(1, head.seq + 4))
    with closing(History(till.conn, till.path, DATABASE_KEY)) as again:
        assert again.head(STREAM) == till.journal.head


def test_nothing_else_may_be_deleted_from_a_journal(till: TillFile) -> None:
    sealed(till, duty(till))
    for verb in ("DELETE FROM stream", "DELETE FROM event", "DELETE FROM segment", "DELETE FROM epoch"):
        with pytest.raises(sqlite.IntegrityError, match="append_only"):
            till.conn.execute(verb)


def test_too_little_for_a_segment_waits_and_a_closed_epoch_does_not(till: TillFile) -> None:
    assert not sealed(till, duty(till, through=1 + 3 * A_DAY))
    assert sealed(till, duty(till, through=1 + 3 * A_DAY, final=True))
    assert [anchor.last_day for anchor in anchors(till.conn)] == ["2026-10-03"]


def test_entries_of_the_open_drawer_session_stay(till: TillFile) -> None:
    opened_n = 1 + 7 * A_DAY + 5  # the drawer is open since the eighth day
    sealed(till, duty(till, before_n=opened_n, final=True))
    assert [anchor.last_day for anchor in anchors(till.conn)] == ["2026-10-07"]


def test_a_year_is_many_files_that_follow_one_another(till: TillFile) -> None:
    for month in (11, 12):
        sell_for_days(till, [f"2026-{month}-{day:02d}" for day in range(1, 29)])
    before = whole(till)
    sealed(till, duty(till, through=700))
    sealed(till, duty(till, through=1500))
    sealed(till, duty(till))
    found = anchors(till.conn)
    assert len(found) == 3
    assert [(a.last_seq + 1, a.last_hash) for a in found[:-1]] == [(b.first_seq, b.before_hash) for b in found[1:]]
    assert whole(till) == before


# ── crashes ──────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def copy_of(folder: Path, to: Path) -> Iterator[TillFile]:
    """The machine's folder as a kill leaves it, opened again."""
    shutil.copytree(folder, to)
    with till_file(to / "till.db") as till:
        yield till


def test_a_kill_between_any_two_steps_loses_and_doubles_nothing(till: TillFile, tmp_path: Path) -> None:
    before = whole(till)
    wanted = duty(till)
    sealer, step, goes_on = Sealer(till.history, till.path), 0, True
    while goes_on:
        goes_on = sealer.step(lambda: wanted, NOW_MS)
        step += 1
        with copy_of(tmp_path, tmp_path.parent / f"{tmp_path.name}-{step}") as after:
            assert whole(after) == before, f"after step {step}"
            sealed(after, wanted)
            assert whole(after) == before, f"after step {step}, gone on"
            assert len(anchors(after.conn)) == 1
            assert [path.suffix for path in after.history.folder.iterdir()] == [".segment"]
            assert rows(after.conn, "stream") == A_DAY
    assert step > 15


def test_a_disk_that_is_full_stops_it_without_harm(till: TillFile) -> None:
    before = whole(till)
    till.history.folder.parent.mkdir()
    till.history.folder.symlink_to("/dev/full")  # nothing can be made there
    with pytest.raises(EnvironmentFault, match="disk"):
        sealed(till, duty(till))
    till.history.folder.unlink()
    assert whole(till) == before
    assert sealed(till, duty(till))
    assert whole(till) == before


def test_a_file_that_does_not_read_back_as_it_was_written_takes_no_row_out(till: TillFile) -> None:
    sealer = Sealer(till.history, till.path)
    part = till.history.folder / "unfinished.part"
    while sealer.step(lambda: duty(till), NOW_MS):
        if part.exists() and part.stat().st_mode & 0o777 == 0o440:
            break
    with part.open("r+b") as disk:
        disk.seek(9_000)
        disk.write(os.urandom(64))
    with pytest.raises(EnvironmentFault):
        finished(sealer, duty(till))
    assert not anchors(till.conn)
    assert rows(till.conn, "stream") == till.journal.head.seq


def test_a_file_of_a_database_that_is_no_longer_is_not_taken_for_ours(till: TillFile, tmp_path: Path) -> None:
    """An old copy of till.db was put back, and another branch was sold on; its files lie beside ours."""
    with _other(tmp_path) as other:
        sealed(other, Duties((Duty(STREAM, below_the_last(other.conn, STREAM, other.journal.head.seq)),)))
        shutil.copytree(other.history.folder, till.history.folder)
    before = whole(till)
    sealed(till, duty(till))
    assert whole(till) == before
    assert sorted(path.suffix for path in till.history.folder.iterdir()) == [".other", ".segment"]


@contextmanager
def _other(tmp_path: Path) -> Iterator[TillFile]:
    folder = tmp_path / "other"
    folder.mkdir()
    with till_file(folder / "till.db") as other:
        other.day = DAYS[0]
        other.open_epoch("epoch-1")
        other.made = 10_000
        sell_for_days(other)
        yield other


# ── who reads it ─────────────────────────────────────────────────────────────────────────────────


def test_a_personal_part_can_be_erased_after_its_entry_was_sealed(till: TillFile) -> None:
    sealed(till, duty(till))
    person = next(at.entry for at in whole(till) if at.entry.private)
    erase_private(till.conn, person.id)
    gone = next(at.entry for at in whole(till) if at.entry.id == person.id)
    assert (gone.private, gone.body, gone.entry_hash) == (None, person.body, person.entry_hash)
    assert rows(till.conn, "private") == rows(till.conn, "unplaced") + 1 == 8  # the ninth day's is still placed here
    assert till.conn.execute("SELECT 1 FROM event WHERE id = ?", (person.id,)).fetchone() is None


def test_a_new_epoch_says_again_what_is_sealed_when_head_office_may_lack_it(till: TillFile) -> None:
    """Head office lost its word: the till went back in time and publishes everything again."""
    sealed(till, duty(till))
    old = whole(till)
    till.open_epoch("epoch-2", "B", "rolled back", above=0)
    new = whole(till)
    assert [at.entry for at in new[1:]] == [at.entry for at in old]
    assert till.history.head(STREAM) == Head(old[-1].seq, old[-1].chain_hash)
    # and when those have left too, under the new name, both streams are still whole
    sealed(till, Duties((Duty(STREAM, old[-1].seq, final=True), Duty(till.journal.stream, len(new) - 1, final=True))))
    assert read(till.history, STREAM) == old
    assert read(till.history, till.journal.stream) == new
    assert rows(till.conn, "again") == 0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TillFile]:
    """The store role's file, without a copy in it yet."""
    folder = tmp_path / "store"
    folder.mkdir()
    with till_file(folder / "store.db") as opened:
        for table in INBOX_TABLES:
            opened.conn.execute(table)
        yield opened


def test_a_sealed_copy_still_tells_known_from_new_by_id(till: TillFile, store: TillFile) -> None:
    sent = whole(till)
    with transaction(store.conn):
        begin_stream(store.conn, STREAM, Head())
        begin_stream(store.conn, STREAM.salvage, Head())
        append_received(store.conn, STREAM, sent)
    sealed(store, Duties((Duty(STREAM, len(sent) - 1),)))
    assert read(store.history, STREAM) == sent
    with transaction(store.conn):  # the same entries by another way, one of them with other content
        other = _changed(sent[3])
        clashes = append_received(store.conn, STREAM.salvage, [*sent[:3], other], store.history.known)
    assert clashes == [4]
    assert [at.entry.id for at in read(store.history, STREAM.salvage)] == [at.entry.id for at in sent[:4]]
    assert read(store.history, STREAM) == sent


def _changed(placed: StreamEntry) -> StreamEntry:
    changed = msgspec.structs.replace(placed.entry, body=b'{"what":"other"}')
    changed = msgspec.structs.replace(changed, entry_hash=entry_hash(changed, changed.seq, changed.prev_hash))
    return place(changed, Head(placed.seq - 1, bytes(32)))
