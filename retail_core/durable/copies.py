"""Copies of one machine's own databases: made while programs are at work, few of them kept, and put back.

What cannot be had again from head office is copied: till.db and store.db. A copy is read only with the machine's keys.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.backup import COMPANIONS, UNFINISHED, back_up, check, put_back
from retail_core.durable.files import write_atomic
from retail_core.durable.home import Home
from retail_core.durable.segment_copies import Taken, bring_back, take_along

LOG = logging.getLogger(__name__)
COPIED = ("till.db", "store.db")
MAX_KEPT = 7
"""Copies of a file in the machine's own folder; the oldest beyond these go."""
DAMAGED = "damaged-"
"""How folders begin in which damaged files are kept, for whoever can still read something in them."""


def copies_of(home: Home, name: str) -> Sequence[Path]:
    """Copies of a file in the machine's folder, the newest first."""
    return sorted(home.backups.glob(f"{Path(name).stem}-*.db"), key=copied_ms, reverse=True)


def copied_ms(copy: Path) -> int:
    """When a copy was made; 0 for a file that is none."""
    at = copy.stem.rpartition("-")[2]
    return int(at) if at.isdigit() else 0


def copy_file(home: Home, name: str, now_ms: int, to: Path | None = None) -> tuple[Path, int]:
    """A checked copy of a file, its program running or not; where it is, and how many bytes it has.

    Raises EnvironmentFault `db.*` (`db.damaged` when a page of the file itself is), `disk.*`, `backup.exists`.
    """
    copy = to or home.backups / f"{Path(name).stem}-{now_ms}.db"
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        size = back_up(home.folder / name, home.keys.file_key(name), copy)
    finally:
        copy.with_name(copy.name + UNFINISHED).unlink(missing_ok=True)
    if to is None:
        for old in copies_of(home, name)[MAX_KEPT:]:
            old.unlink(missing_ok=True)
    return copy, size


def copy_whole(home: Home, name: str, now_ms: int, to: Path | None = None) -> tuple[Path, int, Taken]:
    """As `copy_file`, and its sealed segments with it, however many there are. Raises `backup.not_copied` too."""
    copy, size = copy_file(home, name, now_ms, to)
    return copy, size, take_along(home.folder / name, home.keys.file_key(name), copy)


def copy_segments(home: Home, name: str, limit_bytes: int) -> Taken:
    """Sealed segments that the newest copy in the machine's own folder knows of join it, so many bytes at a time."""
    newest = next(iter(copies_of(home, name)), None)
    if newest is None:
        return Taken()
    return take_along(home.folder / name, home.keys.file_key(name), newest, limit_bytes=limit_bytes)


def suspect(home: Home, name: str) -> None:
    """Somebody met a damaged page: whoever owns the file looks at all of it when it starts next."""
    write_atomic(home.suspect(name), b"")


def is_sound(home: Home, name: str) -> bool:
    """Look at every page, where nobody is at work."""
    try:
        check(home.folder / name, home.keys.file_key(name))
    except EnvironmentFault as fault:
        if fault.code != "db.damaged":
            raise
        return False
    return True


def put_back_newest(home: Home, name: str, now_ms: int) -> Path | None:
    """Take a damaged file aside and put the newest good copy in its place; None when there is none, and then no file.

    To be called where nobody is at work. What was there is kept in a folder of its own.
    """
    aside = _aside(home, name, now_ms)
    for copy in copies_of(home, name):
        try:
            put_back(copy, home.keys.file_key(name), home.folder / name, aside)
        except EnvironmentFault as fault:
            if fault.code not in {"db.damaged", "db.missing"}:
                raise
        else:
            _bring_segments_back(home, name, copy)
            return copy
    for end in ("", *COMPANIONS):
        there = home.folder / f"{name}{end}"
        if there.exists():
            there.rename(aside.with_name(aside.name + end))
    return None


def put_this_back(home: Home, name: str, copy: Path, now_ms: int) -> Path:
    """Put a chosen copy in the place of a file that nobody uses; where the replaced one lies now.

    Raises EnvironmentFault `db.missing`, `db.damaged` (also for a copy of another machine), `backup.not_copied`.
    """
    if not copy.is_file():
        raise EnvironmentFault("db.missing", file=str(copy))
    key = home.keys.file_key(name)
    check(copy, key)
    aside = _aside(home, name, now_ms)
    put_back(copy, key, home.folder / name, aside)
    bring_back(home.folder / name, key, copy)
    return aside


def _bring_segments_back(home: Home, name: str, copy: Path) -> None:
    """No program waits with its start for room for old days: who looks after them says what is missing and tries again."""
    try:
        bring_back(home.folder / name, home.keys.file_key(name), copy)
    except EnvironmentFault as fault:
        if fault.code != "backup.not_copied":
            raise
        LOG.warning("sealed files of %s did not come back: %s", name, fault, extra={"code": fault.code})


def _aside(home: Home, name: str, now_ms: int) -> Path:
    folder = home.folder / f"{DAMAGED}{now_ms}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / name
