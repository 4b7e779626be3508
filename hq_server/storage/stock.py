"""The stock ledger and its cached balances, which every writer changes in the same transaction as the movements."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Row, and_, func, select, union_all, update

from hq_server.storage import bulk, counts
from hq_server.storage.database import Unit
from hq_server.storage.tables import BUCKETS, item, shelf, stock, stock_count, stock_move
from retail_core.domain.stock import StockMovement, StockState

SELLABLE = StockState.SELLABLE.value
MOVE = (
    "store", "node", "epoch", "seq", "n", "sku", "lot", "serial", "from_state", "to_state", "qty_milli", "reason",
    "document", "actor", "at_ms", "recorded_ms",
)  # fmt: skip
_IS_BUCKET = frozenset(BUCKETS)
BALANCES = tuple(stock.c[bucket] for bucket in BUCKETS)


class Balance(msgspec.Struct, frozen=True):
    """What one place has of one SKU, in thousandths. Negative figures are true and somebody's task.

    `counted_ms`: when the count was made that holds, 0 without one; `recount`: so much moved so near to it that only
    another count can tell.
    """

    store: str
    sku: str
    sellable: int = 0
    picked: int = 0
    quality: int = 0
    damaged: int = 0
    display: int = 0
    in_transit: int = 0
    committed: int = 0
    floor: int = 0
    counted_ms: int = 0
    recount: bool = False

    @property
    def promisable(self) -> int:
        """May be promised now, before ages are thought of. Picked goods are physically here and already committed."""
        return max(0, self.sellable + self.picked - self.committed - self.floor)


class MovedFrom(msgspec.Struct, frozen=True):
    """The stream position by which an event came here first: with `n` it is the movement's key.

    Not the event's origin: a till put back from an old copy uses origin positions a second time.
    """

    node: str
    epoch: str
    seq: int
    actor: str
    at_ms: int


def move(
    unit: Unit,
    store: str,
    moves: Sequence[tuple[MovedFrom, StockMovement]],
    now_ms: int,
    counted: Collection[str] = (),
) -> Sequence[tuple[str, int]]:
    """Write movements of events not applied before, and their balances. Returns (sku, sellable) of what is below zero.

    The balances of `counted` SKUs are made and locked in the same go, and not changed.
    """
    if not moves and not counted:
        return ()
    rows = [_move_row(store, origin, movement, now_ms) for origin, movement in moves]
    bulk.insert_values(unit, stock_move, MOVE, rows)
    deltas = _deltas(movement for _, movement in moves)
    for sku in counted:
        deltas.setdefault(sku, {}).setdefault(SELLABLE, 0)
    return keep_balances(unit, store, deltas)


def keep_balances(unit: Unit, store: str, deltas: Mapping[str, Mapping[str, int]]) -> Sequence[tuple[str, int]]:
    """Add to cached balances, once per SKU. Returns (sku, sellable) of what went down and is below zero now."""
    touched = set[str]().union(*deltas.values())
    changed = [bucket for bucket in BUCKETS if bucket in touched]
    rows = [{"store": store, "sku": sku, **{b: delta.get(b, 0) for b in changed}} for sku, delta in deltas.items()]
    debts = bulk.add_up(unit, stock, rows, changed, SELLABLE if SELLABLE in changed else "")
    return [(str(row["sku"]), int(row[SELLABLE] or 0)) for row in debts if deltas[str(row["sku"])].get(SELLABLE, 0) < 0]


def balances(conn: Connection, skus: Sequence[str], store: str | None = None) -> Sequence[Balance]:
    """Balances of a few SKUs, at one place or at all, in the order of place and SKU."""
    holds = and_(shelf.c.store == stock.c.store, shelf.c.sku == stock.c.sku)
    made = and_(
        stock_count.c.store == shelf.c.store,
        stock_count.c.sku == shelf.c.sku,
        stock_count.c.event_id == shelf.c.event_id,
    )
    asked = select(stock, shelf.c.recount, stock_count.c.counted_ms).where(stock.c.sku.in_(list(skus)))
    asked = asked.select_from(stock.outerjoin(shelf, holds).outerjoin(stock_count, made))
    if store is not None:
        asked = asked.where(stock.c.store == store)
    return [_balance(row) for row in conn.execute(asked.order_by(stock.c.store, stock.c.sku))]


def commit_stock(unit: Unit, store: str, sku: str, qty_milli: int) -> bool:
    """Promise a quantity if it can be: one conditional statement, so two buyers cannot both have the last one."""
    free = stock.c.sellable + stock.c.picked - stock.c.committed - stock.c.floor
    here = (stock.c.store == store) & (stock.c.sku == sku) & (free >= qty_milli)
    return unit.conn.execute(update(stock).where(here).values(committed=stock.c.committed + qty_milli)).rowcount == 1


def uncommit_stock(unit: Unit, store: str, sku: str, qty_milli: int) -> None:
    """Give a promise back. The table's own check refuses to go below zero."""
    here = (stock.c.store == store) & (stock.c.sku == sku)
    unit.conn.execute(update(stock).where(here).values(committed=stock.c.committed - qty_milli))


def differences(conn: Connection) -> Sequence[tuple[str, str, str, int, int]]:
    """(store, sku, bucket, cached, by ledger and counts) wherever the two differ; empty is the only right answer."""
    found: list[tuple[str, str, str, int, int]] = []
    ledger = _ledger(conn)
    for (store, sku), adjust in counts.adjustments(conn).items():
        ledger[store, sku, SELLABLE] = ledger.get((store, sku, SELLABLE), 0) + adjust
    cached = {
        (row.store, row.sku, bucket): getattr(row, bucket)
        for row in conn.execute(select(stock.c.store, stock.c.sku, *BALANCES))
        for bucket in BUCKETS
    }
    for store, sku, bucket in sorted(cached.keys() | ledger.keys()):
        have, should = cached.get((store, sku, bucket), 0), ledger.get((store, sku, bucket), 0)
        if have != should:
            found.append((store, sku, bucket, have, should))
    return found


def committed(conn: Connection) -> dict[tuple[str, str], int]:
    """What is promised by (store, sku), where anything is."""
    rows = conn.execute(select(stock.c.store, stock.c.sku, stock.c.committed).where(stock.c.committed != 0))
    return {(row.store, row.sku): row.committed for row in rows}


def units_moved(conn: Connection, reason: str) -> int:
    """Thousandths that all movements of one reason moved."""
    total = conn.execute(select(func.sum(stock_move.c.qty_milli)).where(stock_move.c.reason == reason)).scalar()
    return int(total or 0)


def most_promised(conn: Connection) -> str | None:
    """The SKU with the most open promises, or else the most popular item."""
    promised = (
        select(stock.c.sku)
        .where(stock.c.committed > 0)
        .group_by(stock.c.sku)
        .order_by(func.sum(stock.c.committed).desc(), stock.c.sku)
        .limit(1)
    )
    found = conn.execute(promised).scalar()
    if found is not None:
        return found
    popular = select(item.c.sku).order_by(item.c.popularity.desc(), item.c.sku).limit(1)
    return conn.execute(popular).scalar()


def _ledger(conn: Connection) -> dict[tuple[str, str, str], int]:
    gone = select(
        stock_move.c.store,
        stock_move.c.sku,
        stock_move.c.from_state.label("bucket"),
        (-stock_move.c.qty_milli).label("q"),
    ).where(stock_move.c.from_state.in_(BUCKETS))
    come = select(
        stock_move.c.store, stock_move.c.sku, stock_move.c.to_state.label("bucket"), stock_move.c.qty_milli.label("q")
    ).where(stock_move.c.to_state.in_(BUCKETS))
    both = union_all(gone, come).subquery()
    rows = conn.execute(
        select(both.c.store, both.c.sku, both.c.bucket, func.sum(both.c.q)).group_by(
            both.c.store, both.c.sku, both.c.bucket
        )
    )
    return {(store, sku, bucket): int(total) for store, sku, bucket, total in rows}


def _deltas(movements: Iterable[StockMovement]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for movement in movements:
        of_sku = found.setdefault(movement.sku, {})
        for state, delta in ((movement.from_state, -movement.qty_milli), (movement.to_state, movement.qty_milli)):
            bucket = str(state)  # a plain text is hashed many times faster than a member
            if bucket in _IS_BUCKET:
                of_sku[bucket] = of_sku.get(bucket, 0) + delta
    return found


def _move_row(store: str, origin: MovedFrom, movement: StockMovement, now_ms: int) -> bulk.Values:
    return (
        store, origin.node, origin.epoch, origin.seq, movement.n, movement.sku, movement.lot or "", movement.serial or "",
        str(movement.from_state), str(movement.to_state), movement.qty_milli, movement.reason, movement.document,
        origin.actor, origin.at_ms, now_ms,
    )  # fmt: skip


def _balance(row: Row[tuple[object, ...]]) -> Balance:
    return Balance(
        row.store, row.sku, row.sellable, row.picked, row.quality, row.damaged, row.display, row.in_transit,
        row.committed, row.floor, row.counted_ms or 0, bool(row.recount),
    )  # fmt: skip
