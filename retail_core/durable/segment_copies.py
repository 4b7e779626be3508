"""Sealed segments go along with the copies of their database, come back with it, and are looked at now and then.

A segment never changes, so the copies of one folder share one set of them, `segments/<database>/` beside the copies. In the
machine's own folder these are hard links: they cost nothing and outlive what is deleted; elsewhere they are files. Each is
checked against its anchor before it counts as copied.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.backup import UNFINISHED
from retail_core.durable.engine import open_ro
from retail_core.durable.segments import FOLDER, Anchor, anchors, segments_of

MISSING, DAMAGED = "segment.missing", "segment.damaged"
READ_AT_ONCE = 1024 * 1024
READ_ONLY = 0o440


class Taken(msgspec.Struct, frozen=True):
    """What came along: new files, how many are left for another time, and code by name of those that could not."""

    files: int = 0
    left: int = 0
    bad: dict[str, str] = {}


def beside(copy: Path, database: str) -> Path:
    """Where the segments of copies in this folder are."""
    return copy.parent / FOLDER / Path(database).stem


def take_along(database: Path, key: bytes, copy: Path, *, limit_bytes: int | None = None) -> Taken:
    """Beside `copy` of `database`: every segment the copy knows of and that is not there yet, at most about `limit_bytes`.

    What is past its legal term goes from there too. Raises EnvironmentFault `backup.not_copied` when there is no room.
    """
    folder, source = beside(copy, database.name), segments_of(database)
    known = _known_to(copy, key)
    for anchor in known:
        if anchor.dropped_ms:
            (folder / anchor.name).unlink(missing_ok=True)
    lacking = [one for one in known if not one.dropped_ms and not _stands(folder / one.name, one)]
    return _bring(lacking, source, folder, limit_bytes)


def bring_back(database: Path, key: bytes, copy: Path) -> Taken:
    """After `copy` was put in the place of `database`: its segments that are not there come from beside the copy."""
    folder = segments_of(database)
    lacking = [one for one in _known_to(database, key) if not one.dropped_ms and not _stands(folder / one.name, one)]
    return _bring(lacking, beside(copy, database.name), folder, None)


def mend(wanted: Sequence[Anchor], source: Path, folder: Path) -> Taken:
    """Segments that are missing in `folder` come from `source`, where they are there."""
    return _bring([one for one in wanted if (source / one.name).exists()], source, folder, None)


def fault_of(path: Path, anchor: Anchor) -> str:
    """Code of what is wrong with a file, read whole; empty when it is as it was sealed."""
    digest = hashlib.sha256()
    try:
        for chunk in _chunks(path):
            digest.update(chunk)
    except FileNotFoundError:
        return MISSING
    except OSError:
        return DAMAGED
    return "" if digest.digest() == anchor.sha256 else DAMAGED


def quick_fault_of(path: Path, anchor: Anchor) -> str:
    """The same by name and size alone."""
    try:
        return "" if path.stat().st_size == anchor.size else DAMAGED
    except OSError:
        return MISSING


def _known_to(copy: Path, key: bytes) -> Sequence[Anchor]:
    conn = open_ro(copy, key)
    try:
        return anchors(conn)
    finally:
        conn.close()


def _stands(path: Path, anchor: Anchor) -> bool:
    return not quick_fault_of(path, anchor)


def _bring(lacking: Collection[Anchor], source: Path, folder: Path, limit_bytes: int | None) -> Taken:
    files, size, bad = 0, 0, dict[str, str]()
    for n, anchor in enumerate(lacking):
        if limit_bytes is not None and size >= limit_bytes:
            return Taken(files, len(lacking) - n, bad)
        size += anchor.size
        fault = fault_of(source / anchor.name, anchor)
        if fault:
            bad[anchor.name] = fault
            continue
        try:
            _put(source / anchor.name, folder / anchor.name)
        except OSError as full:
            why = os.strerror(full.errno or 0)
            raise EnvironmentFault("backup.not_copied", file=anchor.name, why=why) from full
        files += 1
    return Taken(files, 0, bad)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    part = target.with_name(target.name + UNFINISHED)
    part.unlink(missing_ok=True)
    try:
        os.link(source, part)
    except OSError:  # another disk, or one without links
        with part.open("xb") as file:
            for chunk in _chunks(source):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(READ_ONLY)
    part.replace(target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(READ_AT_ONCE):
            yield chunk
