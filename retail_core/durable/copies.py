"""Copies of one machine's own databases: made while programs are at work, few of them kept, and put back.

What cannot be had again from head office is copied: till.db and store.db. A copy is read only with the machine's keys.
"""

from collections.abc import Sequence
from pathlib import Path

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.backup import COMPANIONS, UNFINISHED, back_up, check, put_back
from retail_core.durable.files import write_atomic
from retail_core.durable.home import Home

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
    return aside


def _aside(home: Home, name: str, now_ms: int) -> Path:
    folder = home.folder / f"{DAMAGED}{now_ms}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / name
