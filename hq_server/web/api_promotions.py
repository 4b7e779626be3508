"""Promotions over REST. What an offer may be is `retail_core.domain.promotions.model`."""

from typing import Annotated

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hq_server.service import coupons, promotions
from hq_server.service.fields import Id, TimeMs
from hq_server.storage import promotions as stored
from hq_server.storage.promotions import PromotionRow
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.coupons import MAX_CODE_CHARS
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.promotions.model import Promotion
from retail_core.domain.roles import Permission

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}
MAX_STORES, MAX_ROWS = 10_000, 500


class PromotionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every store when none is named; `ended` takes it back."""

    promotion: Promotion
    stores: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MAX_STORES)] = ()
    ended: bool = False


class PromotionsSet(msgspec.Struct, frozen=True):
    """How many were published, changed or ended."""

    rows: int


class CouponsIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`coupon`: the name a promotion asks for. `until_ms`: the first moment the prints are no good; 0 without end."""

    coupon: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_CODE_CHARS)]
    prints: Annotated[int, msgspec.Meta(ge=1, le=coupons.MAX_PRINTS)]
    until_ms: TimeMs = 0


class Coupons(msgspec.Struct, frozen=True):
    """Texts for QR codes."""

    coupons: tuple[str, ...]


class PromotionList(msgspec.Struct, frozen=True):
    promotions: tuple[PromotionRow, ...]


def promotion_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 404, 413, 422)

    @put("/api/promotions", opt=EDIT, summary="Publish promotions, change or end them", responses=refused)
    @threaded
    def put_all(data: JSONBody[list[PromotionIn]]) -> PromotionsSet:
        if len(data) > MAX_ROWS:
            raise RuleViolationError("request.too_many_rows", rows=len(data), limit=MAX_ROWS)
        promotions.put(hq, [PromotionRow(one.promotion, one.stores, one.ended) for one in data])
        return PromotionsSet(len(data))

    @get("/api/promotions", opt=EDIT, summary="All promotions, the newest first", responses=errors(401, 403))
    @threaded
    def list_all() -> PromotionList:
        return PromotionList(tuple(hq.database.read(stored.all_of)))

    @post("/api/coupons", opt=EDIT, summary="Sign coupons of a single print", responses=refused)
    @threaded
    def sign(data: JSONBody[CouponsIn]) -> Coupons:
        return Coupons(tuple(coupons.issue(hq, data.coupon, data.prints, data.until_ms)))

    return [put_all, list_all, sign]
