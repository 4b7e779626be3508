"""Recalls and the rules of stores for their goods, over REST."""

from typing import Annotated

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from hq_server.service import goodsrules
from hq_server.service.fields import Id, Name, Ppm, ShortText, Small
from hq_server.service.goodsrules import Buyers
from hq_server.storage import goods
from hq_server.storage.goods import RecallRow
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.coderules import MAX_RULES, EmbeddedKind, InnerCheck, RcnRule
from retail_core.domain.goods import MAX_LISTED, AfterBestBefore, Markdown, Recall
from retail_core.domain.ids import Sku
from retail_core.domain.roles import Permission
from retail_core.durable.link import GoodsRulesDoc

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}
MAX_STORES = 10_000
Stores = Annotated[tuple[Id, ...], msgspec.Meta(max_length=MAX_STORES)]
Units = Annotated[tuple[ShortText, ...], msgspec.Meta(max_length=MAX_LISTED)]


class RecallIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every unit of the item when neither lots nor serials are given; every store when none is."""

    number: Id
    sku: Id
    reason: Name
    lots: Units = ()
    serials: Units = ()
    stores: Stores = ()
    lifted: bool = False


class RcnIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a number with a value inside is read; see RcnRule."""

    prefix: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{2,9}$")]
    item_digits: Annotated[int, msgspec.Meta(ge=1, le=9)]
    kind: EmbeddedKind
    decimals: Annotated[int, msgspec.Meta(ge=0, le=4)]
    inner_check: InnerCheck = InnerCheck.NONE


class MarkdownIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price cut for what expires within `days`; 30 % is 300000 parts per million."""

    name: Name
    days: Small
    ppm: Ppm
    department: ShortText = ""


class GoodsRulesIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole set of rules of these stores, or of all."""

    stores: Stores = ()
    rcn: Annotated[tuple[RcnIn, ...], msgspec.Meta(max_length=MAX_RULES)] = ()
    markdowns: Annotated[tuple[MarkdownIn, ...], msgspec.Meta(max_length=goodsrules.MAX_MARKDOWNS)] = ()
    after_best_before: AfterBestBefore = AfterBestBefore.STOP


class RecallList(msgspec.Struct, frozen=True):
    recalls: tuple[RecallRow, ...]


class RulesSet(msgspec.Struct, frozen=True):
    """How many stores have these rules now."""

    stores: int


def goods_routes(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 404, 413, 422)

    @put("/api/recalls", opt=EDIT, summary="Publish a recall, or lift it", responses=refused)
    @threaded
    def recall(data: JSONBody[RecallIn]) -> RecallRow:
        doc = Recall(data.number, Sku(data.sku), data.reason, data.lots, data.serials)
        return goodsrules.put_recall(hq, RecallRow(doc, data.stores, data.lifted))

    @get("/api/recalls", opt=EDIT, summary="All recalls, the newest first", responses=errors(401, 403))
    @threaded
    def recalls() -> RecallList:
        return RecallList(tuple(hq.database.read(goods.recalls)))

    @get(
        "/api/recalls/{number:str}/sold",
        opt={NEEDS: Permission.VIEW_STOCK},
        summary="Sales of recalled units",
        responses=errors(400, 401, 403, 404),
    )
    @threaded
    def sold(number: FromPath[str]) -> Buyers:
        return goodsrules.buyers(hq, number)

    @put("/api/goods-rules", opt=EDIT, summary="Set how stores read embedded values and mark down", responses=refused)
    @threaded
    def put_rules(data: JSONBody[GoodsRulesIn]) -> RulesSet:
        rules = GoodsRulesDoc(
            tuple(RcnRule(one.prefix, one.item_digits, one.kind, one.decimals, one.inner_check) for one in data.rcn),
            tuple(Markdown(one.name, one.days, one.ppm, one.department) for one in data.markdowns),
            data.after_best_before,
        )
        return RulesSet(goodsrules.put_rules(hq, data.stores, rules))

    @get("/api/goods-rules", opt=EDIT, summary="The rules of a store", responses=errors(400, 401, 403))
    @threaded
    def rules(store: Annotated[str, QueryParameter(min_length=1, max_length=40)]) -> GoodsRulesDoc:
        return hq.database.read(lambda conn: goods.rules_of(conn, store))

    return [recall, recalls, sold, put_rules, rules]
