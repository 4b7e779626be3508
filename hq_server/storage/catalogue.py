"""Master data: places, items, prices, and what a store's screens need."""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, Row, delete, func, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import gtin, item, item_more, place, price, quick_key
from retail_core.domain.ids import Gtin, Sku
from retail_core.domain.places import PlaceKind
from retail_core.durable.reference import ItemDoc, PriceDoc, more_of, more_text

STREAM_ROWS = 2_000
_ITEMS = select(item, item_more.c.doc.label("more")).outerjoin(item_more, item_more.c.sku == item.c.sku)


class PlaceRow(msgspec.Struct, frozen=True):
    """A shop, warehouse, supplier or channel and its settings."""

    place_id: str
    kind: str
    name: str
    zone: str
    timezone: str
    currency: str
    lang: str = "en"
    receipt_header: tuple[str, ...] = ()
    receipt_footer: tuple[str, ...] = ()
    cash_rounding_minor: int = 0


def put_places(unit: Unit, places: Sequence[PlaceRow]) -> None:
    rows = [
        msgspec.structs.asdict(one)
        | {"receipt_header": "\n".join(one.receipt_header), "receipt_footer": "\n".join(one.receipt_footer)}
        for one in places
    ]
    bulk.put(unit, place, rows)


def places(conn: Connection, kind: str | None = None) -> Sequence[PlaceRow]:
    asked = select(place).order_by(place.c.place_id)
    return [_place(row) for row in conn.execute(asked if kind is None else asked.where(place.c.kind == kind))]


def zones(conn: Connection) -> Sequence[str]:
    """Price zones that have a store."""
    asked = select(place.c.zone).where(place.c.kind == PlaceKind.STORE.value).distinct().order_by(place.c.zone)
    return conn.execute(asked).scalars().all()


def place_of(conn: Connection, place_id: str) -> PlaceRow | None:
    row = conn.execute(select(place).where(place.c.place_id == place_id)).one_or_none()
    return None if row is None else _place(row)


def first_store_of(conn: Connection, zone: str) -> PlaceRow | None:
    """The store of a price zone whose id comes first."""
    mine = (place.c.zone == zone) & (place.c.kind == PlaceKind.STORE.value)
    row = conn.execute(select(place).where(mine).order_by(place.c.place_id).limit(1)).one_or_none()
    return None if row is None else _place(row)


def put_items(unit: Unit, items: Sequence[ItemDoc]) -> None:
    """Items with their bar codes; a code that another item had moves to this one."""
    latest = {one.sku: one for one in items}
    columns = set(item.c.keys())
    rows = [
        {name: value for name, value in msgspec.structs.asdict(one).items() if name in columns}
        | {"gtins": ",".join(one.gtins)}
        for one in latest.values()
    ]
    bulk.put(unit, item, rows)
    skus = list(latest)
    for start in range(0, len(skus), bulk.MAX_IN):
        part = skus[start : start + bulk.MAX_IN]
        unit.conn.execute(delete(gtin).where(gtin.c.sku.in_(part)))
        unit.conn.execute(delete(item_more).where(item_more.c.sku.in_(part)))
    bulk.put(unit, item_more, [{"sku": one.sku, "doc": doc} for one in latest.values() if (doc := more_text(one.more))])
    bulk.put(unit, gtin, [{"gtin": code, "sku": one.sku} for one in latest.values() for code in one.gtins])


def items_of(conn: Connection, skus: Sequence[str]) -> dict[str, ItemDoc]:
    found: dict[str, ItemDoc] = {}
    for start in range(0, len(skus), bulk.MAX_IN):
        part = list(skus[start : start + bulk.MAX_IN])
        found.update({row.sku: _item(row) for row in conn.execute(_ITEMS.where(item.c.sku.in_(part)))})
    return found


def skus_of(conn: Connection, codes: Sequence[str]) -> dict[str, str]:
    """The SKU behind each bar code (14 digits) that has one."""
    found: dict[str, str] = {}
    for start in range(0, len(codes), bulk.MAX_IN):
        rows = conn.execute(select(gtin.c.gtin, gtin.c.sku).where(gtin.c.gtin.in_(codes[start : start + bulk.MAX_IN])))
        found.update({row.gtin: row.sku for row in rows})
    return found


def every_item(conn: Connection) -> Iterator[ItemDoc]:
    """All items, most popular first, streamed."""
    asked = _ITEMS.order_by(item.c.popularity.desc(), item.c.sku)
    for row in conn.execution_options(yield_per=STREAM_ROWS).execute(asked):
        yield _item(row)


def count_items(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(item)).scalar_one())


def put_prices(unit: Unit, zone: str, prices: Sequence[PriceDoc]) -> None:
    bulk.put(unit, price, [{"zone": zone} | msgspec.structs.asdict(one) for one in prices])


def price_at(conn: Connection, zone: str, skus: Sequence[str], at_ms: int) -> dict[str, PriceDoc]:
    """The price in force of each SKU that has one."""
    rows = conn.execute(
        select(price)
        .where(price.c.zone == zone, price.c.sku.in_(list(skus)), price.c.from_ms <= at_ms)
        .order_by(price.c.sku, price.c.from_ms)
    )
    return {row.sku: _price(row) for row in rows}


def put_quick_keys(unit: Unit, store: str, keys: Sequence[tuple[str, int, str, str]]) -> None:
    """(page, position, sku, label) of each key."""
    rows = [{"store": store, "page": page, "pos": pos, "sku": sku, "label": label} for page, pos, sku, label in keys]
    bulk.put(unit, quick_key, rows)


def _item(row: Row[tuple[object, ...]]) -> ItemDoc:
    return ItemDoc(
        Sku(row.sku), row.name, row.dept, row.tax_class, tuple(Gtin(code) for code in row.gtins.split(",") if code),
        row.brand, row.size, row.unit, row.popularity, more_of(row.more or ""),
    )  # fmt: skip


def _price(row: Row[tuple[object, ...]]) -> PriceDoc:
    return PriceDoc(Sku(row.sku), row.price_minor, row.currency, row.from_ms, row.book)


def _place(row: Row[tuple[object, ...]]) -> PlaceRow:
    return PlaceRow(
        row.place_id, row.kind, row.name, row.zone, row.timezone, row.currency, row.lang,
        tuple(filter(None, row.receipt_header.split("\n"))), tuple(filter(None, row.receipt_footer.split("\n"))),
        row.cash_rounding_minor,
    )  # fmt: skip
