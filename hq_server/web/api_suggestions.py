"""What is often bought together, over REST: counted from the sales, or said by another system."""

from typing import Annotated

import msgspec
from litestar import post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hq_server.service import suggestions
from hq_server.service.fields import Id
from hq_server.service.suggestions import Pairing
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.ids import Sku
from retail_core.domain.roles import Permission
from retail_core.domain.suggestions import MOST_WITH

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}


class PairingIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The best first; an empty list leaves the item to what is counted."""

    sku: Id
    goes_with: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_WITH)] = ()


class SuggestionsSet(msgspec.Struct, frozen=True):
    """How many items it was about."""

    rows: int


def suggestion_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @put("/api/suggestions", opt=EDIT, summary="Say what goes with what", responses=errors(400, 401, 403, 413, 422))
    @threaded
    def put_all(data: JSONBody[list[PairingIn]]) -> SuggestionsSet:
        pairings = [Pairing(Sku(one.sku), tuple(map(Sku, one.goes_with))) for one in data]
        return SuggestionsSet(suggestions.put(hq, pairings))

    @post(
        "/api/suggestions/count", opt=EDIT, status_code=200, summary="Count the sales now", responses=errors(401, 403)
    )
    @threaded
    def count() -> SuggestionsSet:
        return SuggestionsSet(suggestions.compute(hq))

    return [put_all, count]
