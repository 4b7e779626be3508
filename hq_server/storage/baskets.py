"""Baskets that were taken up again after they had been put aside, each by the till that was first."""

from collections.abc import Sequence

from sqlalchemy import select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import basket_taken
from retail_core.domain.events import BasketRecalled
from retail_core.wire.envelope import Entry


def taken(
    unit: Unit, store: str, recalls: Sequence[tuple[Entry, BasketRecalled]]
) -> list[tuple[Entry, BasketRecalled]]:
    """Keep the first taking up of each basket; returns those that came after another till's."""
    first = {_key(said): (entry.node, said.as_sale, entry.at) for entry, said in reversed(recalls)}
    rows = [
        {"store": store, "sale_id": sale_id, "put_ms": put_ms, "node": node, "as_sale": as_sale, "at_ms": at_ms}
        for (sale_id, put_ms), (node, as_sale, at_ms) in first.items()
    ]
    bulk.insert_new(unit, basket_taken, rows)
    found = unit.conn.execute(
        select(basket_taken.c.sale_id, basket_taken.c.put_ms, basket_taken.c.as_sale).where(
            basket_taken.c.store == store, basket_taken.c.sale_id.in_({sale_id for sale_id, _ in first})
        )
    )
    kept = {(row.sale_id, row.put_ms): row.as_sale for row in found}
    return [(entry, said) for entry, said in recalls if kept[_key(said)] != said.as_sale]


def _key(said: BasketRecalled) -> tuple[str, int]:
    return said.sale_id, said.put_ms
