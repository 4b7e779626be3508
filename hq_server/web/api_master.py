"""Master data over REST. Each request is taken whole or not at all."""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from hq_server.service import masterdata, staff
from hq_server.service.fields import Currency, Id, Name, ShortText, Small, TimeMs
from hq_server.service.masterdata import MAX_ROWS, PriceIn, QuickKeyIn
from hq_server.service.staff import Person
from hq_server.storage import catalogue
from hq_server.storage.catalogue import PlaceRow
from hq_server.web.guards import NEEDS
from hq_server.web.openapi import errors
from hq_server.web.state import Server
from hq_server.web.threads import threaded
from retail_core.domain.asks import MAX_REQUIRED, ItemRules
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.places import PlaceKind
from retail_core.domain.roles import Permission
from retail_core.domain.saleline import LineSort
from retail_core.durable.reference import ItemDoc, ItemMore

EDIT = {NEEDS: Permission.EDIT_MASTER_DATA}
STAFF = {NEEDS: Permission.EDIT_STAFF}
MAX_STAFF_ROWS = 200  # each PIN takes 50 ms to hash
MAX_RULE_BYTES = 20_000
Gtins = Annotated[tuple[ShortText, ...], msgspec.Meta(max_length=masterdata.MAX_GTINS)]


class ProductIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item. `gtins` may have 8, 12, 13 or 14 digits; `popularity` orders searches.

    `min_age`: how old the buyer must be; `required`: what must be known before it is sold (`serial`, `lot`, `expiry`, or
    a field of your own, never about a person); `deposit`: the item whose price is taken with each piece. An item of sort
    `deposit` is such a deposit, one of sort `deposit_back` is paid out.
    """

    sku: Id
    name: Name
    tax_class: Id
    dept: ShortText = ""
    brand: ShortText = ""
    size: ShortText = ""
    unit: ShortText = "each"
    gtins: Gtins = ()
    popularity: TimeMs = 0
    min_age: Small = 0
    required: Annotated[tuple[ShortText, ...], msgspec.Meta(max_length=MAX_REQUIRED)] = ()
    deposit: ShortText = ""
    sort: LineSort = LineSort.GOODS


class StoreIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place: a shop unless `kind` says otherwise."""

    store: Id
    name: Name
    zone: Id
    timezone: ShortText
    currency: Currency
    kind: PlaceKind = PlaceKind.STORE
    lang: ShortText = "en"


class Stored(msgspec.Struct, frozen=True):
    """How many rows were stored and published."""

    rows: int


class StoreList(msgspec.Struct, frozen=True):
    stores: tuple[PlaceRow, ...]


def master_routes(server: Server) -> list[HTTPRouteHandler]:
    return [*_catalogue(server), *_stores(server)]


def _catalogue(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 413, 422)

    @put("/api/products", opt=EDIT, summary="Make or change items", responses=refused)
    @threaded
    def products(data: JSONBody[list[ProductIn]]) -> Stored:
        _bounded(data)
        items = [
            ItemDoc(
                Sku(one.sku), one.name, one.dept, one.tax_class, tuple(Gtin(code) for code in one.gtins), one.brand,
                one.size, one.unit, one.popularity,
                ItemMore(ItemRules(one.min_age, one.required, Sku(one.deposit)), one.sort),
            )
            for one in data
        ]  # fmt: skip
        masterdata.put_products(hq, items)
        return Stored(len(items))

    @put("/api/prices", opt=EDIT, summary="Set prices of zones", responses=refused)
    @threaded
    def prices(data: JSONBody[list[PriceIn]]) -> Stored:
        _bounded(data)
        masterdata.put_prices(hq, data)
        return Stored(len(data))

    return [products, prices]


def _stores(server: Server) -> list[HTTPRouteHandler]:
    hq = server.hq
    refused = errors(400, 401, 403, 404, 413, 422)

    @put("/api/stores", opt=EDIT, summary="Make or change places", responses=refused)
    @threaded
    def stores(data: JSONBody[list[StoreIn]]) -> Stored:
        _bounded(data)
        places = [
            PlaceRow(one.store, one.kind.value, one.name, one.zone, one.timezone, one.currency, one.lang)
            for one in data
        ]
        masterdata.put_places(hq, places)
        return Stored(len(places))

    @get(
        "/api/stores",
        opt={NEEDS: Permission.VIEW_STOCK},
        summary="All places",
        responses=errors(401, 403),
    )
    @threaded
    def listed() -> StoreList:
        return StoreList(tuple(hq.database.read(catalogue.places)))

    @put("/api/staff", opt=STAFF, summary="Make or change staff", responses=refused)
    @threaded
    def people(data: JSONBody[list[Person]]) -> Stored:
        _bounded(data, MAX_STAFF_ROWS)
        staff.put_staff(hq, data)
        return Stored(len(data))

    @put("/api/quick-keys", opt=EDIT, summary="Set keys of the tills' pages", responses=refused)
    @threaded
    def quick_keys(data: JSONBody[list[QuickKeyIn]]) -> Stored:
        _bounded(data)
        masterdata.put_quick_keys(hq, data)
        return Stored(len(data))

    return [stores, listed, people, quick_keys]


def _bounded(rows: Sequence[object], limit: int = MAX_ROWS) -> None:
    if len(rows) > limit:
        raise RuleViolationError("request.too_many_rows", rows=len(rows), limit=limit)
