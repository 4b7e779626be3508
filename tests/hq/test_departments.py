"""Departments at HQ: which stores have them, and what makes no sense."""

import msgspec
import pytest

from hq_server.service import departments, masterdata
from hq_server.storage import feed
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.departments import DepartmentRow
from retail_core.domain.departments import Department
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import OTHER_STORE, STORE, Shop

pytestmark = pytest.mark.xdist_group("hq-departments")
BAKERY = Department(4, "Bakery", "std")


def in_force(shop: Shop, store: str) -> dict[str, Department]:
    """What a store's agent finds, read from the beginning."""
    page = shop.hq.database.read(lambda conn: feed.page(conn, feed.store_scope(store), 0, 500))
    rows = [row for row in page.rows if row.kind == "department" and row.op == "put"]
    return {row.key: msgspec.json.decode(row.doc, type=Department) for row in rows}


def test_a_department_is_where_it_should_be_and_gone_when_it_ended(shop: Shop) -> None:
    departments.put(shop.hq, [DepartmentRow(BAKERY, (STORE,))])
    assert (in_force(shop, STORE), in_force(shop, OTHER_STORE)) == ({"4": BAKERY}, {})
    departments.put(shop.hq, [DepartmentRow(BAKERY)])
    masterdata.put_places(shop.hq, [PlaceRow("S0999", "store", "999 New", "north", "UTC", "EUR")])
    assert in_force(shop, OTHER_STORE) == in_force(shop, "S0999") == {"4": BAKERY}
    departments.put(shop.hq, [DepartmentRow(BAKERY, ended=True)])
    assert in_force(shop, STORE) == {}


def test_what_makes_no_sense_is_refused_with_its_reason(shop: Shop) -> None:
    for wrong, code in (
        (DepartmentRow(Department(0, "Zero", "std")), "department.bad_no"),
        (DepartmentRow(Department(5, "Odd", "nothing")), "department.unknown_tax_class"),
        (DepartmentRow(BAKERY, ("S0000",)), "place.unknown"),
    ):
        with pytest.raises(RuleViolationError) as refused:
            departments.put(shop.hq, [wrong])
        assert refused.value.code == code


def test_over_the_api(running: RunningHq) -> None:
    body = {"no": 9, "name": "Flowers", "tax_class": "std", "max_minor": 10_000}
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        assert viewer.put("/api/departments", json=[body]).status_code == 403
        assert office.put("/api/departments", json=[body]).json() == {"rows": 1}
        assert office.get("/api/departments").json()["departments"][-1]["department"]["name"] == "Flowers"
