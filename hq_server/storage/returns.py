"""What came back of receipts, in whichever store, beside what was sold on them."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import ARRAY, Connection, Text, any_, func, literal, select

from hq_server.storage import bulk
from hq_server.storage.tables import place, returned_line, sale, sale_line
from retail_core.domain.returns import Part, ReturnReason

Line = tuple[str, int]
"""A receipt's number and the line on it."""


class Back(msgspec.Struct, frozen=True):
    """Everything that came back of a line; `stores` took it back."""

    part: Part
    sku: str
    stores: tuple[str, ...]


def came_back(conn: Connection, receipts: Sequence[str]) -> Mapping[Line, Back]:
    """By line; what came back without a receipt's line is nobody's."""
    line = returned_line.c
    rows = conn.execute(
        select(
            line.store, line.receipt, line.line_n, line.sku, func.sum(line.qty_milli).label("qty"),
            func.sum(line.amount_minor).label("minor"),
        )
        .where(line.store.in_(select(place.c.place_id)), line.receipt.in_(list(receipts)), line.line_n > 0)
        .group_by(line.store, line.receipt, line.line_n, line.sku)
        .order_by(line.store)
    )  # fmt: skip
    found: dict[Line, Back] = {}
    for row in rows:
        at = (row.receipt, row.line_n)
        before = found.get(at, Back(Part(0, 0), row.sku, ()))
        part = before.part + Part(int(row.qty), -int(row.minor))
        found[at] = Back(part, row.sku, (*before.stores, row.store))
    return found


def came_back_first(conn: Connection, store: str, receipts: Sequence[str]) -> Sequence[str]:
    """Those of a store's receipts of which something came back in it already."""
    if (
        conn.dialect.name == "postgresql"
    ):  # a list of hundreds of places would be read, planned and filled in anew each time
        here = returned_line.c.store == store
        among = returned_line.c.receipt == any_(literal(list(receipts), ARRAY(Text)))
        return list(conn.execute(select(returned_line.c.receipt).where(here, among).distinct()).scalars())
    found: list[str] = []
    for start in range(0, len(receipts), bulk.MAX_IN):
        part = receipts[start : start + bulk.MAX_IN]
        asked = select(returned_line.c.receipt).where(returned_line.c.store == store, returned_line.c.receipt.in_(part))
        found += conn.execute(asked.distinct()).scalars()
    return found


def voided_by(conn: Connection, receipt: str) -> str:
    """The receipt that reversed this one whole; empty when none did."""
    line = returned_line.c
    asked = (
        select(sale.c.receipt)
        .join(returned_line, (line.store == sale.c.store) & (line.sale_id == sale.c.sale_id))
        .where(
            line.store.in_(select(place.c.place_id)), line.receipt == receipt,
            line.reason == ReturnReason.POST_VOID.value,
        )
    )  # fmt: skip
    return conn.execute(asked.limit(1)).scalar_one_or_none() or ""


def sold(conn: Connection, store: str, receipts: Sequence[str]) -> Mapping[Line, int]:
    """How many thousandths were sold on each line of a store's receipts; lines that came back on them are none."""
    rows = conn.execute(
        select(sale.c.receipt, sale_line.c.n, sale_line.c.qty_milli)
        .join(sale_line, (sale_line.c.store == sale.c.store) & (sale_line.c.sale_id == sale.c.sale_id))
        .where(sale.c.store == store, sale.c.receipt.in_(list(receipts)))
    )
    return {(row.receipt, row.n): row.qty_milli for row in rows}
