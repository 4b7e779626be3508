"""Copies of HQ's embedded database, and HQ put back from one.

A restored HQ draws a new generation: agents load what comes down anew and ask, stream by stream, how far HQ is; tills and
agents then send again what it lacks. On PostgreSQL copies are its own tools' work, and only the new generation is ours.
"""

from pathlib import Path

from hq_server.service.home import DATABASE_KEY, HqHome
from hq_server.storage import access
from hq_server.storage.database import Database, open_embedded
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.ids import IdSource
from retail_core.durable.backup import back_up, put_back

MAX_KEPT = 14
"""Copies in HQ's own folder; the oldest beyond these go."""


def back_up_hq(home: HqHome, clock: Clock, to: Path | None = None) -> tuple[Path, int]:
    """A checked copy of the database, HQ running or not; where it is and how many bytes it has.

    Raises EnvironmentFault `hq.not_initialised`, `backup.exists`, `db.*`, `disk.*`.
    """
    home.check()
    copy = to or home.backups / f"hq-{clock.now_ms()}.db"
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    size = back_up(home.database, home.keys.file_key(DATABASE_KEY), copy)
    if to is None:
        for old in sorted(home.backups.glob("hq-*.db"))[:-MAX_KEPT]:
            old.unlink()
    return copy, size


def restore_hq(home: HqHome, copy: Path, clock: Clock, ids: IdSource) -> Path:
    """Put `copy` in the place of the database of an HQ that does not run; returns where the replaced one lies now.

    Raises EnvironmentFault `db.missing`, `db.damaged` (also for a copy of another HQ), `backup.not_copied`.
    """
    home.check()
    if not copy.is_file():
        raise EnvironmentFault("db.missing", file=str(copy))
    key = home.keys.file_key(DATABASE_KEY)
    aside = home.folder / f"hq-replaced-{clock.now_ms()}.db"
    put_back(copy, key, home.database, aside)
    database = open_embedded(home.database, key)
    try:
        begin_generation(database, ids)
    finally:
        database.close()
    return aside


def begin_generation(database: Database, ids: IdSource) -> str:
    """To be called once after the database was put back: everybody below begins anew on the down side."""
    return database.write(lambda unit: access.draw_again(unit, "generation", ids.next()))
