"""Counted shelves: every count ever made, which of them holds for a SKU, and what it makes of the books.

The ledger of movements is never changed by a count. `shelf.adjust_milli` stands beside it: sellable = movements + adjust.
"""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, or_, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import event, shelf, stock_count, stock_move, stream_entry
from retail_core.domain.counting import Change, Count, Place, change_of
from retail_core.domain.events import StockCounted
from retail_core.domain.ids import Sku
from retail_core.domain.stock import StockMovement, StockState

MOST_COUNTS = 200
"""Of one SKU at one place; an older one than so many others holds no more, whatever arrives."""
SELLABLE = StockState.SELLABLE.value


class Held(msgspec.Struct, frozen=True):
    """The count that holds for a SKU, and what it makes of the balance."""

    event_id: str
    count: Count
    adjust_milli: int
    recount: bool


def any_counted(conn: Connection, store: str) -> bool:
    """False for a place where nothing was ever counted, which is all that a batch there has to ask."""
    return bool(conn.execute(select(exists().where(shelf.c.store == store))).scalar())


def keep(unit: Unit, store: str, counted: Sequence[tuple[str, Count]]) -> None:
    """Write counts down under their events' ids."""
    rows: list[bulk.Row] = [
        {
            "store": store, "sku": count.counted.sku, "event_id": event_id,
            "node": count.place.stream.partition("/")[0], "epoch": count.place.stream.partition("/")[2],
            "seq": count.place.seq, "at_ms": count.place.at_ms, "count_id": count.counted.count_id,
            "counted_ms": count.counted.at_ms, "qty_milli": count.counted.qty_milli,
            "cut": msgspec.json.encode(count.counted.cut).decode(),
        }
        for event_id, count in counted
    ]  # fmt: skip
    bulk.insert_new(unit, stock_count, rows)


def counts_of(conn: Connection, store: str, sku: str) -> Mapping[str, Count]:
    """The newest counts of one SKU by their events' ids."""
    here = (stock_count.c.store == store) & (stock_count.c.sku == sku)
    newest = stock_count.c.counted_ms.desc(), stock_count.c.event_id
    return {
        row.event_id: _count(row)
        for row in conn.execute(select(stock_count).where(here).order_by(*newest).limit(MOST_COUNTS))
    }


def held(conn: Connection, store: str, skus: Sequence[str]) -> Mapping[str, Held]:
    """The counts that hold, of those of `skus` that were ever counted here."""
    found: dict[str, Held] = {}
    same = and_(
        stock_count.c.store == shelf.c.store,
        stock_count.c.sku == shelf.c.sku,
        stock_count.c.event_id == shelf.c.event_id,
    )
    asked = select(stock_count, shelf.c.adjust_milli, shelf.c.recount).select_from(shelf).join(stock_count, same)
    for start in range(0, len(skus), bulk.MAX_IN):
        part = asked.where(shelf.c.store == store, shelf.c.sku.in_(skus[start : start + bulk.MAX_IN]))
        for row in conn.execute(part):
            found[row.sku] = Held(row.event_id, _count(row), row.adjust_milli, row.recount)
    return found


def put_held(unit: Unit, store: str, shelves: Mapping[str, Held], now_ms: int) -> None:
    rows = [
        {
            "store": store, "sku": sku, "event_id": one.event_id, "adjust_milli": one.adjust_milli,
            "recount": one.recount, "changed_ms": now_ms,
        }
        for sku, one in shelves.items()
    ]  # fmt: skip
    bulk.put(unit, shelf, rows)


def changes_not_surely_before(conn: Connection, store: str, count: Count, doubt_ms: int) -> Sequence[Change]:
    """What moved the shelf and is not, by number and by time, part of the counted figure beyond all doubt."""
    move, at, made = stock_move.c, stream_entry.c, event.c
    counted = count.counted
    later: list[ColumnElement[bool]] = [made.at_ms + made.clock_ms >= counted.at_ms - doubt_ms]
    for stream, through in counted.cut.items():
        node, _, epoch = stream.partition("/")
        later.append(and_(made.node == node, made.epoch == epoch, made.seq > through))
    asked = (
        select(
            made.id, made.node, made.epoch, made.seq, (made.at_ms + made.clock_ms).label("time_ms"),
            move.n, move.from_state, move.to_state, move.qty_milli,
        )
        .select_from(stock_move)
        .join(stream_entry, and_(at.store == move.store, at.node == move.node, at.epoch == move.epoch, at.seq == move.seq))
        .join(event, and_(made.store == at.store, made.id == at.id))
        .where(
            move.store == store, move.sku == counted.sku, or_(move.from_state == SELLABLE, move.to_state == SELLABLE), or_(*later)
        )
        .order_by(made.id, move.n)
    )  # fmt: skip
    places: dict[str, Place] = {}
    moved: dict[str, list[StockMovement]] = {}
    for row in conn.execute(asked):
        places[row.id] = Place(f"{row.node}/{row.epoch}", row.seq, row.time_ms)
        ways = StockState(row.from_state), StockState(row.to_state)
        moved.setdefault(row.id, []).append(StockMovement(row.n, counted.sku, row.qty_milli, *ways, ""))
    return [change_of(place, moved[event_id]) for event_id, place in places.items()]


def adjustments(conn: Connection) -> Mapping[tuple[str, str], int]:
    """What counts make of sellable stock beyond the movements, by (store, sku)."""
    rows = conn.execute(select(shelf.c.store, shelf.c.sku, shelf.c.adjust_milli).where(shelf.c.adjust_milli != 0))
    return {(row.store, row.sku): row.adjust_milli for row in rows}


def _count(row: Row[tuple[object, ...]]) -> Count:
    cut = msgspec.json.decode(row.cut, type=dict[str, int])
    counted = StockCounted(Sku(row.sku), row.qty_milli, row.count_id, row.counted_ms, cut)
    return Count(Place(f"{row.node}/{row.epoch}", row.seq, row.at_ms), counted)
