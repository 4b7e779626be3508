"""Recalls and the rules of stores for their goods, as HQ keeps them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, func, or_, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import goods_rules, recall, stock_move
from retail_core.domain.goods import Recall, same_mark
from retail_core.durable.link import GoodsRulesDoc

RULES = "rules"
SALE = "sale"  # reason of the movements a sale implies


class RecallRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recall and where it holds; no store named means every store, those opened later too."""

    recall: Recall
    stores: tuple[str, ...] = ()
    lifted: bool = False
    changed_ms: int = 0


class SoldUnits(msgspec.Struct, frozen=True):
    """A line of a sale of a recalled item. `lot` and `serial` are empty where no label told them."""

    store: str
    receipt: str
    at_ms: int
    sku: str
    qty_milli: int
    lot: str
    serial: str


def put_recall(unit: Unit, row: RecallRow) -> None:
    stored = {
        "number": row.recall.number, "sku": row.recall.sku, "doc": msgspec.json.encode(row.recall).decode(),
        "stores": " ".join(row.stores), "lifted": row.lifted, "changed_ms": row.changed_ms,
    }  # fmt: skip
    bulk.put(unit, recall, [stored])


def recall_of(conn: Connection, number: str, sku: str) -> RecallRow | None:
    found = conn.execute(select(recall).where(recall.c.number == number, recall.c.sku == sku)).one_or_none()
    return _recall(found) if found else None


def recalls_of(conn: Connection, number: str) -> Sequence[RecallRow]:
    """The items of one recall."""
    return [
        _recall(row) for row in conn.execute(select(recall).where(recall.c.number == number).order_by(recall.c.sku))
    ]


def recalls(conn: Connection) -> Sequence[RecallRow]:
    """Every recall ever published, the newest first."""
    return [
        _recall(row)
        for row in conn.execute(select(recall).order_by(recall.c.changed_ms.desc(), recall.c.number, recall.c.sku))
    ]


def sold(conn: Connection, recalled: Recall, limit: int) -> Sequence[SoldUnits]:
    """Sales of recalled units, newest first."""
    move = stock_move.c
    asked = select(stock_move).where(move.sku == recalled.sku, move.reason == SALE)
    if recalled.lots or recalled.serials:
        lots, serials = (list(map(same_mark, marks)) for marks in (recalled.lots, recalled.serials))
        asked = asked.where(or_(func.lower(move.lot).in_(lots), func.lower(move.serial).in_(serials)))
    rows = conn.execute(asked.order_by(move.at_ms.desc(), move.store, move.document, move.n).limit(limit))
    return [SoldUnits(r.store, r.document, r.at_ms, r.sku, r.qty_milli, r.lot, r.serial) for r in rows]


def sold_untold_milli(conn: Connection, recalled: Recall) -> int:
    """Thousandths sold of which no label told what the recall asks for: recalled ones may be among them."""
    move = stock_move.c
    missing = [column == "" for column, marks in ((move.lot, recalled.lots), (move.serial, recalled.serials)) if marks]
    if not missing:
        return 0
    here = select(func.sum(move.qty_milli)).where(move.sku == recalled.sku, move.reason == SALE, *missing)
    return int(conn.execute(here).scalar() or 0)


def put_rules(unit: Unit, store: str, rules: GoodsRulesDoc) -> None:
    doc = msgspec.json.encode(rules).decode()
    bulk.put(unit, goods_rules, [{"store": store, "kind": RULES, "doc": doc}])


def rules_of(conn: Connection, store: str) -> GoodsRulesDoc:
    """The rules of a store; those of a store nobody set any for are empty."""
    here = (goods_rules.c.store == store) & (goods_rules.c.kind == RULES)
    found = conn.execute(select(goods_rules.c.doc).where(here)).scalar_one_or_none()
    return msgspec.json.decode(found, type=GoodsRulesDoc) if found else GoodsRulesDoc()


def _recall(row: Row[tuple[object, ...]]) -> RecallRow:
    return RecallRow(
        msgspec.json.decode(str(row.doc), type=Recall), tuple(row.stores.split()), bool(row.lifted), row.changed_ms
    )
