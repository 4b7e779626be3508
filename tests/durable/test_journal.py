"""The journal on disk: append-only, whole transactions, epochs that leave nothing behind, a guard that tells old copies."""

import shutil
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from retail_core.domain.errors import EnvironmentFault, InvariantError
from retail_core.domain.events import AuditNoted, EpochOpened
from retail_core.durable import journal as journal_module
from retail_core.durable.engine import open_rw, transaction
from retail_core.durable.guard import RESERVE, Guard, GuardState
from retail_core.durable.journal import chain_hash_at, entries_after, erase_private, stream_head, streams
from retail_core.durable.migrate import check_readable, ensure_schema, has_table
from retail_core.trust.keys import verify
from retail_core.wire.envelope import GENESIS, Head, StreamId
from retail_core.wire.events import decode_event
from tests.durable.till_file import DATABASE_KEY, LENA, NODE, SIGNING_KEY, STEPS, reading, till_file, verified

COLUMNS = "id, node, epoch, seq, type, v, at, biz_date, actor, clock, body, prev_hash, entry_hash, sig"
EMPTY_BODY = COLUMNS.replace("body", "x'7b7d'")


class PowerCutError(Exception):
    pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "till.db"


def refused(move) -> str:
    with pytest.raises(EnvironmentFault) as fault:
        move()
    return fault.value.code


# ── append-only ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET body = x'7b7d' WHERE seq = 2",
        "UPDATE event SET at = at + 1",
        "DELETE FROM event WHERE seq = 3",
        "DELETE FROM event",
        f"INSERT OR REPLACE INTO event ({COLUMNS}) SELECT {EMPTY_BODY} FROM event WHERE seq = 2",
        "UPDATE stream SET seq = seq + 100",
        "DELETE FROM stream WHERE seq = 3",
        "REPLACE INTO stream SELECT node, epoch, seq, id, x'00' FROM stream WHERE seq = 2",
        "UPDATE epoch SET series = 'Z'",
        "DELETE FROM epoch",
        "UPDATE private SET part = x'00'",
        "UPDATE OR REPLACE stream SET seq = 1 WHERE seq = 2",
    ],
)
def test_what_is_written_cannot_be_changed(path: Path, statement: str) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.write(3)
        till.hand_over()
        with pytest.raises(sqlcipher.IntegrityError, match=r"journal\.append_only"), transaction(till.conn, path):
            till.conn.execute(statement)
    assert verified(path).ok


def test_an_entry_cannot_be_written_twice(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        stamp = till.stamp()
        with till.journal.transaction(path):
            till.journal.append(AuditNoted("signed_in"), stamp)
        with pytest.raises(sqlcipher.IntegrityError), till.journal.transaction(path):
            till.journal.append(AuditNoted("signed_out"), stamp)
        till.write()
    assert verified(path).entries == 3


def test_a_person_can_be_erased_and_the_file_still_verifies(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        placed = till.hand_over()
        assert placed.entry.private is not None
        assert entries_after(till.conn, till.journal.stream, 1, 9)[0] == placed
        with transaction(till.conn, path):
            erase_private(till.conn, placed.entry.id)
        assert entries_after(till.conn, till.journal.stream, 1, 9)[0].entry.private is None
        till.write()
    report = verified(path)
    assert (report.ok, report.erased, report.entries) == (True, 1, 3)


# ── writing and reading ──────────────────────────────────────────────────────────────────────────


def test_every_entry_is_chained_signed_and_read_back(path: Path) -> None:
    with till_file(path) as till:
        with pytest.raises(InvariantError, match="no_epoch"):
            till.write()
        assert (till.journal.stream, till.journal.head) == (StreamId(NODE, ""), Head())
        opened = till.open_epoch("epoch-1")
        till.write(3)
        assert decode_event(opened.entry.type, 1, opened.entry.body) == EpochOpened("A", "first start")
    with reading(path) as conn:
        stream = StreamId(NODE, "epoch-1")
        found = entries_after(conn, stream, 0, 100)
        assert [(at.seq, at.entry.seq) for at in found] == [(1, 1), (2, 2), (3, 3), (4, 4)]
        assert all(verify(SIGNING_KEY.public_text, at.entry.entry_hash, at.entry.sig) for at in found)
        assert streams(conn) == (stream,)
        assert stream_head(conn, stream) == Head(4, found[-1].chain_hash)
        assert stream_head(conn, StreamId("nobody", "e")) == Head()
        assert [chain_hash_at(conn, stream, seq) for seq in (0, 4, 5)] == [GENESIS, found[-1].chain_hash, None]
        assert [at.seq for at in entries_after(conn, stream, 1, 2)] == [2, 3]
        assert entries_after(conn, stream, 4, 10) == []


def test_a_page_of_entries_is_bounded_in_bytes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "MAX_BATCH_BODY_BYTES", 100)
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.write(10)
        assert 0 < len(entries_after(till.conn, till.journal.stream, 0, 500)) < 5


def test_what_is_rolled_back_was_never_there(path: Path) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
        till.write(2)
        before = till.journal.head
        with suppress(PowerCutError), till.journal.transaction(path):
            till.journal.append(AuditNoted("sale_voided"), till.stamp())
            raise PowerCutError
        with suppress(PowerCutError), till.journal.transaction(path):
            till.journal.open_epoch("epoch-2", "B", "fork", till.stamp())
            raise PowerCutError
        assert (till.journal.head, till.journal.epoch, till.journal.series) == (before, "epoch-1", "A")
        till.write()
        assert till.journal.head.seq == before.seq + 1
    assert verified(path).ok


def test_the_till_goes_on_where_it_stopped(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.write(5)
        head = till.journal.head
    with till_file(path) as till:
        assert (till.journal.epoch, till.journal.series, till.journal.head) == ("epoch-1", "A", head)
        till.write()
    assert verified(path).entries == 7


# ── epochs ───────────────────────────────────────────────────────────────────────────────────────


def test_a_new_epoch_says_again_what_somebody_may_lack(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.write_at_once(600)
        last = till.journal.head
        opened = till.open_epoch("epoch-2", "B", "rolled back", above=4)
        fact = decode_event(opened.entry.type, 1, opened.entry.body)
        assert fact == EpochOpened("B", "rolled back", "epoch-1", 601, entries_after(
            till.conn, StreamId(NODE, "epoch-1"), 600, 1)[0].entry.entry_hash.hex())  # fmt: skip
        till.write(2)
        old = entries_after(till.conn, StreamId(NODE, "epoch-1"), 0, 1000)
        new = entries_after(till.conn, StreamId(NODE, "epoch-2"), 0, 1000)
        assert [at.entry for at in new[1:-2]] == [at.entry for at in old[4:]]
        assert [(at.seq, at.entry.epoch, at.entry.seq) for at in (new[0], new[1], new[-1])] == [
            (1, "epoch-2", 1), (2, "epoch-1", 5), (600, "epoch-2", 3),
        ]  # fmt: skip
        assert last.seq == 601
    with till_file(path) as till:  # and goes on with its own chain, not with that of what it repeated
        till.write()
        assert entries_after(till.conn, till.journal.stream, 600, 9)[0].entry.seq == 4
    report = verified(path)
    assert (report.ok, report.streams, report.entries) == (True, 2, 605)


def test_a_new_epoch_straight_after_repeating_everything_goes_on(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.write(3)
        till.open_epoch("epoch-2", "B", "fork")
        till.open_epoch("epoch-3", "C", "fork", above=5)
    with till_file(path) as till:
        assert (till.journal.series, till.journal.head.seq) == ("C", 1)
        till.write()
    report = verified(path)
    assert (report.ok, report.streams) == (True, 3)


# ── the guard ────────────────────────────────────────────────────────────────────────────────────


def copy_of(path: Path, to: Path) -> Path:
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(shutil.copy(path, to))


@pytest.mark.parametrize("since", [RESERVE + 1, 3 * RESERVE])
def test_yesterdays_file_put_back_is_noticed(path: Path, tmp_path: Path, since: int) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
        till.write(10)
    yesterday = copy_of(path, tmp_path / "yesterday.db")
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back
        till.write(since)
    shutil.copy(yesterday, path)
    with till_file(path, guarded=True) as till:
        assert till.journal.rolled_back
        till.open_epoch("epoch-2", "B", "rolled back")
        assert not till.journal.rolled_back
        assert till.guard is not None
        assert till.guard.series == ("A", "B")
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back
    assert verified(path).ok


def test_a_file_from_before_the_present_epoch_is_noticed(path: Path, tmp_path: Path) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
        till.write(5)
    yesterday = copy_of(path, tmp_path / "yesterday.db")
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-2", "B", "fork")
    shutil.copy(yesterday, path)
    with till_file(path, guarded=True) as till:
        assert till.journal.rolled_back


@pytest.mark.parametrize("written", range(RESERVE - 3, RESERVE + 2))
@pytest.mark.parametrize("in_one", [1, 5])
def test_a_crash_never_looks_like_an_old_copy(path: Path, written: int, in_one: int) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
        till.write(written)
        with suppress(PowerCutError), till.journal.transaction(path):
            for _ in range(in_one):
                till.journal.append(AuditNoted("line_voided"), till.stamp())
            raise PowerCutError  # the guard may be written, the entries are not
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back


def test_the_guard_touches_the_disk_once_in_32_entries(path: Path) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
        guard_file = path.with_suffix(".guard")
        written: list[bytes] = []
        for _ in range(3 * RESERVE):
            till.write()
            written.append(guard_file.read_bytes())
    assert len(set(written)) == 4


@pytest.mark.parametrize("content", [None, b"", b"not json", b'{"node":1}', b"\xff\xfe"])
def test_a_missing_or_damaged_guard_proves_nothing(path: Path, content: bytes | None) -> None:
    guard_file = path.with_suffix(".guard")
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
    guard_file.unlink()
    if content is not None:
        guard_file.write_bytes(content)
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back
        assert till.guard is not None
        assert till.guard.series == ()
        till.write()
    assert Guard(guard_file).state is not None


def test_an_orderly_end_makes_any_older_copy_look_old(path: Path) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
        till.write(2)
        till.journal.settle()
    yesterday = path.with_name("yesterday")
    shutil.copy(path, yesterday)
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back
        till.write()
        till.journal.settle()
        till.journal.settle()
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back
    shutil.copy(yesterday, path)
    with till_file(path, guarded=True) as till:
        assert till.journal.rolled_back


def test_a_guard_that_cannot_be_written_at_the_end_stops_nothing(tmp_path: Path) -> None:
    guard = Guard(tmp_path / "till.guard")
    guard.settle(NODE, "epoch-1", 5)  # nothing was ever begun
    assert guard.state is None
    guard.note_series(NODE, "epoch-1", "A")
    (tmp_path / "till.guard").unlink()
    guard = Guard(tmp_path / "gone" / "till.guard")
    guard.state = GuardState(NODE, "epoch-1", 32, ("A",))
    guard.settle(NODE, "epoch-1", 5)


def test_the_guard_of_another_machine_proves_nothing(tmp_path: Path) -> None:
    guard = Guard(tmp_path / "till.guard")
    guard.note_series("node-T2", "epoch-9", "A")
    assert not guard.rolled_back(NODE, "epoch-1", 0)
    assert guard.rolled_back("node-T2", "epoch-1", 0)


def test_a_journal_without_a_guard_is_never_called_old(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.journal.settle()
        assert not till.journal.rolled_back


# ── the schema ───────────────────────────────────────────────────────────────────────────────────


WIDER = (*STEPS, ("CREATE TABLE note (text TEXT)", "ALTER TABLE epoch ADD COLUMN remark TEXT"))


def test_an_older_file_is_copied_before_it_is_brought_up_to_date(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.hand_over()
    backup = path.with_name("till.db.v1.bak")
    backup.write_bytes(b"left from a crash")
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        ensure_schema(conn, path, WIDER)
        ensure_schema(conn, path, WIDER)
        assert conn.execute("PRAGMA user_version").fetchone() == (2,)
        conn.execute("INSERT INTO note VALUES ('x')")
    assert verified(path).ok
    assert verified(backup).entries == 2
    assert LENA not in backup.read_bytes()
    with reading(backup) as conn:
        check_readable(conn, backup, 1)
        with pytest.raises(sqlcipher.OperationalError):
            conn.execute("SELECT * FROM note")


def test_a_newer_file_is_refused_and_left_alone(path: Path) -> None:
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        ensure_schema(conn, path, WIDER)
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        assert refused(lambda: ensure_schema(conn, path, STEPS)) == "db.newer_than_program"
        assert conn.execute("PRAGMA user_version").fetchone() == (2,)
    with reading(path) as conn:
        assert refused(lambda: check_readable(conn, path, 1)) == "db.newer_than_program"
        check_readable(conn, path, 2)
    assert not list(path.parent.glob("*.bak"))


def test_a_reader_waits_for_the_writers_tables(path: Path) -> None:
    open_rw(path, DATABASE_KEY).close()
    with reading(path) as conn:
        assert refused(lambda: check_readable(conn, path, 1)) == "db.not_ready"


def test_a_step_that_fails_changes_nothing(path: Path) -> None:
    with till_file(path) as till:
        till.open_epoch("epoch-1")
    broken = (*STEPS, ("CREATE TABLE note (text TEXT)", "CREATE TABLE note (text TEXT)"))
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        with pytest.raises(sqlcipher.OperationalError):
            ensure_schema(conn, path, broken)
        assert conn.execute("PRAGMA user_version").fetchone() == (1,)
    with till_file(path) as till:
        till.write()


def test_a_new_file_has_all_its_tables_at_once_or_none(path: Path) -> None:
    """The agent looks at till.db while the till makes it; a part of the tables once ended the agent."""
    broken = (*STEPS, ("CREATE TABLE note (text TEXT)", "CREATE TABLE note (text TEXT)"))
    with closing(open_rw(path, DATABASE_KEY)) as conn, pytest.raises(sqlcipher.OperationalError):
        ensure_schema(conn, path, broken)
    with reading(path) as conn:
        assert conn.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        assert refused(lambda: check_readable(conn, path, 1)) == "db.not_ready"
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        ensure_schema(conn, path, WIDER)
        assert has_table(conn, "note")
        assert not has_table(conn, "nothing")


# ── kills ────────────────────────────────────────────────────────────────────────────────────────

WRITER = """
import os, sys
from pathlib import Path
from tests.durable import till_file
from retail_core.trust.keys import SigningKey
till_file.SIGNING_KEY = SigningKey.from_pem(sys.stdin.read())
with till_file.till_file(Path(sys.argv[1]), guarded=True) as till:
    assert not till.journal.rolled_back
    while True:
        till.write()
        os.write(1, b"%d\\n" % till.journal.head.seq)
"""


def test_a_killed_writer_loses_nothing_it_has_confirmed_while_another_program_reads(path: Path) -> None:
    with till_file(path, guarded=True) as till:
        till.open_epoch("epoch-1")
    root, confirmed = Path(__file__).parents[2], 1
    with reading(path) as reader:
        for kill_after in (1, 7, 33, 40, 64, 90):
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
            )
            with writer:
                assert writer.stdin is not None
                assert writer.stdout is not None
                writer.stdin.write(SIGNING_KEY.pem.encode())
                writer.stdin.close()
                for _ in range(kill_after):
                    confirmed = int(writer.stdout.readline())
                    assert stream_head(reader, StreamId(NODE, "epoch-1")).seq >= confirmed
                writer.kill()
                confirmed = max([confirmed, *map(int, writer.stdout.read().splitlines())])
            assert stream_head(reader, StreamId(NODE, "epoch-1")).seq in {confirmed, confirmed + 1}
    with till_file(path, guarded=True) as till:
        assert not till.journal.rolled_back
        assert till.conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert verified(path).ok
