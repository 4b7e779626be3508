"""Reference files: unpacked beside the one in use, checked, named to the till, and removed when nobody reads them."""

import fcntl
import hashlib
import os
from contextlib import closing
from pathlib import Path

import zstandard

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import faults, open_rw, transaction
from retail_core.durable.files import disk_faults, room_left
from retail_core.durable.reference import (
    REFERENCE_STEPS,
    Extent,
    cursor_of,
    extent_of,
    is_whole,
    prepare_reference,
    set_cursor,
)
from retail_core.wire.messages import SnapshotManifest
from retail_core.wire.packing import FRAME_BYTES, checked_sha256
from sync_agent.config import LEFT_FREE_BYTES, LEFT_FREE_PARTS, MAX_EXPANDED_SNAPSHOT_BYTES, reference_scopes
from sync_agent.storage.files import Files

CHUNK_BYTES = 1024 * 1024
_SHARED_FIRST, _SHARED_BYTES = 0x40000002, 510
"""SQLite's own lock bytes: every open connection of a WAL file holds a shared lock on them."""


def check_room(folder: Path, wanted: int) -> None:
    """Raises EnvironmentFault `disk.full` when this much more would leave the till too little."""
    left, whole = room_left(folder)
    if left - wanted < min(LEFT_FREE_BYTES, whole // LEFT_FREE_PARTS):
        raise EnvironmentFault("disk.full", file=folder.name)


def reference_file(snapshot_id: str) -> str:
    return f"ref-{snapshot_id}.db"


def snapshot_of(name: str) -> str:
    """The id of the snapshot a reference file was made from; empty for no file."""
    return name.removeprefix("ref-").removesuffix(".db")


class Expanded:
    """A file that is being unpacked: bounded, and durable once `finish` returns."""

    def __init__(self, target: Path) -> None:
        """Raises EnvironmentFault `disk.*`, as everything here does."""
        self._target, self._written = target, 0
        with disk_faults(target):
            self._file = target.open("wb")

    def write(self, chunk: bytes) -> int:
        """Raises EnvironmentFault `snapshot.too_large`, and `disk.full` before the disk is."""
        self._written += len(chunk)
        if self._written > MAX_EXPANDED_SNAPSHOT_BYTES:
            raise EnvironmentFault("snapshot.too_large", limit=MAX_EXPANDED_SNAPSHOT_BYTES)
        check_room(self._target.parent, len(chunk))
        with disk_faults(self._target):
            return self._file.write(chunk)

    def finish(self) -> None:
        with disk_faults(self._target):
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def unpack(packed: Path, target: Path) -> None:
    """Expand into `target`, durable when it returns. Raises EnvironmentFault `snapshot.damaged`, `disk.full`."""
    with disk_faults(packed), packed.open("rb") as source, closing(Expanded(target)) as out:
        try:
            for chunk in zstandard.ZstdDecompressor().read_to_iter(source, write_size=CHUNK_BYTES):
                out.write(chunk)
        except zstandard.ZstdError as bad:
            raise EnvironmentFault("snapshot.damaged", why=str(bad)[:100]) from bad
        out.finish()


def check_opens(path: Path, key: bytes, manifest: SnapshotManifest, packed: Path) -> Extent:
    """The file opens with its key, is whole, and stands where the manifest says. Raises EnvironmentFault.

    It is whole when what lies on this disk is, byte for byte, what HQ went through; of one HQ says nothing of, it is looked at here.
    """
    if manifest.schema > len(REFERENCE_STEPS):
        raise EnvironmentFault("db.newer_than_program", file=path.name, found=manifest.schema)
    checked = _checked_by_hq(packed)
    if checked is not None and checked != _sha256(path):
        raise EnvironmentFault("snapshot.damaged", id=manifest.id)
    conn = open_rw(path, key)
    try:
        with faults(path):
            if checked is None and not is_whole(conn):
                raise EnvironmentFault("snapshot.damaged", id=manifest.id)
            prepare_reference(conn, path)
            with transaction(conn, path):
                for scope, rev in manifest.cursors.items():
                    if cursor_of(conn, scope) != (rev, manifest.generation):
                        set_cursor(conn, scope, rev, manifest.generation)
            return extent_of(conn)
    finally:
        conn.close()


def _checked_by_hq(packed: Path) -> bytes | None:
    with disk_faults(packed), packed.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - FRAME_BYTES))
        return checked_sha256(file.read())


def _sha256(path: Path) -> bytes:
    with disk_faults(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def extent_in_use(files: Files) -> Extent:
    """What the current file holds."""
    return extent_of(files.reference) if files.reference is not None else Extent()


def drop_new(target: Path) -> None:
    """A file that was being made and will not be used."""
    for part in ("", "-wal", "-shm", "-journal"):
        target.with_name(target.name + part).unlink(missing_ok=True)


def drop_unfinished(folder: Path) -> None:
    """What a program that was ended in the middle left."""
    for path in folder.glob("ref-*.db.new*"):
        path.unlink(missing_ok=True)


def make_empty(files: Files, name: str) -> None:
    """An empty reference file, to be filled by pulling from the beginning."""
    files.home.home.keys.file_key(name, create=True)
    files.use_reference(name)


def begin_again(files: Files) -> None:
    """Pull everything from the beginning into the file in use: its rows stay until HQ's take their places."""
    conn = files.reference
    if conn is None:
        return
    with transaction(conn, files.home.home.reference(files.reference_name)):
        for scope in reference_scopes(files.config):
            set_cursor(conn, scope, 0, "")


def remove_unused(files: Files) -> list[str]:
    """Remove reference files that are not the current one and that nobody has open. Returns their names."""
    gone: list[str] = []
    for path in files.home.folder.glob("ref-*.db"):
        if path.name == files.reference_name or _in_use(path):
            continue
        for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            part.unlink(missing_ok=True)
        files.home.home.keys.drop_file_key(path.name)
        gone.append(path.name)
    return gone


def _in_use(path: Path) -> bool:
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _SHARED_FIRST)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
