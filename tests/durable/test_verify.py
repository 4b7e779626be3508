"""`omnitill verify-journal`: any edit of a journal is found and the first bad entry is named, by a program of its own."""

import base64
import hashlib
import random
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from retail_core import cli
from retail_core.cli import main
from retail_core.durable.engine import Connection, open_rw, transaction
from retail_core.durable.home import Home
from retail_core.durable.inbox import INBOX_TABLES, append_received, begin_stream
from retail_core.durable.journal import JOURNAL_TABLES, entries_after, erase_private
from retail_core.durable.migrate import ensure_schema
from retail_core.durable.verify import verify_file
from retail_core.trust.keys import SigningKey
from retail_core.wire.envelope import Head, StreamId, chain_hash
from tests.durable.till_file import DATABASE_KEY, LENA, NODE, SIGNING_KEY, till_file, verified

EDITS = 240
SEED = 20261123
EPOCHS = ("epoch-1", "epoch-2")
STRANGER = SigningKey.new()
HEADER_FIELDS = ("id", "node", "epoch", "type", "v", "at", "biz_date", "actor", "clock")


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two epochs of one till, the second saying a part of the first again; without the triggers a thief would drop."""
    path = tmp_path_factory.mktemp("honest") / "till.db"
    with till_file(path) as till:
        till.open_epoch("epoch-1")
        till.write(5)
        till.hand_over()
        till.write(4)
        till.open_epoch("epoch-2", "B", "rolled back", above=7)
        till.write(3)
        till.hand_over()
        till.write(2)
        for (name,) in till.conn.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            till.conn.execute(f"DROP TRIGGER {name}")
        till.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert verified(path).ok
    return path


@contextmanager
def stolen(honest: Path, folder: Path) -> Iterator[tuple[Path, Connection]]:
    """A copy in the hands of somebody who has the database key."""
    path = Path(shutil.copy(honest, folder / "stolen.db"))
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        yield path, conn


# ── random edits ─────────────────────────────────────────────────────────────────────────────────


@dataclass
class Thief:
    """One random edit; each method returns what the report must name."""

    conn: Connection
    chance: random.Random

    def entry(self, least: int = 1) -> tuple[str, str, int]:
        """(id, epoch, seq) of an entry that isn't the last of its epoch."""
        rows = self.conn.execute(
            "SELECT id, epoch, seq FROM event e WHERE seq >= ? AND seq <"
            " (SELECT max(seq) FROM event m WHERE m.epoch = e.epoch) ORDER BY id",
            (least,),
        ).fetchall()
        return self.chance.choice(rows)

    def drop(self) -> str:
        id_, epoch, seq = self.entry()
        self.conn.execute("DELETE FROM event WHERE id = ?", (id_,))
        if self.chance.random() < 0.5:
            self.conn.execute("DELETE FROM stream WHERE id = ?", (id_,))
        return f"entry {seq} of {NODE} epoch {epoch} is missing"

    def drop_the_last(self) -> str:
        (seq,) = self.conn.execute("SELECT max(seq) FROM stream WHERE epoch = 'epoch-2'").fetchone()
        self.conn.execute(
            "DELETE FROM event WHERE id = (SELECT id FROM stream WHERE epoch = 'epoch-2' AND seq = ?)", (seq,)
        )
        return f"position {seq} of stream {NODE} epoch epoch-2 has no entry"

    def drop_position(self) -> str:
        epoch, seq = self.chance.choice(self.conn.execute(
            "SELECT epoch, seq FROM stream s WHERE seq < (SELECT max(seq) FROM stream m WHERE m.epoch = s.epoch)"
            " ORDER BY epoch, seq").fetchall())  # fmt: skip
        self.conn.execute("DELETE FROM stream WHERE epoch = ? AND seq = ?", (epoch, seq))
        return f"position {seq} of stream {NODE} epoch {epoch} is missing"

    def swap(self) -> str:
        one, two = self.entry(2), self.entry(2)
        while one[1] != two[1] or one == two:
            two = self.entry(2)
        first = min(one, two, key=lambda entry: entry[2])
        for (id_, *_), seq in ((one, -1), (two, one[2]), (one, two[2])):
            self.conn.execute("PRAGMA ignore_check_constraints = ON")
            self.conn.execute("UPDATE event SET seq = ? WHERE id = ?", (seq, id_))
        return f"entry {first[2]} of {NODE} epoch {first[1]}"

    def swap_positions(self) -> str:
        _, epoch, seq = self.entry(2)
        ids = dict(self.conn.execute("SELECT seq, id FROM stream WHERE epoch = ?", (epoch,)).fetchall())
        self.conn.execute("UPDATE stream SET id = ? WHERE epoch = ? AND seq = ?", (ids[seq + 1], epoch, seq))
        self.conn.execute("UPDATE stream SET id = ? WHERE epoch = ? AND seq = ?", (ids[seq], epoch, seq + 1))
        return f"position {seq} of stream {NODE} epoch {epoch}"

    def duplicate(self) -> str:
        id_, epoch, _ = self.entry()
        self.conn.execute(
            "INSERT INTO event (id, node, epoch, seq, type, v, at, biz_date, actor, clock, body, prev_hash, entry_hash,"
            " sig) SELECT id || 'x', node, epoch, seq, type, v, at, biz_date, actor, clock, body, prev_hash, entry_hash,"
            " sig FROM event WHERE id = ?",
            (id_,),
        )
        return f"of {NODE} epoch {epoch}"

    def amount(self) -> str:
        id_, epoch, seq = self.entry(2)
        (body,) = self.conn.execute("SELECT body FROM event WHERE id = ?", (id_,)).fetchone()
        at = self.chance.randrange(len(body))
        changed = body[:at] + bytes([body[at] ^ self.chance.randrange(1, 256)]) + body[at + 1 :]
        self.conn.execute("UPDATE event SET body = ? WHERE id = ?", (changed, id_))
        return f"entry {seq} of {NODE} epoch {epoch} (id {id_}) is not what was written"

    def body_as_text(self) -> str:
        id_, epoch, seq = self.entry()
        self.conn.execute("UPDATE event SET body = CAST(body AS TEXT) WHERE id = ?", (id_,))
        return f"entry {seq} of {NODE} epoch {epoch} (id {id_}) is not what was written"

    def header(self) -> str:
        id_, epoch, seq = self.entry()
        name = self.chance.choice(("type", "v", "at", "biz_date", "actor", "clock"))
        self.conn.execute(f"UPDATE event SET {name} = {name} || '1' WHERE id = ?", (id_,))
        return f"entry {seq} of {NODE} epoch {epoch} (id {id_}) is not what was written"

    def identity(self) -> str:
        id_, epoch, seq = self.entry()
        self.conn.execute("UPDATE event SET id = 'other' WHERE id = ?", (id_,))
        self.conn.execute("UPDATE stream SET id = 'other' WHERE id = ?", (id_,))
        return f"entry {seq} of {NODE} epoch {epoch} (id other) is not what was written"

    def another_node(self) -> str:
        id_, _, seq = self.entry()
        self.conn.execute("UPDATE event SET node = 'node-T0' WHERE id = ?", (id_,))
        return f"entry {seq} of"

    def hashes(self) -> str:
        id_, epoch, seq = self.entry(2)
        name = self.chance.choice(("prev_hash", "entry_hash", "sig"))
        (old,) = self.conn.execute(f"SELECT {name} FROM event WHERE id = ?", (id_,)).fetchone()
        at = self.chance.randrange(len(old))
        changed = old[:at] + bytes([old[at] ^ 1]) + old[at + 1 :]
        self.conn.execute(f"UPDATE event SET {name} = ? WHERE id = ?", (changed, id_))
        return f"entry {seq} of {NODE} epoch {epoch}"

    def signature_of_another_kind(self) -> str:
        id_, epoch, seq = self.entry()
        other = self.chance.choice((b"\1" * 63, "x" * 64, bytes(64), STRANGER.sign(b"x")))
        self.conn.execute("UPDATE event SET sig = ? WHERE id = ?", (other, id_))
        return f"entry {seq} of {NODE} epoch {epoch} (id {id_}) was not signed by its node"

    def chain(self) -> str:
        _, epoch, seq = self.entry()
        self.conn.execute("UPDATE stream SET chain_hash = randomblob(32) WHERE epoch = ? AND seq = ?", (epoch, seq))
        return f"position {seq} of stream {NODE} epoch {epoch}"

    def splice(self) -> str:
        """A self-made entry in the place of an honest one, every hash after it recomputed, signed by a stranger."""
        id_, epoch, seq = self.entry(2)
        self.conn.execute("UPDATE event SET body = x'7b7d' WHERE id = ?", (id_,))
        self._recompute(epoch, seq, STRANGER.sign)
        return f"entry {seq} of {NODE} epoch {epoch} (id {id_}) was not signed by its node"

    def splice_unsigned(self) -> str:
        """The same without signatures: only a copy's last entries need one, so the end of the epoch tells."""
        id_, epoch, seq = self.entry(2)
        self.conn.execute("UPDATE event SET body = x'7b7d' WHERE id = ?", (id_,))
        self._recompute(epoch, seq, lambda _: b"")
        return f"of {NODE} epoch {epoch} is not signed"

    def person(self) -> str:
        (id_,) = self.chance.choice(self.conn.execute("SELECT id FROM private ORDER BY id").fetchall())
        edit = self.chance.choice(("part = part || x'20'", "salt = x'00'", "part = 'text'", "id = 'nobody'"))
        self.conn.execute(f"UPDATE private SET {edit} WHERE id = ?", (id_,))
        return "nobody" if "nobody" in edit else f"the personal part of entry {id_}"

    def swap_persons(self) -> str:
        self.conn.execute("UPDATE private SET part = part, salt = (SELECT max(salt) FROM private)")
        return "the personal part of entry"

    def stray(self) -> str:

        self.conn.execute("DELETE FROM stream WHERE epoch = 'epoch-1'")
        self.conn.execute("DELETE FROM stream WHERE epoch = 'epoch-2'")
        return "is in no stream"

    def series(self) -> str:
        self.conn.execute(self.chance.choice((
            "UPDATE epoch SET series = 'Z' WHERE epoch = 'epoch-1'", "DELETE FROM epoch WHERE epoch = 'epoch-1'",
            "UPDATE epoch SET epoch = 'epoch-0' WHERE epoch = 'epoch-1'", "DELETE FROM epoch",
        )))  # fmt: skip
        return "epoch"

    def whole_epoch(self) -> str:
        for table in ("event", "stream", "epoch"):
            self.conn.execute(f"DELETE FROM {table} WHERE epoch = 'epoch-1'")
        self.conn.execute("DELETE FROM stream WHERE id NOT IN (SELECT id FROM event)")
        return f"{NODE} had more before epoch epoch-2"

    def head_of_an_epoch(self) -> str:
        """The first entries gone and a table pretending that this is only a relay's copy."""
        self.conn.execute("DELETE FROM stream WHERE epoch = 'epoch-1' AND seq < 4")
        self.conn.execute("DELETE FROM event WHERE epoch = 'epoch-1' AND seq < 4")
        self.conn.execute(INBOX_TABLES[0])
        return f"entry 1 of {NODE} epoch epoch-1 is missing"

    def end_of_an_old_epoch(self) -> str:
        """Entries nobody said again, cut from the end of an epoch that is over."""
        self.conn.execute("DELETE FROM stream WHERE epoch = 'epoch-2' AND seq BETWEEN 2 AND 4")
        self.conn.execute("DELETE FROM stream WHERE epoch = 'epoch-1' AND seq > 7")
        self.conn.execute("DELETE FROM event WHERE epoch = 'epoch-1' AND seq > 7")
        return f"{NODE} had more before epoch epoch-2"

    def _recompute(self, epoch: str, seq: int, sign: Callable[[bytes], bytes]) -> None:
        rows = self.conn.execute(
            f"SELECT {', '.join(HEADER_FIELDS[:3])}, seq, {', '.join(HEADER_FIELDS[3:])}, body, prev_hash FROM event"
            " WHERE epoch = ? AND seq >= ? ORDER BY seq",
            (epoch, seq),
        ).fetchall()
        prev = rows[0][11]
        for *header, body, _ in rows:
            text = "\n".join(map(str, header)).encode() + b"\n"
            hashed = hashlib.sha256(prev + text + hashlib.sha256(body).digest()).digest()
            self.conn.execute(
                "UPDATE event SET prev_hash = ?, entry_hash = ?, sig = ? WHERE id = ?",
                (prev, hashed, sign(hashed), header[0]),
            )
            prev = hashed
        for stream in EPOCHS:
            chained = bytes(32)
            for at, hashed in self.conn.execute(
                "SELECT s.seq, e.entry_hash FROM stream s JOIN event e ON e.id = s.id WHERE s.epoch = ? ORDER BY s.seq",
                (stream,),
            ).fetchall():
                chained = chain_hash(chained, hashed)
                self.conn.execute("UPDATE stream SET chain_hash = ? WHERE epoch = ? AND seq = ?", (chained, stream, at))


KINDS = [
    name for name, _ in vars(Thief).items() if not name.startswith("_") and name not in {"entry", "conn", "chance"}
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_edit_is_found_and_the_first_bad_entry_is_named(kind: str, honest: Path, tmp_path: Path) -> None:
    for n in range(-(-EDITS // len(KINDS))):
        with stolen(honest, tmp_path) as (path, conn):
            chance = random.Random(f"{SEED}/{kind}/{n}")
            with transaction(conn):
                named = getattr(Thief(conn, chance), kind)()
            report = verified(path)
            assert not report.ok, f"{kind} number {n} of seed {SEED} went unnoticed"
            assert named in report.detail, f"{kind} number {n} of seed {SEED}: {report.code}"
        path.unlink()


# ── what the file alone cannot tell ──────────────────────────────────────────────────────────────


def test_a_cut_tail_needs_the_witness(honest: Path, tmp_path: Path) -> None:
    witnessed = verified(honest).heads[f"{NODE}/epoch-2"]
    with stolen(honest, tmp_path) as (path, conn), transaction(conn):
        last = conn.execute("SELECT max(seq) FROM stream WHERE epoch = 'epoch-2'").fetchone()[0]
        conn.execute(
            "DELETE FROM event WHERE id = (SELECT id FROM stream WHERE epoch = 'epoch-2' AND seq = ?)", (last,)
        )
        conn.execute("DELETE FROM stream WHERE epoch = 'epoch-2' AND seq = ?", (last,))
    report = verified(path)
    assert report.ok  # the file is sound as far as it goes …
    assert report.heads[f"{NODE}/epoch-2"] != witnessed  # … and ends before what the agent and HQ have seen


def test_an_erased_person_is_counted_and_fine(honest: Path, tmp_path: Path) -> None:
    with stolen(honest, tmp_path) as (path, conn), transaction(conn):
        (id_,) = conn.execute("SELECT min(id) FROM private").fetchone()
        erase_private(conn, id_)
    report = verified(path)
    assert (report.ok, report.erased, report.entries, report.signatures) == (True, 1, 18, 18)


def test_without_a_public_key_hashes_are_checked_and_signatures_counted_as_unchecked(honest: Path) -> None:
    report = verify_file(honest, DATABASE_KEY, {})
    assert (report.ok, report.signatures, report.unsigned, report.streams) == (True, 0, report.entries, 2)


@pytest.mark.parametrize("body", [b"[1]", b'"x"', b"not json", b'{"commit":1}'])
def test_a_body_that_is_no_fact_stops_nothing(honest: Path, tmp_path: Path, body: bytes) -> None:
    with stolen(honest, tmp_path) as (path, conn), transaction(conn):
        thief = Thief(conn, random.Random(SEED))
        for id_, seq in conn.execute("SELECT id, seq FROM event WHERE epoch = 'epoch-2' AND seq IN (1, 5)").fetchall():
            conn.execute("UPDATE event SET body = ? WHERE id = ?", (body, id_))
            thief._recompute("epoch-2", seq, lambda _: b"")
    assert not verify_file(path, DATABASE_KEY, {}).ok


# ── a relay's copy ───────────────────────────────────────────────────────────────────────────────


def relayed(honest: Path, to: Path, epoch: str, after: int) -> int:
    """A store's file with a neighbour's stream above position `after`; returns the length of the stream."""
    stream = StreamId(NODE, epoch)
    with closing(open_rw(honest, DATABASE_KEY)) as conn:
        entries = entries_after(conn, stream, 0, 100)
    with closing(open_rw(to, DATABASE_KEY)) as conn:
        ensure_schema(conn, to, ((*JOURNAL_TABLES, *INBOX_TABLES),))
        with transaction(conn):
            begin_stream(conn, stream, Head(after, entries[after - 1].chain_hash) if after else Head())
            append_received(conn, stream, entries[after:])
    return len(entries)


def test_a_neighbours_new_epoch_is_checked_without_its_old_one(honest: Path, tmp_path: Path) -> None:
    length = relayed(honest, tmp_path / "store.db", "epoch-2", 0)
    report = verified(tmp_path / "store.db")
    assert (report.ok, report.entries, report.streams) == (True, length, 1)


def test_a_neighbours_copy_begins_later_and_is_signed_at_its_end(honest: Path, tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    length = relayed(honest, path, "epoch-1", 4)
    report = verified(path)
    assert (report.ok, report.entries, report.streams) == (True, length - 4, 1)
    with closing(open_rw(path, DATABASE_KEY)) as conn:
        conn.execute("DROP TRIGGER event_no_UPDATE")
        conn.execute("UPDATE event SET sig = x'' WHERE seq < 8")
        assert verified(path).signatures == length - 7
        conn.execute("UPDATE event SET sig = x''")
    report = verified(path)
    assert (report.code, f"entry {length} of" in report.detail) == ("journal.unsigned_end", True)


def test_a_chain_that_does_not_begin_at_the_beginning_is_found(honest: Path, tmp_path: Path) -> None:
    with stolen(honest, tmp_path) as (path, conn), transaction(conn):
        conn.execute("UPDATE event SET prev_hash = randomblob(32) WHERE epoch = 'epoch-1' AND seq = 1")
    assert "entry 1 of node-T1 epoch epoch-1" in verified(path).detail


# ── damaged pages ────────────────────────────────────────────────────────────────────────────────


def test_no_flipped_bit_goes_unnoticed(honest: Path, tmp_path: Path) -> None:
    chance, raw = random.Random(SEED), honest.read_bytes()
    untouched = verified(honest)
    path = tmp_path / "flipped.db"
    for n in range(60):
        at = chance.randrange(len(raw))
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1 << chance.randrange(8)]) + raw[at + 1 :])
        report = verified(path)
        # a flip in a page that holds nothing changes nothing
        assert not report.ok or report == untouched, f"flip {n} of seed {SEED} at byte {at}"
        assert report.code in {"", "journal.unreadable", "journal.damaged_page"}
        path.unlink()


# ── alone ────────────────────────────────────────────────────────────────────────────────────────

ALONE = """
import runpy, sys
from pathlib import Path
verify = runpy.run_path(sys.argv[1], run_name="verify")
report = verify["verify_file"](Path(sys.argv[2]), bytes(range(32)), {"node-T1": sys.argv[3]})
ours = [name for name in sys.modules if name.split(".")[0] in {"retail_core", "pos_app", "sync_agent", "hq_server"}]
print(report.ok, report.entries, ours)
"""


def test_the_check_runs_without_anything_of_the_product(honest: Path) -> None:
    source = Path(__file__).parents[2] / "retail_core" / "durable" / "verify.py"
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", ALONE, str(source), str(honest), SIGNING_KEY.public_text],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("True 18 []\n", "")


# ── the command ──────────────────────────────────────────────────────────────────────────────────


def command(*arguments: str | Path) -> int:
    return main(["verify-journal", *map(str, arguments)])


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    (tmp_path / "db.key").write_bytes(DATABASE_KEY)
    return tmp_path / "db.key"


def test_the_command_says_ok_with_nought(honest: Path, key_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = f"{NODE}={SIGNING_KEY.public_text}"
    assert command(honest, "--key", key_file, "--public-key", public) == 0
    assert "ok: 18 entries in 2 streams, 18 signatures checked, 0 without a known key" in capsys.readouterr().out
    assert command(honest, "--key", DATABASE_KEY.hex()) == 0
    assert "18 without a known key" in capsys.readouterr().out


def test_the_command_names_the_first_bad_entry_with_one(
    honest: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stolen(honest, tmp_path) as (path, conn), transaction(conn):
        conn.execute("UPDATE event SET actor = 'me' WHERE epoch = 'epoch-1' AND seq = 3")
    assert command(path, "--key", key_file) == 1
    assert "journal.content_changed: entry 3 of node-T1 epoch epoch-1" in capsys.readouterr().out


def test_the_command_says_two_when_it_cannot_check(
    honest: Path, key_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    point = SIGNING_KEY.public_text
    for arguments in (
        (tmp_path / "no.db", "--key", key_file),
        (honest, "--key", bytes(32).hex()),
        (honest,),
        (honest, "--key", tmp_path / "no.key"),
        (honest, "--key", honest),
        (honest, "--key", "zz" * 32),
        (honest, "--key", key_file, "--public-key", point),
        (honest, "--key", key_file, "--public-key", f"{NODE}=junk"),
        (honest, "--home", tmp_path),
    ):
        assert command(*arguments) == 2, arguments
        shown = capsys.readouterr()
        assert shown.err.startswith("cannot check")
        assert "Traceback" not in shown.err
    with pytest.raises(SystemExit) as stopped:
        main([])
    assert stopped.value.code == 2


def test_the_command_takes_its_keys_from_the_machines_folder(
    tmp_path: Path, config, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path / "home")
    home.folder.mkdir()
    home.keys.device_secret(create=True)
    home.keys.put_file_key("till.db", DATABASE_KEY)
    (home.folder / "keys" / "till.sign").unlink(missing_ok=True)
    home.keys.signing_key("till", create=True)
    home.write_config(config)
    with till_file(home.till_db) as till:
        till.journal._sign = home.keys.signing_key("till").sign
        till.open_epoch("epoch-1")
        till.write(2)
    assert command(home.till_db, "--home", home.folder) == 0
    assert "3 signatures checked, 0 without a known key" in capsys.readouterr().out
    assert command(home.till_db, "--home", home.folder, "--public-key", f"{NODE}={STRANGER.public_text}") == 1


def test_the_command_can_be_started(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["omnitill", "verify-journal", "/nowhere/till.db"])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(cli.__file__, run_name="__main__")
    assert stopped.value.code == 2
    assert "no such file" in capsys.readouterr().err


def test_what_is_written_has_no_name_in_it(honest: Path) -> None:
    assert LENA not in honest.read_bytes()
    assert base64.b64encode(LENA) not in honest.read_bytes()
