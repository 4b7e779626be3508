"""The exception report over REST: voids, refunds, no-sales, cuts by hand and the like, by store and cashier."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from hq_server.storage import cashier_acts
from hq_server.storage.cashier_acts import CashierActs
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.roles import Permission

DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class ExceptionReportOut(msgspec.Struct, frozen=True):
    acts: tuple[CashierActs, ...]


def cashier_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get(
        "/api/exception-report",
        opt={NEEDS: Permission.VIEW_CASES},
        summary="What cashiers did that somebody looks at, over some business dates",
        responses=errors(400, 401, 403),
    )
    @threaded
    def report(
        first: Annotated[str, QueryParameter(pattern=DAY)],
        last: Annotated[str, QueryParameter(pattern=DAY)],
        store: Annotated[str | None, QueryParameter(max_length=40)] = None,
    ) -> ExceptionReportOut:
        return ExceptionReportOut(tuple(hq.database.read(lambda conn: cashier_acts.report(conn, first, last, store))))

    return [report]
