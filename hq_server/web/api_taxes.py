"""Tax classes over REST, each rate with the day it begins on. Each request is taken whole or not at all."""

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hq_server.service import taxes
from hq_server.service.masterdata import MAX_ROWS
from hq_server.service.taxes import TaxChange
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.roles import Permission
from retail_core.durable.taxes import TaxDoc

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}


class TaxesSet(msgspec.Struct, frozen=True):
    """How many rates were stored, planned or taken back."""

    rows: int


class TaxList(msgspec.Struct, frozen=True):
    """Every class with the rate of now; `dated` has each rate of a class that changes, by the day it begins."""

    taxes: tuple[TaxDoc, ...]


def tax_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 413, 422)

    @put("/api/tax", opt=EDIT, summary="Make or change tax classes, now or from a day on", responses=refused)
    @threaded
    def put_all(data: JSONBody[list[TaxChange]]) -> TaxesSet:
        if len(data) > MAX_ROWS:
            raise RuleViolationError("request.too_many_rows", rows=len(data), limit=MAX_ROWS)
        taxes.put_taxes(hq, data)
        return TaxesSet(len(data))

    @get("/api/tax", opt=EDIT, summary="Tax classes", responses=errors(401, 403))
    @threaded
    def every() -> TaxList:
        return TaxList(tuple(taxes.listed(hq)))

    return [put_all, every]
