"""A damaged till.db at start: it is taken aside, the newest good copy is put back, and the till sells on in a new epoch.

What was sold since the copy is at head office and in the store as far as it was sent; the rest may still be read from the
damaged file, which is kept. Numbers used since the copy are never used again: a new epoch brings a new series.
"""

import logging

import msgspec

from pos_app.storage.store import ROLLED_BACK, TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.ids import IdSource
from retail_core.durable import copies
from retail_core.durable.home import Home, MachineConfig

log = logging.getLogger(__name__)
DAMAGE = "db.damaged"


class PutBack(msgspec.Struct, frozen=True):
    """The till's file was damaged. `copy_ms`: when the copy was made that stands in its place; 0 for an empty file."""

    copy_ms: int


def open_store(home: Home, config: MachineConfig, clock: Clock, ids: IdSource) -> tuple[TillStore, PutBack | None]:
    """TillStore.open, and a damaged file put back first. Raises EnvironmentFault, `db.damaged` when a copy is so too."""
    done: PutBack | None = None
    suspected = home.suspect(home.till_db.name).exists()
    unfinished = home.put_back_mark.exists() and not home.till_db.exists()
    if unfinished or (suspected and home.till_db.exists() and not copies.is_sound(home, home.till_db.name)):
        done = put_back(home, clock)
    try:
        store = TillStore.open(home, config, clock, ids)
    except EnvironmentFault as fault:
        if fault.code != DAMAGE or done is not None:
            raise
        done = put_back(home, clock)
        store = TillStore.open(home, config, clock, ids)
    home.suspect(home.till_db.name).unlink(missing_ok=True)
    if home.put_back_mark.exists():
        _begin_anew(home, store)
    return store, done


def put_back(home: Home, clock: Clock) -> PutBack:
    """Where no till runs. Whatever happens in between, the next start begins a new epoch."""
    home.put_back_mark.touch()
    copy = copies.put_back_newest(home, home.till_db.name, clock.now_ms())
    log.error("till.db is damaged, put back from %s", copy.name if copy else "nothing", extra={"code": "till.put_back"})
    return PutBack(copies.copied_ms(copy) if copy else 0)


def _begin_anew(home: Home, store: TillStore) -> None:
    try:
        if not store.fresh_epoch:
            store.reopen_epoch(ROLLED_BACK)
    except BaseException:
        store.conn.close()
        raise
    home.put_back_mark.unlink(missing_ok=True)
