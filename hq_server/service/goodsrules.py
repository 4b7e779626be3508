"""Recalls, and how stores read numbers with a value inside and treat goods near their date; each goes to the tills."""

from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import catalogue, feed, goods
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from hq_server.storage.goods import RecallRow, SoldUnits
from retail_core.domain.coderules import checked_rules
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.goods import checked_markdown, checked_recall
from retail_core.domain.places import PlaceKind
from retail_core.durable.link import GoodsRulesDoc

MAX_MARKDOWNS = 40
MAX_SOLD = 500


class Buyers(msgspec.Struct, frozen=True):
    """Sales of recalled units, newest first; `more` when there are others.

    `untold_milli`: thousandths sold of which no label told lot or serial.
    """

    sold: tuple[SoldUnits, ...]
    more: bool
    untold_milli: int


def put_recall(hq: Hq, wanted: RecallRow) -> RecallRow:
    """Publish a recall of one item to the stores it names, or to all; a number may have many items.

    Raises `recall.*`, `product.unknown`, `place.unknown`.
    """
    checked_recall(wanted.recall)

    def work(unit: Unit) -> RecallRow:
        if not catalogue.items_of(unit.conn, [wanted.recall.sku]):
            raise RuleViolationError("product.unknown", sku=wanted.recall.sku)
        before = goods.recall_of(unit.conn, wanted.recall.number, wanted.recall.sku)
        row = msgspec.structs.replace(wanted, changed_ms=hq.clock.now_ms())
        goods.put_recall(unit, row)
        now_in, earlier_in = set(_stores(unit, row)), set(_stores(unit, before)) if before else set[str]()
        for store in sorted(now_in | earlier_in):
            doc = row.recall if store in now_in and not row.lifted else None
            feed.publish(unit, feed.store_scope(store), [feed.Change("recall", _key(row), doc)], row.changed_ms)
        return row

    return hq.database.write(work)


def put_rules(hq: Hq, stores: Sequence[str], rules: GoodsRulesDoc) -> int:
    """Set the rules of these stores, or of all when none is named; how many. Raises `rcn.*`, `markdown.*`."""
    checked_rules(rules.rcn)
    if len(rules.markdowns) > MAX_MARKDOWNS:
        raise RuleViolationError("markdown.too_many", limit=MAX_MARKDOWNS)
    for markdown in rules.markdowns:
        checked_markdown(markdown)

    def work(unit: Unit) -> int:
        places = [place for place in catalogue.places(unit.conn) if place.kind == PlaceKind.STORE]
        chosen = [place.place_id for place in places if not stores or place.place_id in stores]
        for store in stores:
            if store not in chosen:
                raise RuleViolationError("place.unknown", place=store)
        for store in chosen:
            goods.put_rules(unit, store, rules)
            feed.publish(unit, feed.store_scope(store), [feed.Change("goods_rules", "store", rules)], hq.clock.now_ms())
        return len(chosen)

    return hq.database.write(work)


def buyers(hq: Hq, number: str) -> Buyers:
    """Which receipts have recalled units, also of a recall that was lifted. Raises `recall.unknown`."""
    rows = hq.database.read(lambda conn: goods.recalls_of(conn, number))
    if not rows:
        raise RuleViolationError("recall.unknown", number=number[:40])
    found, untold_milli = list[SoldUnits](), 0
    for item in [row.recall for row in rows]:
        found.extend(hq.database.read(lambda conn, item=item: goods.sold(conn, item, MAX_SOLD + 1)))
        untold_milli += hq.database.read(lambda conn, item=item: goods.sold_untold_milli(conn, item))
    found.sort(key=lambda line: -line.at_ms)
    return Buyers(tuple(found[:MAX_SOLD]), len(found) > MAX_SOLD, untold_milli)


def _key(row: RecallRow) -> str:
    return f"{row.recall.number}/{row.recall.sku}"


def publish_recalls(hq: Hq, unit: Unit, place: PlaceRow) -> None:
    """A store that is new must know what is recalled everywhere."""
    changes = [
        feed.Change("recall", _key(row), row.recall)
        for row in goods.recalls(unit.conn)
        if not row.lifted and (not row.stores or place.place_id in row.stores)
    ]
    if changes:
        feed.publish(unit, feed.store_scope(place.place_id), changes, hq.clock.now_ms())


def _stores(unit: Unit, row: RecallRow) -> Sequence[str]:
    known = {place.place_id for place in catalogue.places(unit.conn) if place.kind == PlaceKind.STORE}
    for store in row.stores:
        if store not in known:
            raise RuleViolationError("place.unknown", place=store)
    return row.stores or sorted(known)
