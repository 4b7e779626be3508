"""The staff of stores: who may sign in at their tills, and by what."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import staff, staff_key


class StaffRow(msgspec.Struct, frozen=True):
    store: str
    operator_id: str
    name: str
    role: str
    pin_salt: bytes
    pin_hash: bytes
    active: bool
    lang: str


class StaffKey(msgspec.Struct, frozen=True):
    """Empty bytes: no badge, or a PIN set before there were tags."""

    badge_hash: bytes = b""
    pin_tag: bytes = b""


def put_staff(unit: Unit, people: Sequence[StaffRow]) -> None:
    bulk.put(unit, staff, [msgspec.structs.asdict(one) for one in people])


def staff_of(conn: Connection, store: str, operator_id: str) -> StaffRow | None:
    here = (staff.c.store == store) & (staff.c.operator_id == operator_id)
    row = conn.execute(select(staff).where(here)).one_or_none()
    if row is None:
        return None
    return StaffRow(row.store, row.operator_id, row.name, row.role, row.pin_salt, row.pin_hash, row.active, row.lang)


def put_key(unit: Unit, store: str, operator_id: str, key: StaffKey) -> None:
    row = {"store": store, "operator_id": operator_id, "badge_hash": key.badge_hash, "pin_tag": key.pin_tag}
    bulk.put(unit, staff_key, [row])


def key_of(conn: Connection, store: str, operator_id: str) -> StaffKey:
    here = (staff_key.c.store == store) & (staff_key.c.operator_id == operator_id)
    row = conn.execute(select(staff_key).where(here)).one_or_none()
    return StaffKey(row.badge_hash, row.pin_tag) if row else StaffKey()


def keys_of(conn: Connection, store: str) -> dict[str, StaffKey]:
    """By operator; those who have left are not among them, so their PIN is free again."""
    joined = staff_key.join(
        staff, (staff.c.store == staff_key.c.store) & (staff.c.operator_id == staff_key.c.operator_id)
    )
    rows = conn.execute(
        select(staff_key).select_from(joined).where(staff_key.c.store == store, staff.c.active.is_(True))
    )
    return {row.operator_id: StaffKey(row.badge_hash, row.pin_tag) for row in rows}
