"""What suggestions are made of: baskets of goods as they were sold, and what a store has of them."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.tables import item, sale, sale_line, stock
from retail_core.domain.ids import Sku

ROWS_AT_ONCE = 10_000


def baskets(conn: Connection, since_ms: int, most: int) -> Iterator[list[Sku]]:
    """The newest `most` sales of all stores since, each as the items that were bought; what came back is not among them."""
    newest = (
        select(sale.c.store, sale.c.sale_id)
        .where(sale.c.at_ms >= since_ms, sale.c.total_minor > 0)
        .order_by(sale.c.at_ms.desc(), sale.c.sale_id)
        .limit(most)
        .subquery()
    )
    lines = (
        select(sale_line.c.store, sale_line.c.sale_id, sale_line.c.sku)
        .join(newest, (newest.c.store == sale_line.c.store) & (newest.c.sale_id == sale_line.c.sale_id))
        .join(item, item.c.sku == sale_line.c.sku)
        .where(sale_line.c.amount_minor > 0)
        .order_by(sale_line.c.store, sale_line.c.sale_id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for _, rows in groupby(conn.execute(lines), key=itemgetter(0, 1)):
        yield [Sku(row[2]) for row in rows]


def sellable(conn: Connection, store: str, skus: Sequence[str]) -> dict[str, int]:
    """What a store has of these that nobody was promised, in thousandths."""
    found: dict[str, int] = {}
    for start in range(0, len(skus), bulk.MAX_IN):
        part = skus[start : start + bulk.MAX_IN]
        asked = select(stock.c.sku, stock.c.sellable, stock.c.committed)
        for row in conn.execute(asked.where(stock.c.store == store, stock.c.sku.in_(part))):
            found[row.sku] = row.sellable - row.committed
    return found
