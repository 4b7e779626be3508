"""Stock over REST: balances, what can be promised, HQ's own movements, and the check of the books."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from hq_server.service import availability, stock_moves
from hq_server.service.availability import Available
from hq_server.service.fields import Id, Milli, ShortText
from hq_server.service.stock_moves import MAX_LINES
from hq_server.storage.stock import Balance
from hq_server.web.guards import NEEDS, AnyRequest, caller_of
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.events import StockMoved, StockMovedLine
from retail_core.domain.ids import Sku
from retail_core.domain.roles import Permission
from retail_core.domain.stock import StockState

VIEW = {NEEDS: Permission.VIEW_STOCK}
MAX_SHOWN = 500


class MoveLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity from one state to another; opening stock comes from `supplier` to `sellable`."""

    sku: Id
    qty_milli: Milli
    from_state: StockState = StockState.SUPPLIER
    to_state: StockState = StockState.SELLABLE


class MoveIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    store: Id
    lines: Annotated[tuple[MoveLine, ...], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    reason: Id = "opening"
    document: ShortText = ""


class Moved(msgspec.Struct, frozen=True):
    lines: int


class StockOut(msgspec.Struct, frozen=True):
    stock: tuple[Balance, ...]


class AvailabilityOut(msgspec.Struct, frozen=True):
    sku: str
    places: tuple[Available, ...]


class Difference(msgspec.Struct, frozen=True):
    """A cached figure that is not what its ledger says."""

    store: str
    sku: str
    figure: str
    cached: int
    recomputed: int


class Verified(msgspec.Struct, frozen=True):
    """`different` is 0 unless there is a fault of ours."""

    different: int
    first: tuple[Difference, ...]


def stock_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq

    @get("/api/stock", opt=VIEW, summary="Balances of a SKU", responses=errors(400, 401, 403))
    @threaded
    def stock(
        sku: Annotated[str, QueryParameter(min_length=1, max_length=40)],
        store: Annotated[str | None, QueryParameter(max_length=40)] = None,
    ) -> StockOut:
        return StockOut(tuple(stock_moves.balances(hq, sku, store)))

    @get(
        "/api/availability",
        opt=VIEW,
        summary="What of a SKU can be promised, where, and why",
        responses=errors(400, 401, 403),
    )
    @threaded
    def available(sku: Annotated[str, QueryParameter(min_length=1, max_length=40)]) -> AvailabilityOut:
        return AvailabilityOut(sku, tuple(availability.available(hq, sku)))

    @post(
        "/api/stock-moves",
        opt={NEEDS: Permission.MOVE_STOCK},
        status_code=201,
        summary="Book stock movements of one place",
        responses=errors(400, 401, 403, 404, 413, 422),
    )
    @threaded
    def move(request: AnyRequest, data: JSONBody[MoveIn]) -> Moved:
        lines = tuple(
            StockMovedLine(Sku(line.sku), line.qty_milli, line.from_state, line.to_state) for line in data.lines
        )
        stock_moves.book(hq, data.store, StockMoved(lines, data.reason, data.document), caller_of(request).name)
        return Moved(len(lines))

    @get("/api/stock/verify", opt=VIEW, summary="Check the books", responses=errors(401, 403))
    @threaded
    def verify() -> Verified:
        wrong = stock_moves.verify(hq)
        return Verified(len(wrong), tuple(Difference(*one) for one in wrong[:MAX_SHOWN]))

    routes: Sequence[HTTPRouteHandler] = (stock, available, move, verify)
    return list(routes)
