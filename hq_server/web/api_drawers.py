"""Z reports and day closes over REST: what each drawer of each store took, and by how much it differed."""

from typing import Annotated

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from hq_server.storage import drawers
from hq_server.storage.drawers import DayRow, ZRow
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.roles import Permission

DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
First = Annotated[str, QueryParameter(pattern=DAY)]
Last = Annotated[str, QueryParameter(pattern=DAY)]
Store = Annotated[str | None, QueryParameter(max_length=40)]


class ZReportsOut(msgspec.Struct, frozen=True):
    z_reports: tuple[ZRow, ...]
    days: tuple[DayRow, ...]


def drawer_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get(
        "/api/z-reports",
        opt={NEEDS: Permission.VIEW_TODAY},
        summary="Drawers and days that tills have closed, over some business dates",
        responses=errors(400, 401, 403),
    )
    @threaded
    def z_reports(first: First, last: Last, store: Store = None) -> ZReportsOut:
        return hq.database.read(
            lambda conn: ZReportsOut(
                tuple(drawers.z_reports(conn, first, last, store)), tuple(drawers.days(conn, first, last, store))
            )
        )

    return [z_reports]
