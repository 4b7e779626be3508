"""Recalls and the rules of stores for their goods, as HQ keeps them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import goods_rules, recall
from retail_core.domain.goods import Recall
from retail_core.durable.link import GoodsRulesDoc

RULES = "rules"


class RecallRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A recall and where it holds; no store named means every store, those opened later too."""

    recall: Recall
    stores: tuple[str, ...] = ()
    lifted: bool = False
    changed_ms: int = 0


def put_recall(unit: Unit, row: RecallRow) -> None:
    stored = {
        "number": row.recall.number, "sku": row.recall.sku, "doc": msgspec.json.encode(row.recall).decode(),
        "stores": " ".join(row.stores), "lifted": row.lifted, "changed_ms": row.changed_ms,
    }  # fmt: skip
    bulk.put(unit, recall, [stored])


def recall_of(conn: Connection, number: str) -> RecallRow | None:
    found = conn.execute(select(recall).where(recall.c.number == number)).one_or_none()
    return _recall(found) if found else None


def recalls(conn: Connection) -> Sequence[RecallRow]:
    """Every recall ever published, the newest first."""
    return [_recall(row) for row in conn.execute(select(recall).order_by(recall.c.changed_ms.desc(), recall.c.number))]


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
