"""Copies of a database in use, and one put back: what has the name of a copy can be read, and nothing is lost on the way."""

import os
from pathlib import Path

import pytest

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.backup import UNFINISHED, back_up, check, put_back
from retail_core.durable.engine import Connection, open_ro, open_rw, transaction

KEY, OTHER = b"k" * 32, b"o" * 32


def made(path: Path, rows: int) -> Connection:
    conn = open_rw(path, KEY)
    with transaction(conn):
        conn.execute("CREATE TABLE fact (n INTEGER PRIMARY KEY, said BLOB)")
        conn.executemany("INSERT INTO fact VALUES (?, ?)", [(n, os.urandom(400)) for n in range(rows)])
    return conn


def rows_of(path: Path) -> int:
    conn = open_ro(path, KEY)
    try:
        return conn.execute("SELECT count(*) FROM fact").fetchone()[0]
    finally:
        conn.close()


def test_a_copy_is_of_one_moment_while_the_writer_goes_on(tmp_path: Path) -> None:
    path, copy = tmp_path / "hq.db", tmp_path / "copy.db"
    writer = made(path, 100)
    size = back_up(path, KEY, copy)
    with transaction(writer):
        writer.execute("INSERT INTO fact VALUES (1000, x'00')")
    writer.close()
    assert size == copy.stat().st_size
    assert (rows_of(copy), rows_of(path)) == (100, 101)
    assert copy.stat().st_mode & 0o077 == 0


def test_a_copy_never_takes_the_place_of_another_file(tmp_path: Path) -> None:
    path, copy = tmp_path / "hq.db", tmp_path / "copy.db"
    made(path, 1).close()
    copy.write_bytes(b"of yesterday")
    with pytest.raises(EnvironmentFault) as refused:
        back_up(path, KEY, copy)
    assert refused.value.code == "backup.exists"
    assert copy.read_bytes() == b"of yesterday"


def test_half_a_copy_of_an_earlier_try_is_no_copy(tmp_path: Path) -> None:
    path, copy = tmp_path / "hq.db", tmp_path / "copy.db"
    made(path, 3).close()
    (tmp_path / f"copy.db{UNFINISHED}").write_bytes(b"half")
    back_up(path, KEY, copy)
    assert rows_of(copy) == 3


@pytest.mark.parametrize("key", [KEY, OTHER])
def test_a_damaged_copy_or_one_of_another_key_is_found_out(tmp_path: Path, key: bytes) -> None:
    path, copy = tmp_path / "hq.db", tmp_path / "copy.db"
    made(path, 200).close()
    back_up(path, KEY, copy)
    if key == KEY:
        with copy.open("r+b") as damaged:
            damaged.seek(20_000)
            damaged.write(b"\0" * 64)
    with pytest.raises(EnvironmentFault) as refused:
        check(copy, key)
    assert refused.value.code == "db.damaged"


def test_what_is_put_back_takes_the_place_and_the_replaced_file_is_kept(tmp_path: Path) -> None:
    path, copy, aside = tmp_path / "hq.db", tmp_path / "copy.db", tmp_path / "replaced.db"
    writer = made(path, 5)
    back_up(path, KEY, copy)
    with transaction(writer):
        writer.execute("INSERT INTO fact VALUES (1000, x'00')")
    kept = open_ro(path, KEY)  # as after a kill: the last commit is in the log beside the file
    kept.execute("SELECT 1")
    put_back(copy, KEY, path, aside)
    kept.close()
    writer.close()
    assert rows_of(path) == 5
    assert rows_of(aside) == 6


def test_where_there_is_no_room_nothing_changes(tmp_path: Path) -> None:
    path, copy = tmp_path / "hq.db", tmp_path / "copy.db"
    made(path, 2).close()
    back_up(path, KEY, copy)
    nowhere = tmp_path / "gone" / "hq.db"
    with pytest.raises(EnvironmentFault) as refused:
        put_back(copy, KEY, nowhere, tmp_path / "replaced.db")
    assert refused.value.code == "backup.not_copied"
    assert rows_of(path) == 2


def test_a_database_that_is_gone_is_put_back(tmp_path: Path) -> None:
    path, copy = tmp_path / "hq.db", tmp_path / "copy.db"
    made(path, 2).close()
    back_up(path, KEY, copy)
    path.unlink()
    put_back(copy, KEY, path, tmp_path / "replaced.db")
    assert rows_of(path) == 2
    assert not (tmp_path / "replaced.db").exists()
