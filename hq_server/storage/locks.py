"""Tills that their store locked, act by act: the newest act on a machine holds, in whatever order they came."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import till_lock
from retail_core.domain.events import TillLocked
from retail_core.wire.envelope import Entry


class LockAct(msgspec.Struct, frozen=True):
    """One act of a manager on a machine, by the node of its agent."""

    store: str
    node: str
    n: int
    locked: bool
    register: str
    why: str
    by: str
    at_ms: int


def add(unit: Unit, store: str, acts: Sequence[tuple[Entry, TillLocked]]) -> Sequence[LockAct]:
    """Keep the acts; returns those that hold for a machine now and were not known."""
    before = newest(unit.conn, store)
    rows = {
        (event.nodes[0], event.n, event.locked): {
            "store": store, "node": event.nodes[0], "n": event.n, "locked": event.locked, "register": event.register,
            "why": event.why, "by": event.by, "at_ms": entry.at,
        }
        for entry, event in reversed(acts)
    }  # fmt: skip
    bulk.insert_new(unit, till_lock, list(rows.values()))
    now = newest(unit.conn, store)
    return [act for key, act in now.items() if key not in before or before[key] != act]


def last_lock(conn: Connection, store: str, node: str) -> LockAct | None:
    """The last act that locked a machine, whether it still holds or not."""
    here = (till_lock.c.store == store) & (till_lock.c.node == node) & till_lock.c.locked.is_(True)
    row = conn.execute(select(till_lock).where(here).order_by(till_lock.c.n.desc()).limit(1)).first()
    return LockAct(*row) if row else None


def newest(conn: Connection, store: str = "") -> Mapping[tuple[str, str], LockAct]:
    """The act that holds for each machine, by store and node; of two at once the one that locks. Empty: of all stores."""
    asked = select(till_lock).order_by(till_lock.c.n, till_lock.c.locked)
    rows = conn.execute(asked.where(till_lock.c.store == store) if store else asked)
    return {(row.store, row.node): LockAct(*row) for row in rows}
