"""Catalogues over REST: that one may have far fewer items than the one before, which machines would not believe."""

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.roles import Permission

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}


class Snapshot(msgspec.Struct, frozen=True):
    """A prepared catalogue of a price zone, packed in `size` bytes."""

    id: str
    zone: str
    size: int
    fewer_on_purpose: bool


def snapshot_routes(server: Server) -> list[HTTPRouteHandler]:
    @post(
        "/api/catalogues/{zone:str}/accept",
        opt=EDIT,
        status_code=200,
        summary="The catalogue of a price zone may have far fewer items than before: machines take it",
        responses=errors(400, 401, 403, 404, 503),
    )
    @threaded
    def accept(zone: FromPath[str]) -> Snapshot:
        made = server.snapshots.accept(zone)
        return Snapshot(made.id, made.zone, made.size, made.fewer_on_purpose)

    return [accept]
