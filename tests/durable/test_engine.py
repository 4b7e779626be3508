"""Keyed files: opened the one right way, and every trouble with a name that says what to do."""

import sqlite3
import stat
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import pytest
import sqlcipher3.dbapi2 as sqlcipher

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import FAULT_CODES, check_driver, fault_of, faults, open_ro, open_rw, transaction

KEY, OTHER_KEY = bytes(range(32)), bytes(32)


class PowerCutError(Exception):
    pass


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "till.db"
    with closing(open_rw(path, KEY)) as conn, transaction(conn):
        conn.execute("CREATE TABLE thing (n INTEGER PRIMARY KEY, name TEXT)")
        conn.executemany("INSERT INTO thing (name) VALUES (?)", [("Lena Fischer",)] * 500)
    return path


def fault(move) -> str:
    with pytest.raises(EnvironmentFault) as found:
        move()
    return found.value.code


@pytest.mark.parametrize("version", [(3, 51, 2), (3, 8, 0), (2, 99, 99)])
def test_a_sqlite_that_can_lose_commits_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(EnvironmentFault, match=r"db\.sqlite_too_old \(found=.*least=3\.51\.3\)"):
        check_driver(version)


@pytest.mark.parametrize("version", [(3, 51, 3), (3, 53, 4), (4, 0, 0)])
def test_a_sound_sqlite_is_taken(version: tuple[int, ...]) -> None:
    check_driver(version)
    check_driver()


def test_the_writer_is_durable_and_strict(file: Path) -> None:
    with closing(open_rw(file, KEY)) as conn:
        asked = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "recursive_triggers")
        assert [conn.execute(f"PRAGMA {name}").fetchone()[0] for name in asked] == ["wal", 2, 1, 1, 1]
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_nothing_can_be_read_from_a_stolen_file(file: Path) -> None:
    for part in file.parent.iterdir():
        raw = part.read_bytes()
        assert b"Lena" not in raw
        assert not raw.startswith(b"SQLite format 3")


def test_a_reader_sees_every_commit_and_can_change_nothing(file: Path) -> None:
    with closing(open_rw(file, KEY)) as writer, closing(open_ro(file, KEY)) as reader:

        def count() -> int:
            return reader.execute("SELECT count(*) FROM thing").fetchone()[0]

        with transaction(writer):
            writer.execute("INSERT INTO thing (name) VALUES ('new')")
            assert count() == 500
        assert count() == 501
        for statement in ("INSERT INTO thing (name) VALUES ('x')", "DROP TABLE thing", "PRAGMA user_version = 9"):
            with pytest.raises(EnvironmentFault, match=r"db\.read_only"), faults(file):
                reader.execute(statement)
        assert count() == 501


def test_a_change_is_whole_or_not_at_all(file: Path) -> None:
    with closing(open_rw(file, KEY)) as conn:
        with suppress(PowerCutError), transaction(conn, file):
            conn.execute("DELETE FROM thing")
            raise PowerCutError
        assert conn.execute("SELECT count(*) FROM thing").fetchone() == (500,)
        with suppress(PowerCutError), transaction(conn, file):
            conn.execute("ROLLBACK")  # as the driver does itself when a disk is full
            raise PowerCutError
        with transaction(conn, file):
            conn.execute("DELETE FROM thing WHERE n = 1")
    with closing(open_ro(file, KEY)) as reader:
        assert reader.execute("SELECT count(*) FROM thing").fetchone() == (499,)


def test_a_wrong_key_says_so_and_leaves_the_file_alone(file: Path) -> None:
    before = file.read_bytes()
    assert fault(lambda: open_rw(file, OTHER_KEY)) == "db.damaged"
    assert fault(lambda: open_ro(file, OTHER_KEY)) == "db.damaged"
    assert fault(lambda: open_rw(file, b"short")) == "key.wrong_length"
    assert file.read_bytes() == before


def test_other_files_are_no_database_of_ours(tmp_path: Path, file: Path) -> None:
    plain = tmp_path / "plain.db"
    with closing(sqlite3.connect(plain)) as conn:
        conn.execute("CREATE TABLE t (x)")
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 500)
    half = tmp_path / "half.db"
    half.write_bytes(file.read_bytes()[:2000])
    for path in (plain, text, half):
        assert fault(lambda path=path: open_rw(path, KEY)) == "db.damaged"
        assert fault(lambda path=path: open_ro(path, KEY)) == "db.damaged"


def test_a_missing_file_and_a_missing_folder(tmp_path: Path) -> None:
    assert fault(lambda: open_ro(tmp_path / "no.db", KEY)) == "db.missing"
    assert not (tmp_path / "no.db").exists()
    assert fault(lambda: open_rw(tmp_path / "no" / "till.db", KEY)) == "db.cannot_open"


def test_a_damaged_page_is_named_when_it_is_read(file: Path) -> None:
    raw = bytearray(file.read_bytes())
    raw[-2000] ^= 1
    file.write_bytes(raw)
    with closing(open_ro(file, KEY)) as conn, pytest.raises(EnvironmentFault) as found, faults(file):
        conn.execute("SELECT sum(length(name)) FROM thing").fetchone()
    assert (found.value.code, found.value.facts["file"]) == ("db.damaged", "till.db")


def test_a_full_disk_is_named_and_loses_nothing(file: Path) -> None:
    with closing(open_rw(file, KEY)) as conn:
        pages = conn.execute("PRAGMA page_count").fetchone()[0]
        conn.execute(f"PRAGMA max_page_count = {pages}")

        def fill() -> None:
            with transaction(conn, file):
                conn.executemany("INSERT INTO thing (name) VALUES (?)", [("x" * 3000,)] * 50)

        assert fault(fill) == "disk.full"
        assert conn.execute("SELECT count(*) FROM thing").fetchone() == (500,)


def test_a_file_another_program_writes_is_in_use(file: Path) -> None:
    with closing(open_rw(file, KEY)) as one, closing(open_rw(file, KEY)) as two, transaction(one):
        two.execute("PRAGMA busy_timeout = 0")

        def write() -> None:
            with transaction(two, file):
                pass

        assert fault(write) == "db.in_use"


def test_our_own_mistakes_are_not_blamed_on_the_disk(file: Path) -> None:
    with closing(open_rw(file, KEY)) as conn:
        with pytest.raises(sqlcipher.OperationalError), faults(file):
            conn.execute("SELEC 1")
        with pytest.raises(sqlcipher.IntegrityError), transaction(conn, file):
            conn.execute("INSERT INTO thing (n) VALUES (1)")
    assert fault_of(sqlcipher.ProgrammingError("wrong thread")) is None
    assert fault_of(sqlcipher.OperationalError("?")) is None
    assert set(FAULT_CODES.values()) == {
        "db.in_use", "db.read_only", "disk.failing", "db.damaged", "disk.full", "db.cannot_open",
    }  # fmt: skip


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a #1 100%41 ?mode=ro café"
    folder.mkdir()
    with closing(open_rw(folder / "till.db", KEY)) as conn:
        conn.execute("CREATE TABLE t (x)")
    assert (folder / "till.db").exists()
    with closing(open_ro(folder / "till.db", KEY)) as conn:
        assert conn.execute("SELECT count(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("any_thread", [False, True])
def test_a_connection_stays_on_its_thread_unless_told_otherwise(file: Path, any_thread: bool) -> None:
    trouble: list[sqlcipher.Error] = []
    with closing(open_ro(file, KEY, any_thread=any_thread)) as conn:

        def ask() -> None:
            try:
                conn.execute("SELECT 1")
            except sqlcipher.ProgrammingError as error:
                trouble.append(error)

        thread = Thread(target=ask)
        thread.start()
        thread.join(10)
    assert bool(trouble) is not any_thread
