"""Copies of a keyed database while it is in use, and putting one back.

A copy is made by SQLite itself in one read transaction, opened and checked page by page before it gets its name: what has the
name of a copy can be put back. It is encrypted with the file's own key, so it is worth nothing without the folder's keys.
"""

import os
import shutil
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import faults, open_ro

UNFINISHED = ".part"
COMPANIONS = ("-wal", "-shm")
OWNER_ONLY = 0o600


def back_up(path: Path, key: bytes, copy: Path) -> int:
    """Copy the database at `path` to `copy`, durably; returns its bytes. Writers go on meanwhile.

    Raises EnvironmentFault: `db.*` when the database cannot be read or the copy is damaged, `disk.*`, and `backup.exists`
    when there is something at `copy`, which is left alone.
    """
    if copy.exists():
        raise EnvironmentFault("backup.exists", file=str(copy))
    part = copy.with_name(copy.name + UNFINISHED)
    part.unlink(missing_ok=True)
    conn = open_ro(path, key)
    try:
        with faults(part):
            conn.execute("PRAGMA query_only = OFF")  # the source is opened read-only; the copy is another file
            conn.execute("VACUUM INTO ?", (str(part),))
    finally:
        conn.close()
    part.chmod(OWNER_ONLY)
    check(part, key)
    _sync(part)
    part.rename(copy)
    _sync(copy.parent)
    return copy.stat().st_size


def check(copy: Path, key: bytes) -> None:
    """Raises EnvironmentFault `db.damaged` for a file of another key or with a damaged page, `db.missing` for none."""
    conn = open_ro(copy, key)
    try:
        with faults(copy):
            pages = conn.execute("PRAGMA cipher_integrity_check").fetchall()
            rows = conn.execute("PRAGMA integrity_check(1)").fetchone()
    finally:
        conn.close()
        for companion in COMPANIONS:
            copy.with_name(copy.name + companion).unlink(missing_ok=True)
    if pages or rows != ("ok",):
        raise EnvironmentFault("db.damaged", file=copy.name)


def put_back(copy: Path, key: bytes, path: Path, aside: Path) -> None:
    """Have the checked `copy` at `path`, where nobody may be at work; what was there is kept at `aside`.

    Raises what `check` does; nothing has changed then.
    """
    check(copy, key)
    part = path.with_name(path.name + UNFINISHED)
    try:
        shutil.copyfile(copy, part)
    except OSError as bad:
        part.unlink(missing_ok=True)
        raise EnvironmentFault("backup.not_copied", file=str(copy), why=os.strerror(bad.errno or 0)) from bad
    part.chmod(OWNER_ONLY)
    _sync(part)
    for end in ("", *COMPANIONS):
        there = path.with_name(path.name + end)
        if there.exists():
            there.rename(aside.with_name(aside.name + end))
    part.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
