"""Departments: checked, kept, and published to the tills of the stores that have them."""

from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import catalogue, departments, feed, taxes
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from hq_server.storage.departments import DepartmentRow
from retail_core.domain.departments import checked
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.places import PlaceKind

KIND = "department"


def put(hq: Hq, wanted: Sequence[DepartmentRow]) -> None:
    """Publish departments to the stores they name, or to all; an ended one is taken back. All of them, or none.

    Raises `department.*` when one makes no sense, `department.unknown_tax_class`, `place.unknown`.
    """
    for one in wanted:
        checked(one.department)

    def work(unit: Unit) -> None:
        classes = taxes.classes(unit.conn)
        for one in wanted:
            if one.department.tax_class not in classes:
                raise RuleViolationError("department.unknown_tax_class", no=one.department.no)
            _put(unit, msgspec.structs.replace(one, changed_ms=hq.clock.now_ms()))

    hq.database.write(work)


def _put(unit: Unit, row: DepartmentRow) -> None:
    before = departments.find(unit.conn, row.department.no)
    departments.put(unit, row)
    now_in, earlier_in = set(_stores(unit, row)), set(_stores(unit, before)) if before else set[str]()
    for store in sorted(now_in | earlier_in):
        doc = row.department if store in now_in and not row.ended else None
        change = feed.Change(KIND, str(row.department.no), doc)
        feed.publish(unit, feed.store_scope(store), [change], row.changed_ms)


def publish_to_new(hq: Hq, unit: Unit, place: PlaceRow) -> None:
    """A store that is new has the departments every store has, and those that name it."""
    changes = [
        feed.Change(KIND, str(row.department.no), row.department)
        for row in departments.all_of(unit.conn)
        if not row.ended and (not row.stores or place.place_id in row.stores)
    ]
    if changes:
        feed.publish(unit, feed.store_scope(place.place_id), changes, hq.clock.now_ms())


def _stores(unit: Unit, row: DepartmentRow) -> Sequence[str]:
    known = {place.place_id for place in catalogue.places(unit.conn) if place.kind == PlaceKind.STORE}
    for store in row.stores:
        if store not in known:
            raise RuleViolationError("place.unknown", place=store)
    return row.stores or sorted(known)
