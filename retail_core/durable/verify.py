"""Check a journal file on its own: every hash, every link, every signature, every commitment.

Needs only sqlcipher3 and cryptography and imports nothing else of this product, so that an auditor can read it in one
sitting and run it beside any release. The rules it checks are written in `retail_core.wire.envelope`.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import sqlcipher3.dbapi2 as sqlite
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

GENESIS = bytes(32)
HALF = 32
_SHA256 = ec.ECDSA(hashes.SHA256())
_Row = tuple[str, str, str, int, str, int, int, str, str, int, bytes, bytes, bytes, bytes]


@dataclass
class Report:
    """What was checked, and the first thing that is wrong in words and as a stable code."""

    entries: int = 0
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


def verify_file(path: Path, key: bytes, public_keys: dict[str, str]) -> Report:
    """Check a file. `public_keys` maps node id to base64url point; entries of other nodes count as unsigned."""
    report = Report()
    try:
        conn = _open(path, key)
    except sqlite.DatabaseError as bad:
        report.code, report.detail = "journal.unreadable", f"{path.name}: {bad}"
        return report
    points = {node: _point(text) for node, text in public_keys.items()}
    try:
        _check_origins(conn, points, report)
        _check_streams(conn, report)
        _check_private(conn, report)
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
    conn = sqlite.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    conn.execute("PRAGMA cipher_log_level = NONE")
    if key:
        conn.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    conn.execute("SELECT count(*) FROM event").fetchone()
    return conn


def _check_origins(conn: sqlite.Connection, points: dict[str, ec.EllipticCurvePublicKey], report: Report) -> None:
    """Each origin (node, epoch): hashes recomputed, links followed, signatures checked.

    A file may hold only the later part of an origin (a relay's copy, a segment); its own first entry then gives the
    hash it begins after, and the journal's own node must begin at entry 1.
    """
    before: tuple[str, str, int, bytes] | None = None
    for row in _events(conn):
        id_, node, epoch, seq = row[:4]
        prev_hash, entry_hash, sig = row[11:]
        where = f"entry {seq} of {node} epoch {epoch} (id {id_})"
        if before and before[:2] == (node, epoch):
            if seq != before[2] + 1:
                raise Broken("journal.entry_missing", f"entry {before[2] + 1} of {node} epoch {epoch} is missing")
            if prev_hash != before[3]:
                raise Broken("journal.chain_broken", f"{where} does not follow the entry before it")
        elif seq == 1 and prev_hash != GENESIS:
            raise Broken("journal.chain_broken", f"{where} does not begin its chain")
        if entry_hash != _entry_hash(row):
            raise Broken("journal.content_changed", f"{where} is not what was written")
        if sig and node in points:
            if not _signed(points[node], entry_hash, sig):
                raise Broken("journal.bad_signature", f"{where} was not signed by its node")
            report.signatures += 1
        else:
            report.unsigned += 1
        report.entries += 1
        before = (node, epoch, seq, entry_hash)


def _check_streams(conn: sqlite.Connection, report: Report) -> None:
    """Each stream: positions without gaps, transport hashes recomputed."""
    bases = _bases(conn)
    at: tuple[str, str, int, bytes] | None = None
    rows = conn.execute(
        "SELECT s.node, s.epoch, s.seq, s.chain_hash, e.entry_hash FROM stream s LEFT JOIN event e ON e.id = s.id"
        " ORDER BY s.node, s.epoch, s.seq"
    )
    for node, epoch, seq, chained, entry_hash in rows:
        where = f"position {seq} of stream {node} epoch {epoch}"
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
        report.heads[f"{node}/{epoch}"] = f"{seq} {chained.hex()}"
    stray = conn.execute("SELECT id FROM event WHERE id NOT IN (SELECT id FROM stream) LIMIT 1").fetchone()
    if stray:
        raise Broken("journal.unpublished_entry", f"entry {stray[0]} is in no stream")


def _bases(conn: sqlite.Connection) -> dict[tuple[str, str], tuple[int, bytes]]:
    """Where a relay's copies begin; empty for a till's own journal."""
    if conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'inbox'").fetchone() is None:
        return {}
    return {
        (n, e): (seq, hashed)
        for n, e, seq, hashed in conn.execute("SELECT node, epoch, base_seq, base_hash FROM inbox")
    }


def _check_private(conn: sqlite.Connection, report: Report) -> None:
    """Each personal part still fits the commitment in its body; an erased part is fine."""
    for id_, body, salt, part in conn.execute(
        "SELECT e.id, e.body, p.salt, p.part FROM event e LEFT JOIN private p ON p.id = e.id WHERE e.body LIKE '%\"commit\"%'"
        " OR p.id IS NOT NULL"
    ):
        commit = json.loads(body).get("commit", "")
        if salt is None:
            report.erased += bool(commit)
        elif hashlib.sha256(salt + part).hexdigest() != commit:
            raise Broken("journal.private_changed", f"the personal part of entry {id_} is not what was written")


def _events(conn: sqlite.Connection) -> Iterator[_Row]:
    yield from conn.execute(
        "SELECT id, node, epoch, seq, type, v, at, biz_date, actor, clock, body, prev_hash, entry_hash, sig"
        " FROM event ORDER BY node, epoch, seq"
    )


def _entry_hash(row: _Row) -> bytes:
    header = "\n".join(str(part) for part in row[:10])
    body, prev_hash = row[10], row[11]
    return hashlib.sha256(prev_hash + header.encode() + b"\n" + hashlib.sha256(body).digest()).digest()


def _point(text: str) -> ec.EllipticCurvePublicKey:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)


def _signed(point: ec.EllipticCurvePublicKey, data: bytes, signature: bytes) -> bool:
    r, s = int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big")
    try:
        point.verify(encode_dss_signature(r, s), data, _SHA256)
    except InvalidSignature:
        return False
    return True
