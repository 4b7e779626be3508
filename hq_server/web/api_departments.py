"""Departments over REST: what tills sell at a typed price. What one may be is `retail_core.domain.departments`."""

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hq_server.service import departments
from hq_server.service.fields import Id, Minor, Name
from hq_server.storage import departments as stored
from hq_server.storage.departments import DepartmentRow
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.departments import MAX_NO, Department
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}
MAX_STORES, MAX_ROWS = 10_000, 500
No = Annotated[int, msgspec.Meta(ge=1, le=MAX_NO)]
Years = Annotated[int, msgspec.Meta(ge=0, le=120)]


class DepartmentIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every store when none is named; `ended` takes it back. `max_minor` 0: no limit of its own."""

    no: No
    name: Name
    tax_class: Id
    min_minor: Minor = 1
    max_minor: Minor = 0
    min_age: Years = 0
    stores: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MAX_STORES)] = ()
    ended: bool = False


class DepartmentsSet(msgspec.Struct, frozen=True):
    """How many were published, changed or ended."""

    rows: int


class DepartmentList(msgspec.Struct, frozen=True):
    departments: tuple[DepartmentRow, ...]


def department_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 404, 413, 422)

    @put(
        "/api/departments", opt=EDIT, summary="Make departments for typed prices, change or end them", responses=refused
    )
    @threaded
    def put_all(data: JSONBody[list[DepartmentIn]]) -> DepartmentsSet:
        if len(data) > MAX_ROWS:
            raise RuleViolationError("request.too_many_rows", rows=len(data), limit=MAX_ROWS)
        rows = [
            DepartmentRow(
                Department(one.no, one.name, one.tax_class, one.min_minor, one.max_minor, one.min_age),
                one.stores, one.ended,
            )
            for one in data
        ]  # fmt: skip
        departments.put(hq, rows)
        return DepartmentsSet(len(rows))

    @get("/api/departments", opt=EDIT, summary="All departments", responses=errors(401, 403))
    @threaded
    def list_all() -> DepartmentList:
        return DepartmentList(tuple(hq.database.read(stored.all_of)))

    return [put_all, list_all]
