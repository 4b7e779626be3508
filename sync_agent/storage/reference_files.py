"""Reference files: unpacked beside the one in use, checked, named to the till, and removed when nobody reads them."""

import fcntl
import hashlib
import os
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
    prepare_reference,
    set_cursor,
)
from retail_core.wire.messages import SnapshotManifest
from sync_agent.config import LEFT_FREE_BYTES, LEFT_FREE_PARTS, MAX_EXPANDED_SNAPSHOT_BYTES, reference_scopes
from sync_agent.storage.files import Files

CHUNK_BYTES = 1024 * 1024
_SHARED_FIRST, _SHARED_BYTES = 0x40000002, 510
"""SQLite's own lock bytes: every open connection of a WAL file holds a shared lock on them."""


class Partial:
    """A download that may be cut and goes on where it was."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def have(self, size: int) -> int:
        """How many of `size` bytes are here; a part that is too long is worth nothing."""
        found = self.path.stat().st_size if self.path.exists() else 0
        if found >= size:
            self.drop()
            return 0
        return found

    def add(self, chunk: bytes) -> None:
        """Raises EnvironmentFault `disk.full` before the disk is."""
        check_room(self.path.parent, len(chunk))
        with disk_faults(self.path), self.path.open("ab") as file:
            file.write(chunk)

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)


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


def check_download(path: Path, manifest: SnapshotManifest) -> None:
    """Raises EnvironmentFault `snapshot.damaged` unless the file is what HQ signed."""
    digest = hashlib.sha256()
    with disk_faults(path), path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
        os.fsync(file.fileno())
    if path.stat().st_size != manifest.size or digest.hexdigest() != manifest.sha256:
        raise EnvironmentFault("snapshot.damaged", id=manifest.id)


def unpack(packed: Path, target: Path) -> None:
    """Expand into `target` within bounds, durable when it returns. Raises EnvironmentFault `snapshot.damaged`, `disk.full`."""
    written = 0
    try:
        with disk_faults(target), packed.open("rb") as source, target.open("wb") as out:
            for chunk in zstandard.ZstdDecompressor().read_to_iter(source, write_size=CHUNK_BYTES):
                written += len(chunk)
                if written > MAX_EXPANDED_SNAPSHOT_BYTES:
                    raise EnvironmentFault("snapshot.too_large", limit=MAX_EXPANDED_SNAPSHOT_BYTES)
                check_room(target.parent, len(chunk))
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    except zstandard.ZstdError as bad:
        raise EnvironmentFault("snapshot.damaged", why=str(bad)[:100]) from bad


def check_opens(path: Path, key: bytes, manifest: SnapshotManifest) -> Extent:
    """The file opens with its key, is whole, and stands where the manifest says. Raises EnvironmentFault."""
    if manifest.schema > len(REFERENCE_STEPS):
        raise EnvironmentFault("db.newer_than_program", file=path.name, found=manifest.schema)
    conn = open_rw(path, key)
    try:
        with faults(path):
            if conn.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise EnvironmentFault("snapshot.damaged", id=manifest.id)
            prepare_reference(conn, path)
            with transaction(conn, path):
                for scope, rev in manifest.cursors.items():
                    if cursor_of(conn, scope) != (rev, manifest.generation):
                        set_cursor(conn, scope, rev, manifest.generation)
            return extent_of(conn)
    finally:
        conn.close()


def extent_in_use(files: Files) -> Extent:
    """What the current file holds."""
    return extent_of(files.reference) if files.reference is not None else Extent()


def drop_new(target: Path) -> None:
    """A file that was being made and will not be used."""
    for part in ("", "-wal", "-shm", "-journal"):
        target.with_name(target.name + part).unlink(missing_ok=True)


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
