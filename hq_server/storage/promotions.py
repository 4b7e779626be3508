"""Promotions as HQ keeps them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, Row, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import promotion
from retail_core.domain.promotions.model import Promotion


class PromotionRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """A promotion and where it holds; no store named means every store, those opened later too."""

    promotion: Promotion
    stores: tuple[str, ...] = ()
    ended: bool = False
    changed_ms: int = 0


def put(unit: Unit, row: PromotionRow) -> None:
    stored = {
        "promo_id": row.promotion.promo_id, "doc": msgspec.json.encode(row.promotion).decode(),
        "stores": " ".join(row.stores), "ended": row.ended, "changed_ms": row.changed_ms,
    }  # fmt: skip
    bulk.put(unit, promotion, [stored])


def find(conn: Connection, promo_id: str) -> PromotionRow | None:
    found = conn.execute(select(promotion).where(promotion.c.promo_id == promo_id)).one_or_none()
    return _row(found) if found else None


def all_of(conn: Connection) -> Sequence[PromotionRow]:
    """Every promotion there ever was, the newest first."""
    rows = conn.execute(select(promotion).order_by(promotion.c.changed_ms.desc(), promotion.c.promo_id))
    return [_row(row) for row in rows]


def in_force(conn: Connection, store: str | None) -> Sequence[Promotion]:
    """Those published to a store; with no store named, those published to every one."""
    rows = conn.execute(select(promotion).where(promotion.c.ended.is_(False)).order_by(promotion.c.promo_id))
    found = [_row(row) for row in rows]
    return [one.promotion for one in found if not one.stores or store in one.stores]


def _row(row: Row[tuple[object, ...]]) -> PromotionRow:
    doc = msgspec.json.decode(row.doc, type=Promotion)
    return PromotionRow(doc, tuple(row.stores.split()), row.ended, row.changed_ms)
