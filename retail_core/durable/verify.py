"""Check a journal on its own, database and sealed segments: every hash, every link, every signature, every commitment.

Needs only sqlcipher3 and cryptography and imports nothing else of this product, so that an auditor can read it in one
sitting and run it beside any release. The rules it checks are written in `retail_core.wire.envelope`.
"""

import base64
import hashlib
import heapq
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import sqlcipher3.dbapi2 as sqlite
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

GENESIS = bytes(32)
HALF = 32
HEARD_EVERY = 1_000
UNREADABLE = "journal.unreadable"
_SHA256 = ec.ECDSA(hashes.SHA256())
_Row = tuple[str, str, str, int, str, int, int, str, str, int, object, object, object, object]


@dataclass(frozen=True)
class _End:
    """The first and the last entry of one origin in this file."""

    first_seq: int
    seq: int
    entry_hash: bytes
    signed: bool


@dataclass(frozen=True)
class _Segment:
    """A sealed file as its anchor in the database says; `own`: the last entry in it that began in its stream."""

    node: str
    epoch: str
    first_seq: int
    last_seq: int
    before_hash: bytes
    last_hash: bytes
    own_seq: int
    own_hash: bytes
    name: str
    sha256: bytes
    dropped_ms: int

    @property
    def where(self) -> str:
        return f"positions {self.first_seq} to {self.last_seq} of stream {self.node} epoch {self.epoch} ({self.name})"


class _Journal:
    """The open database, and where its sealed files lie."""

    def __init__(self, conn: sqlite.Connection, path: Path, key: bytes) -> None:
        self.conn, self._folder, self._key = conn, path.parent / "segments" / path.stem, key
        self.segments: Sequence[_Segment] = ()
        if _has(conn, "segment"):
            self.segments = [_Segment(*row) for row in conn.execute(_ANCHORS)]
        self.there = [segment for segment in self.segments if not segment.dropped_ms]
        self.gone = {(s.node, s.epoch): s for s in self.segments if s.dropped_ms}  # the last one of each stream

    def file(self, segment: _Segment) -> Path:
        return self._folder / segment.name

    def not_a_folder(self) -> str:
        """What stands in the place of a folder of sealed files."""
        return next(part.name for part in (self._folder.parent, self._folder) if not part.is_dir())

    def rows(self, segment: _Segment, question: str) -> Iterator[Any]:
        """Opened at the first row and closed at the last. Raises Broken for what cannot be read."""
        try:
            with closing(_connect(self.file(segment), self._key)) as conn:
                yield from conn.execute(question)
        except sqlite.DatabaseError as bad:
            raise Broken("segment.unreadable", f"{segment.where}: {bad}") from bad

    def merged(self, here: str, sealed: str, key: Callable[[Any], Any]) -> Iterator[Any]:
        """Rows of the database and of every segment in the order of `key`, few files open at a time."""

        def ask(n: int) -> Iterator[Any]:
            return self.rows(self.there[n], sealed) if n < len(self.there) else iter(self.conn.execute(here))

        waiting = [(key(row), n) for n in range(len(self.there) + 1) for row in _first(ask(n))]
        waiting.sort(reverse=True)
        running: list[tuple[Any, int, Any, Iterator[Any]]] = []
        while waiting or running:
            while waiting and (not running or waiting[-1][0] <= running[0][0]):
                at, n = waiting.pop()
                rows = ask(n)
                heapq.heappush(running, (at, n, next(rows), rows))
            _, n, row, rows = heapq.heappop(running)
            yield row
            for following in _first(rows):
                heapq.heappush(running, (key(following), n, following, rows))


_Ends = dict[tuple[str, str], _End]
_Points = dict[str, ec.EllipticCurvePublicKey]


@dataclass
class Report:
    """What was checked, and the first thing that is wrong in words and as a stable code."""

    entries: int = 0
    segments: int = 0
    signatures: int = 0
    unsigned: int = 0
    streams: int = 0
    erased: int = 0
    code: str = ""
    detail: str = ""
    heads: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def ok(self) -> bool:
        return not self.code


class Broken(Exception):  # noqa: N818 - a finding, not a fault of this program
    """The first bad entry."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code, self.detail = code, detail


def verify_file(
    path: Path, key: bytes, public_keys: dict[str, str], heard: Callable[[int], None] = lambda _: None
) -> Report:
    """Check a file. `public_keys` maps node id to base64url point; entries of other nodes count as unsigned.

    `heard` is told after every thousand entries how many were looked at, and may raise to end it.

    Raises ValueError for a public key that is none. A cut tail or a whole older copy cannot be seen from the file
    alone; compare `heads` with what the agent, HQ or a printed receipt has witnessed.
    """
    report = Report()
    points = {node: _point(text) for node, text in public_keys.items()}
    try:
        conn = _open(path, key)
    except sqlite.DatabaseError as bad:
        report.code, report.detail = UNREADABLE, f"{path.name}: {bad}"
        return report
    try:
        journal = _Journal(conn, path, key)
        changed = _check_files(journal, report)
        openings: list[_Row] = []
        _check_epochs(journal, _check_origins(journal, points, report, openings, heard), openings)
        _check_streams(journal, report)
        _check_private(journal, report)
        if changed:  # and yet every entry in it is right
            raise Broken("segment.changed", f"{changed.where} is not the file that was sealed")
    except Broken as bad:
        report.code, report.detail = bad.code, bad.detail
    except sqlite.DatabaseError as bad:
        report.code, report.detail = "journal.damaged_page", str(bad)
    finally:
        conn.close()
    return report


def _open(path: Path, key: bytes) -> sqlite.Connection:
    if not path.exists():
        raise sqlite.DatabaseError("there is no such file")
    return _connect(path, key)


def _connect(path: Path, key: bytes) -> sqlite.Connection:
    conn = sqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        conn.execute("PRAGMA cipher_log_level = NONE")
        if key:
            conn.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        conn.execute("SELECT count(*) FROM event").fetchone()
    except sqlite.DatabaseError:
        conn.close()
        raise
    return conn


def _check_files(journal: _Journal, report: Report) -> _Segment | None:
    """Each anchor follows the one before it, and its file is there; returns the first that is not as it was sealed."""
    for before, after in pairwise(journal.segments):
        follows = after.first_seq == before.last_seq + 1 and after.before_hash == before.last_hash
        if (before.node, before.epoch) == (after.node, after.epoch) and not follows:
            raise Broken("segment.missing", f"position {before.last_seq + 1} is in no segment before {after.where}")
    changed = None
    for segment in journal.there:
        digest = hashlib.sha256()
        try:
            with journal.file(segment).open("rb") as file:
                while chunk := file.read(1024 * 1024):
                    digest.update(chunk)
        except FileNotFoundError:
            raise Broken("segment.missing", f"{segment.where} is not there") from None
        except NotADirectoryError:
            where = f"{segment.where} cannot be there: {journal.not_a_folder()} is a file, not a folder"
            raise Broken("segment.no_folder", where) from None
        except OSError as bad:
            raise Broken("segment.unreadable", f"{segment.where}: {bad.strerror}") from bad
        report.segments += 1
        changed = changed or (segment if digest.digest() != segment.sha256 else None)
    return changed


def _check_origins(
    journal: _Journal, points: _Points, report: Report, openings: list[_Row], heard: Callable[[int], None]
) -> _Ends:
    """Each origin (node, epoch): hashes recomputed, links followed, signatures checked; returns where each one ends.

    A relay's copy may hold only the later part of an origin; its first entry then gives the hash it begins after.
    On a copy only the last entry of a batch is signed, so the last entry of an origin must be.
    """
    ends: _Ends = {at: _End(1, gone.own_seq, gone.own_hash, signed=True) for at, gone in journal.gone.items()}
    for row in _events_apart(journal):
        # the other way a rolled-back till once went, kept by a relay: its order is proven by its stream
        _check_signature(row, _check_entry(row, None), points, report)
        report.entries += 1
    for row, again in _events_in_line(journal):
        _, node, epoch, seq, *_ = row
        before = ends.get((node, epoch))
        known = again or ((node, epoch) in journal.gone and before is not None and seq <= before.seq)
        hashed = _check_entry(row, None if known else before)
        _check_signature(row, hashed, points, report)
        if before and known:
            ends[node, epoch] = replace(before, signed=before.signed or (again and bool(row[13])))
            continue
        if row[4] == "epoch.opened":
            openings.append(row)
        report.entries += 1
        if report.entries % HEARD_EVERY == 0:
            heard(report.entries)
        ends[node, epoch] = _End(before.first_seq if before else seq, seq, hashed, bool(row[13]))
    for (node, epoch), end in ends.items():
        if node in points and not end.signed:
            raise Broken("journal.unsigned_end", f"entry {end.seq} of {node} epoch {epoch} is not signed")
    return ends


def _check_entry(row: _Row, before: _End | None) -> bytes:
    _, node, epoch, seq, *_ = row
    prev_hash, entry_hash = row[11:13]
    if before and seq != before.seq + 1:
        raise Broken("journal.entry_missing", f"entry {before.seq + 1} of {node} epoch {epoch} is missing")
    if before and prev_hash != before.entry_hash:
        raise Broken("journal.chain_broken", f"{_where(row)} does not follow the entry before it")
    if seq == 1 and prev_hash != GENESIS:
        raise Broken("journal.chain_broken", f"{_where(row)} does not begin its chain")
    hashed = _entry_hash(row)
    if entry_hash != hashed:
        raise Broken("journal.content_changed", f"{_where(row)} is not what was written")
    return hashed


def _check_signature(row: _Row, hashed: bytes, points: _Points, report: Report) -> None:
    node, sig = row[1], row[13]
    if node not in points:
        report.unsigned += 1
    elif sig:
        if not _signed(points[node], hashed, sig):
            raise Broken("journal.bad_signature", f"{_where(row)} was not signed by its node")
        report.signatures += 1


def _where(row: _Row) -> str:
    return f"entry {row[3]} of {row[1]} epoch {row[2]} (id {row[0]})"


def _check_epochs(journal: _Journal, ends: _Ends, openings: Sequence[_Row]) -> None:
    """This machine's own epochs: each begins with entry 1, with its series, and where the one before it ended."""
    conn = journal.conn
    table = {(node, epoch): series for node, epoch, series in conn.execute("SELECT node, epoch, series FROM epoch")}
    own = {node for node, _ in (table if _has(conn, "inbox") else ends)}
    opened: dict[tuple[str, str], str] = {}
    for (node, epoch), end in ends.items():
        if node in own and end.first_seq != 1:
            raise Broken("journal.entry_missing", f"entry 1 of {node} epoch {epoch} is missing")
    for row in openings:
        node, epoch = row[1:3]
        if node not in own:
            continue
        fact = _fact(cast(bytes, row[10]))
        opened[node, epoch] = fact.get("series", "")
        before = ends.get((node, fact.get("prev_epoch", "")))
        ended = (before.seq, before.entry_hash.hex()) if before else (0, "")
        if (fact.get("last_seq", 0), fact.get("last_hash", "")) != ended:
            raise Broken("journal.entry_missing", f"{node} had more before epoch {epoch} than this file holds")
    table = {at: series for at, series in table.items() if at in opened or at not in journal.gone}
    if opened != table:
        wrong = min(str(place) for place, _ in opened.items() ^ table.items())
        raise Broken("journal.epoch_changed", f"epoch {wrong} is not as its first entry opened it")


def _check_streams(journal: _Journal, report: Report) -> None:
    """Each stream: positions without gaps, transport hashes recomputed, each segment ending as it was sealed."""
    bases = _bases(journal.conn) | {at: (gone.last_seq, gone.last_hash) for at, gone in journal.gone.items()}
    owed = {(s.node, s.epoch, s.last_seq): s.last_hash for s in journal.there}
    at: tuple[str, str, int, bytes] | None = None
    for node, epoch, seq, chained, entry_hash in journal.merged(_POSITIONS, _POSITIONS, lambda row: row[:3]):
        where = f"position {seq} of stream {node} epoch {epoch}"
        if at == (node, epoch, seq, chained):  # a row that was still to leave when the program stopped
            continue
        if at is None or at[:2] != (node, epoch):
            report.streams += 1
            at = (node, epoch, *bases.get((node, epoch), (0, GENESIS)))
        if seq != at[2] + 1:
            raise Broken("journal.position_missing", f"position {at[2] + 1} of stream {node} epoch {epoch} is missing")
        if entry_hash is None:
            raise Broken("journal.entry_missing", f"{where} has no entry")
        if chained != hashlib.sha256(at[3] + entry_hash).digest():
            raise Broken("journal.chain_broken", f"{where} does not follow the position before it")
        at = (node, epoch, seq, chained)
        if owed.pop((node, epoch, seq), chained) != chained:
            raise Broken("segment.changed", f"{where} is not what was sealed")
        report.heads[f"{node}/{epoch}"] = f"{seq} {chained.hex()}"
    if owed:
        node, epoch, seq = min(owed)
        raise Broken("journal.position_missing", f"position {seq} of stream {node} epoch {epoch} is missing")
    _check_placed(journal)


def _check_placed(journal: _Journal) -> None:
    stray = "SELECT id FROM event WHERE id NOT IN (SELECT id FROM stream){} LIMIT 1"
    left = " AND id NOT IN (SELECT id FROM unplaced)" if _has(journal.conn, "unplaced") else ""
    sealed = (journal.rows(segment, stray.format("")) for segment in journal.there)
    for rows in (journal.conn.execute(stray.format(left)), *sealed):
        for (id_,) in rows:
            raise Broken("journal.unpublished_entry", f"entry {id_} is in no stream")


def _bases(conn: sqlite.Connection) -> dict[tuple[str, str], tuple[int, bytes]]:
    """Where a relay's copies begin; empty for a till's own journal."""
    if not _has(conn, "inbox"):
        return {}
    return {
        (n, e): (seq, hashed)
        for n, e, seq, hashed in conn.execute("SELECT node, epoch, base_seq, base_hash FROM inbox")
    }


def _has(conn: sqlite.Connection, table: str) -> bool:
    return conn.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,)).fetchone() is not None


def _check_private(journal: _Journal, report: Report) -> None:
    """Each personal part still fits the commitment in its body; an erased part is fine. None is in a segment."""
    conn = journal.conn
    here = "SELECT 1 FROM event WHERE id = ?"
    for segment in journal.there:
        for id_, body in journal.rows(segment, "SELECT id, body FROM event WHERE body LIKE '%\"commit\"%'"):
            report.erased += bool(_fact(body).get("commit")) and conn.execute(here, (id_,)).fetchone() is None
    for id_, body, salt, part in conn.execute(
        "SELECT e.id, e.body, p.salt, p.part FROM event e LEFT JOIN private p ON p.id = e.id WHERE e.body LIKE '%\"commit\"%'"
        " OR p.id IS NOT NULL"
    ):
        commit = _fact(body).get("commit", "")
        if salt is None:
            report.erased += bool(commit)
        elif (
            not (isinstance(salt, bytes) and isinstance(part, bytes))
            or hashlib.sha256(salt + part).hexdigest() != commit
        ):
            raise Broken("journal.private_changed", f"the personal part of entry {id_} is not what was written")
    stray = conn.execute("SELECT id FROM private WHERE id NOT IN (SELECT id FROM event) LIMIT 1").fetchone()
    if stray:
        raise Broken("journal.private_changed", f"there is a personal part but no entry {stray[0]}")


_IN_MAIN = "(SELECT id FROM stream WHERE node NOT LIKE '%~fork')"
_IN_BRANCH = "(SELECT id FROM stream WHERE node LIKE '%~fork')"
_BRANCH = f"(id IN {_IN_BRANCH} AND id NOT IN {_IN_MAIN})"
_APART = f"({_BRANCH} OR id IN (SELECT id FROM unplaced))"  # noqa: S608 - constants
_EVENTS = (
    "SELECT id, node, epoch, seq, type, v, at, biz_date, actor, clock, body, prev_hash, entry_hash, sig FROM event"
    " WHERE {} ORDER BY node, epoch, seq, id"
)
_POSITIONS = (
    "SELECT s.node, s.epoch, s.seq, s.chain_hash, e.entry_hash FROM stream s LEFT JOIN event e ON e.id = s.id"
    " ORDER BY s.node, s.epoch, s.seq"
)
_ANCHORS = (
    "SELECT node, epoch, first_seq, last_seq, before_hash, last_hash, own_seq, own_hash, name, sha256, dropped_ms"
    " FROM segment ORDER BY node, epoch, first_seq"
)


def _apart(journal: _Journal) -> str:
    """Entries of the database whose order their stream alone proves, or whose place is in a segment."""
    return _APART if _has(journal.conn, "unplaced") else _BRANCH


def _events_apart(journal: _Journal) -> Iterator[_Row]:
    yield from journal.conn.execute(_EVENTS.format(_apart(journal)))
    for segment in journal.there:
        yield from journal.rows(segment, _EVENTS.format(_BRANCH))


def _events_in_line(journal: _Journal) -> Iterator[tuple[_Row, bool]]:
    """Every other entry by its origin, and whether it was there just before: one may lie in two places."""
    before: tuple[object, ...] = ()
    here, sealed = _EVENTS.format(f"NOT {_apart(journal)}"), _EVENTS.format(f"NOT {_BRANCH}")
    for row in journal.merged(here, sealed, lambda row: (*row[1:4], row[0])):
        yield row, row[:13] == before
        before = row[:13]


def _first(rows: Iterator[Any]) -> list[Any]:
    """The next row, if there is one."""
    return [row for row in [next(rows, None)] if row is not None]


def _entry_hash(row: _Row) -> bytes:
    # behind the mark stands what a relay's file needs to keep two entries of one id
    header = "\n".join((str(row[0]).partition("#")[0], *map(str, row[1:10])))
    body, prev_hash = row[10], row[11]
    if not (isinstance(body, bytes) and isinstance(prev_hash, bytes)):  # a column of SQLite holds any type
        return b""
    return hashlib.sha256(prev_hash + header.encode() + b"\n" + hashlib.sha256(body).digest()).digest()


def _fact(body: bytes) -> dict[str, Any]:
    try:
        fact = json.loads(body)
    except ValueError:
        return {}
    return cast(dict[str, Any], fact) if isinstance(fact, dict) else {}


def _point(text: str) -> ec.EllipticCurvePublicKey:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def _signed(point: ec.EllipticCurvePublicKey, data: bytes, signature: object) -> bool:
    if not isinstance(signature, bytes) or len(signature) != 2 * HALF:
        return False
    r, s = int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big")
    try:
        point.verify(encode_dss_signature(r, s), data, _SHA256)
    except InvalidSignature:
        return False
    return True
