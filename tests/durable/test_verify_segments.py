"""`omnitill verify-journal` walks sealed segments and database as one journal, and names the first bad number."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retail_core.cli import main
from retail_core.durable.engine import open_rw
from retail_core.durable.journal import erase_private
from retail_core.durable.retention import Duties, Duty, below_the_last
from retail_core.durable.sealing import Sealer
from retail_core.durable.segments import anchors
from tests.durable.test_segments import A_DAY, DAYS, NOW_MS, STREAM, duty, finished, sealed, sell_for_days
from tests.durable.till_file import DATABASE_KEY, TillFile, till_file, verified

MORE_DAYS = [f"2026-11-{day:02d}" for day in range(1, 20)]


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TillFile]:
    """Four weeks in two segments, and what came after them."""
    with till_file(tmp_path / "till.db") as opened:
        opened.day = DAYS[0]
        opened.open_epoch("epoch-1")
        sell_for_days(opened)
        sealed(opened, duty(opened))
        sell_for_days(opened, MORE_DAYS)
        sealed(opened, duty(opened))
        assert len(anchors(opened.conn)) == 2
        yield opened


def files(till: TillFile) -> list[Path]:
    return [till.history.folder / anchor.name for anchor in anchors(till.conn)]


def test_a_journal_is_whole_with_its_segments(till: TillFile) -> None:
    report = verified(till.path)
    entries = 1 + (len(DAYS) + len(MORE_DAYS)) * A_DAY
    assert (report.code, report.detail) == ("", "")
    assert (report.segments, report.erased, report.streams) == (2, 0, 1)
    assert report.signatures >= entries == till.journal.head.seq
    assert report.heads == {f"{STREAM.node}/{STREAM.epoch}": f"{entries} {till.journal.head.chain_hash.hex()}"}


def test_it_is_whole_after_each_step_of_sealing(till: TillFile) -> None:
    sell_for_days(till, [f"2026-12-{day:02d}" for day in range(1, 10)])
    wanted, sealer, steps = duty(till), Sealer(till.history, till.path), 0
    while sealer.step(lambda: wanted, NOW_MS):
        steps += 1
        if steps % 5 == 0:
            report = verified(till.path)
            assert (report.code, report.detail) == ("", "")


def test_an_erased_personal_part_is_fine_in_a_segment_too(till: TillFile) -> None:
    (person,) = till.conn.execute("SELECT min(id) FROM unplaced").fetchone()
    erase_private(till.conn, person)
    report = verified(till.path)
    assert (report.code, report.erased) == ("", 1)


def test_a_second_epoch_that_says_it_again_is_fine_and_so_is_what_is_past_the_legal_term(till: TillFile) -> None:
    till.open_epoch("epoch-2", "B", "rolled back", above=700)
    till.write(3)
    old = till.history.head(STREAM)
    new = Duty(till.journal.stream, below_the_last(till.conn, till.journal.stream, till.journal.head.seq), final=True)
    sealed(till, Duties((Duty(STREAM, old.seq, final=True), new)))
    report = verified(till.path)
    assert (report.code, report.detail, report.streams) == ("", "", 2)
    finished(Sealer(till.history, till.path), Duties((), drop_before=2027))
    assert not any(path.exists() for path in files(till))
    report = verified(till.path)
    assert (report.code, report.detail) == ("", "")


def test_a_missing_file_is_named_by_its_numbers(till: TillFile) -> None:
    first, second = anchors(till.conn)
    files(till)[1].unlink()
    report = verified(till.path)
    assert report.code == "segment.missing"
    assert f"positions {first.last_seq + 1} to {second.last_seq} of stream {STREAM.node}" in report.detail


@pytest.mark.parametrize(("above", "name"), [(0, "till"), (1, "segments")])
def test_a_file_in_the_place_of_the_folder_is_said_plainly(
    till: TillFile, above: int, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = (till.history.folder, till.history.folder.parent)[above]
    folder.rename(till.path.parent / "elsewhere")
    folder.write_bytes(b"")
    report = verified(till.path)
    assert report.code == "segment.no_folder"
    assert report.detail.endswith(f"cannot be there: {name} is a file, not a folder")
    assert main(["verify-journal", str(till.path), "--key", DATABASE_KEY.hex()]) == 1
    said = capsys.readouterr()
    assert f"{till.path}: segment.no_folder: positions 1 to" in said.out
    assert said.err == ""


def test_what_cannot_be_read_as_a_file_is_named(till: TillFile) -> None:
    files(till)[0].unlink()
    files(till)[0].mkdir()
    report = verified(till.path)
    assert report.code == "segment.unreadable"
    assert report.detail.endswith("Is a directory")


def test_a_damaged_page_is_named(till: TillFile) -> None:
    with files(till)[0].open("r+b") as disk:
        for at in range(9_000, files(till)[0].stat().st_size, 4_096):
            disk.seek(at)
            disk.write(os.urandom(64))
    report = verified(till.path)
    assert report.code == "segment.unreadable"
    assert "positions 1 to" in report.detail


@pytest.mark.parametrize("hides_it", [False, True])
def test_a_changed_entry_is_named_even_when_the_thief_changes_the_sum_too(till: TillFile, *, hides_it: bool) -> None:
    anchor, file = anchors(till.conn)[0], files(till)[0]
    file.chmod(0o600)
    with closing(open_rw(file, DATABASE_KEY)) as conn:
        conn.execute("UPDATE event SET body = replace(body, 'signed_in', 'signed_up') WHERE seq = 17")
        conn.execute("PRAGMA journal_mode = DELETE")
    if hides_it:
        digest = hashlib.sha256(file.read_bytes()).digest()
        till.conn.execute("UPDATE segment SET sha256 = ? WHERE name = ?", (digest, anchor.name))
    report = verified(till.path)
    assert report.code == "journal.content_changed"
    assert f"entry 17 of {STREAM.node} epoch epoch-1" in report.detail


def test_an_entry_taken_out_of_a_segment_is_missed(till: TillFile) -> None:
    file = files(till)[1]
    file.chmod(0o600)
    with closing(open_rw(file, DATABASE_KEY)) as conn:
        (last,) = conn.execute("SELECT max(seq) FROM stream").fetchone()
        conn.execute("DELETE FROM event WHERE id = (SELECT id FROM stream WHERE seq = ?)", (last,))
        conn.execute("DELETE FROM stream WHERE seq = ?", (last,))
        conn.execute("PRAGMA journal_mode = DELETE")
    report = verified(till.path)
    assert (report.code, str(last) in report.detail) == ("journal.entry_missing", True)


def test_another_file_of_the_same_content_is_not_the_one_that_was_sealed(till: TillFile) -> None:
    file = files(till)[0]
    file.chmod(0o600)
    with closing(open_rw(file, DATABASE_KEY)) as conn:
        conn.execute("PRAGMA journal_mode = DELETE")
        conn.execute("VACUUM")
    assert verified(till.path).code == "segment.changed"
