"""Master data comes in, is checked as a whole, stored, and published to the stores that need it: all or nothing."""

from collections.abc import Sequence

import msgspec

from hq_server.service import departments
from hq_server.service.context import TODAY, Hq
from hq_server.service.fields import Currency, Id, Minor, Name, ShortText, Small, TimeMs
from hq_server.service.goodsrules import publish_recalls
from hq_server.service.journal import zone_of
from hq_server.service.promotions import publish_to_new
from hq_server.service.settings import publish_settings
from hq_server.service.value import publish_all_to
from hq_server.storage import catalogue, feed, taxes
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from retail_core.domain.asks import checked_rules
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import gtin_key, is_gtin
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.places import PlaceKind
from retail_core.durable.reference import ItemDoc, PriceDoc

MAX_ROWS = 2_000
MAX_GTINS = 50
UNITS = frozenset({"each", "kg"})


class PriceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A price of one zone, in force from `from_ms` (0: always was)."""

    zone: Id
    sku: Id
    price_minor: Minor
    currency: Currency
    from_ms: TimeMs = 0
    book: ShortText = ""


class QuickKeyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    store: Id
    page: Name
    pos: Small
    sku: Id
    label: Name


def put_places(hq: Hq, places: Sequence[PlaceRow]) -> None:
    """Make or change places and publish their settings. Raises `place.unknown_kind` or `place.unknown_timezone`."""
    for one in places:
        if one.kind not in set(PlaceKind):
            raise RuleViolationError("place.unknown_kind", place=one.place_id, kind=one.kind[:40])
        if zone_of(one.timezone).key != one.timezone:
            raise RuleViolationError("place.unknown_timezone", place=one.place_id, timezone=one.timezone[:60])

    def work(unit: Unit) -> None:
        catalogue.put_places(unit, places)
        for one in places:
            if one.kind == PlaceKind.STORE:
                publish_settings(hq, unit, one)
                publish_recalls(hq, unit, one)
                publish_to_new(hq, unit, one)
                departments.publish_to_new(hq, unit, one)
                publish_all_to(hq, unit, one.place_id)
        unit.changed.add(TODAY)

    hq.database.write(work)


def put_products(hq: Hq, products: Sequence[ItemDoc]) -> None:
    """Raises `product.bad_gtin`, `.unknown_unit`, `.unknown_tax_class`, `.bad_age`, `.bad_required` or `.bad_deposit`."""
    items = [_checked(product) for product in products]

    def work(unit: Unit) -> None:
        known = taxes.classes(unit.conn)
        for one in items:
            if one.tax_class not in known:
                raise RuleViolationError("product.unknown_tax_class", sku=one.sku, tax_class=one.tax_class[:40])
        catalogue.put_items(unit, items)
        changes = [feed.Change("item", one.sku, one) for one in items]
        feed.publish(unit, feed.CATALOGUE, changes, hq.clock.now_ms())

    hq.database.write(work)


def put_prices(hq: Hq, prices: Sequence[PriceIn]) -> None:
    """A price that begins later travels beside the one in force, under a key of its own."""
    now_ms = hq.clock.now_ms()
    by_zone: dict[str, list[PriceDoc]] = {}
    for one in prices:
        doc = PriceDoc(Sku(one.sku), one.price_minor, one.currency, one.from_ms, one.book)
        by_zone.setdefault(one.zone, []).append(doc)

    def work(unit: Unit) -> None:
        for zone in sorted(by_zone):
            docs = by_zone[zone]
            catalogue.put_prices(unit, zone, docs)
            changes = [
                feed.Change("price", doc.sku if doc.from_ms <= now_ms else f"{doc.sku}@{doc.from_ms}", doc)
                for doc in docs
            ]
            feed.publish(unit, feed.price_scope(zone), changes, now_ms)

    hq.database.write(work)


def put_quick_keys(hq: Hq, keys: Sequence[QuickKeyIn]) -> None:
    by_store: dict[str, list[QuickKeyIn]] = {}
    for key in keys:
        by_store.setdefault(key.store, []).append(key)

    def work(unit: Unit) -> None:
        for store in sorted(by_store):
            of_store = by_store[store]
            catalogue.put_quick_keys(unit, store, [(key.page, key.pos, key.sku, key.label) for key in of_store])
            changes = [
                feed.Change(
                    "quick_key",
                    f"{key.page}/{key.pos}",
                    {"page": key.page, "pos": key.pos, "sku": key.sku, "label": key.label},
                )
                for key in of_store
            ]
            feed.publish(unit, feed.store_scope(store), changes, hq.clock.now_ms())

    hq.database.write(work)


def _checked(product: ItemDoc) -> ItemDoc:
    if product.unit not in UNITS:
        raise RuleViolationError("product.unknown_unit", sku=product.sku, unit=product.unit[:20])
    if len(product.gtins) > MAX_GTINS:
        raise RuleViolationError("product.too_many_gtins", sku=product.sku, limit=MAX_GTINS)
    for code in product.gtins:
        if not is_gtin(code):
            raise RuleViolationError("product.bad_gtin", sku=product.sku, gtin=code[:20])
    checked_rules(product.more.rules, product.sku)
    codes = tuple(dict.fromkeys(Gtin(gtin_key(code)) for code in product.gtins))
    return msgspec.structs.replace(product, gtins=codes)
