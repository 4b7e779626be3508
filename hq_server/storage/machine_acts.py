"""What was done to machines, newest first; the journal of each store has the same as facts."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import machine_act, place


class MachineAct(msgspec.Struct, frozen=True):
    """`until_ms`: of a code that was made, when it ends; else 0."""

    store: str
    event_id: str
    at_ms: int
    what: str
    register: str
    who: str
    until_ms: int


def add(unit: Unit, act: MachineAct) -> None:
    bulk.insert_new(unit, machine_act, [msgspec.structs.asdict(act)])


def newest(conn: Connection, limit: int) -> Sequence[tuple[MachineAct, str]]:
    """The last acts of all stores, each with the name of its store."""
    asked = (
        select(machine_act, place.c.name)
        .outerjoin(place, place.c.place_id == machine_act.c.store)
        .order_by(machine_act.c.at_ms.desc(), machine_act.c.event_id.desc())
        .limit(limit)
    )
    return [(MachineAct(*row[:-1]), row[-1] or row[0]) for row in conn.execute(asked)]
