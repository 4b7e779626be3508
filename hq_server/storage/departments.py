"""Departments as HQ keeps them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import department
from retail_core.domain.departments import Department


class DepartmentRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A department and the stores that have it; none named means every store, those opened later too."""

    department: Department
    stores: tuple[str, ...] = ()
    ended: bool = False
    changed_ms: int = 0


def put(unit: Unit, row: DepartmentRow) -> None:
    stored = {
        "no": row.department.no, "doc": msgspec.json.encode(row.department).decode(), "stores": " ".join(row.stores),
        "ended": row.ended, "changed_ms": row.changed_ms,
    }  # fmt: skip
    bulk.put(unit, department, [stored])


def find(conn: Connection, no: int) -> DepartmentRow | None:
    found = conn.execute(select(department).where(department.c.no == no)).one_or_none()
    return _row(found) if found else None


def all_of(conn: Connection) -> Sequence[DepartmentRow]:
    """Every department, ended ones too, by number."""
    return [_row(row) for row in conn.execute(select(department).order_by(department.c.no))]


def _row(row: Row[tuple[object, ...]]) -> DepartmentRow:
    doc = msgspec.json.decode(row.doc, type=Department)
    return DepartmentRow(doc, tuple(row.stores.split()), row.ended, row.changed_ms)
