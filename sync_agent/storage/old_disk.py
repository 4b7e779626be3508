"""Files of a machine that was lost: copied from its disk, so that the disk stays as it was found, and read from the copy."""

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable.engine import Connection, faults, open_ro
from retail_core.durable.home import Home, MachineConfig
from retail_core.durable.journal import chain_hash_at, entries_after, stream_head
from retail_core.durable.keyring import Keyring
from retail_core.durable.segments import SUFFIX, last_anchor, segments_of
from retail_core.sync.push import Checked, Loaded
from retail_core.wire.envelope import Entry, Head, StreamId
from retail_core.wire.unreadable import UNREADABLE

FILES = ("till.db", "store.db")
ENDS = ("", "-wal")
CHUNK_BYTES = 1024 * 1024
ROOM_TO_SPARE_BYTES = 64 * 1024 * 1024
Heard = Callable[[int], None]
"""Told how far a long piece of work has come; raises to end it."""


class OldStream(msgspec.Struct, frozen=True):
    """A stream in an old file, from above `base` to `head`."""

    source: StreamId
    base: Head
    head: Head

    @property
    def entries(self) -> int:
        return self.head.seq - self.base.seq


class _Sale(msgspec.Struct):
    receipt: str = ""


class OldRow(msgspec.Struct, frozen=True):
    """An entry as far as it is told from others."""

    seq: int
    id: str
    chain_hash: bytes
    receipt: str  # of a sale


def machine_of(folder: Path) -> MachineConfig:
    """Whose folder it is. Raises RuleViolationError `salvage.no_machine`."""
    try:
        return Home(folder).config()
    except (EnvironmentFault, OSError) as bad:
        raise RuleViolationError("salvage.no_machine", folder=str(folder)) from bad


def copy_files(folder: Path, work: Path, heard: Heard) -> int:
    """Copy the databases with their logs and sealed segments into the empty folder `work`; returns their bytes.

    Raises EnvironmentFault `disk.full`, `salvage.unreadable`, and RuleViolationError `salvage.no_machine` without any.
    """
    wanted = [folder / f"{name}{end}" for name in FILES for end in ENDS]
    try:
        found = [path for path in wanted if path.is_file()]
        found += [path for name in FILES for path in sorted(segments_of(folder / name).glob(f"*{SUFFIX}"))]
        size = sum(path.stat().st_size for path in found)
        if not found:
            raise RuleViolationError("salvage.no_machine", folder=str(folder))
        if shutil.disk_usage(work).free < size + ROOM_TO_SPARE_BYTES:
            raise EnvironmentFault("disk.full", wanted=size)
        done = 0
        for path in found:
            to = work / path.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            with path.open("rb") as source, to.open("wb") as target:
                while chunk := source.read(CHUNK_BYTES):
                    target.write(chunk)
                    done += len(chunk)
                    heard(done)
    except OSError as bad:
        raise EnvironmentFault("salvage.unreadable", folder=str(folder), why=bad.strerror) from bad
    return size


def key_in(keys: Keyring, name: str) -> bytes | None:
    """The key of a file by its machine's own device secret; None when that is not on this disk."""
    try:
        return keys.file_key(name)
    except (EnvironmentFault, OSError):
        return None


def open_with(path: Path, keys: Iterable[bytes]) -> tuple[Connection, bytes] | None:
    """Open a copy with the first key that fits; None when none does."""
    for key in keys:
        try:
            return open_ro(path, key, any_thread=True), key
        except EnvironmentFault:
            continue
    return None


def streams_in(conn: Connection) -> list[OldStream]:
    """Every stream of the file, oldest epoch first."""
    with faults():
        bases: dict[StreamId, Head] = {}
        if conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'inbox'").fetchone():
            rows = conn.execute("SELECT node, epoch, base_seq, base_hash FROM inbox")
            bases = {StreamId(node, epoch): Head(seq, hashed) for node, epoch, seq, hashed in rows}
        found = conn.execute("SELECT DISTINCT node, epoch FROM stream ORDER BY epoch, node").fetchall()
        sources = [StreamId(*row) for row in found]
        for source in sources:  # what was sealed had been at head office for 35 days
            anchor = last_anchor(conn, source)
            if anchor:
                bases[source] = Head(anchor.last_seq, anchor.last_hash)
        return [OldStream(source, bases.get(source, Head()), stream_head(conn, source)) for source in sources]


def rows_after(conn: Connection, source: StreamId, seq: int, limit: int) -> Sequence[OldRow]:
    """Up to `limit` entries above `seq`, in order; each was read whole, so that it can be sent too."""
    with faults():
        entries = entries_after(conn, source, seq, limit)
    return [OldRow(one.seq, one.entry.id, one.chain_hash, _receipt(one.entry)) for one in entries]


def _receipt(entry: Entry) -> str:
    if entry.type != "sale.completed":
        return ""
    try:
        return msgspec.json.decode(entry.body, type=_Sale).receipt
    except UNREADABLE:
        return ""


def load(conn: Connection, stream: OldStream, check: Sequence[int], after: int, limit: int) -> Loaded:
    """Answer to a sender's `Load`."""
    with faults():
        readable = min(limit, max(0, stream.head.seq - after))
        return Loaded(hashes(conn, stream, check).own, entries_after(conn, stream.source, after, readable))


def hashes(conn: Connection, stream: OldStream, seqs: Sequence[int]) -> Checked:
    """Answer to a sender's `Check`."""
    with faults():
        return Checked(
            tuple(
                stream.base.chain_hash if seq == stream.base.seq else chain_hash_at(conn, stream.source, seq)
                for seq in seqs
            )
        )
