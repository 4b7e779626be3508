"""Units that were sold by their tag or serial number, whichever store sold them, and which of them came back."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import place, returned_line, unit_sold
from retail_core.domain.events import SaleCompleted
from retail_core.domain.tagged import unit_keys


class UnitSold(msgspec.Struct, frozen=True):
    """One sale of one unit."""

    store: str
    receipt: str
    n: int


def keep(unit: Unit, store: str, sales: Sequence[SaleCompleted]) -> Sequence[str]:
    """Write down which units these sales sold; returns their `unit_keys`, each once."""
    rows: list[bulk.Row] = [
        {"epc": key, "store": store, "sale_id": sale.sale_id, "n": line.n, "receipt": sale.receipt}
        for sale in sales
        for line in sale.lines
        if not line.back
        for key in unit_keys(line.sku, line.serial, line.epc)
    ]
    bulk.insert_new(unit, unit_sold, rows)
    return list(dict.fromkeys(str(row["epc"]) for row in rows))


def sold_more_than_once(conn: Connection, epcs: Sequence[str]) -> Mapping[str, Sequence[UnitSold]]:
    """By key: the sales of these units from which they did not come back, where those are several."""
    found: dict[str, list[UnitSold]] = {}
    for start in range(0, len(epcs), bulk.MAX_IN):
        asked = select(unit_sold).where(unit_sold.c.epc.in_(epcs[start : start + bulk.MAX_IN]))
        for row in conn.execute(asked.order_by(unit_sold.c.store, unit_sold.c.receipt, unit_sold.c.n)):
            found.setdefault(row.epc, []).append(UnitSold(row.store, row.receipt, row.n))
    several = {epc: sold for epc, sold in found.items() if len(sold) > 1}
    back = _came_back(conn, sorted({one.receipt for sold in several.values() for one in sold}))
    gone = {epc: [one for one in sold if (one.receipt, one.n) not in back] for epc, sold in several.items()}
    return {epc: sold for epc, sold in gone.items() if len(sold) > 1}


def _came_back(conn: Connection, receipts: Sequence[str]) -> set[tuple[str, int]]:
    """Lines of these receipts of which something came back, in any store."""
    found: set[tuple[str, int]] = set()
    line = returned_line.c
    for start in range(0, len(receipts), bulk.MAX_IN):
        part = receipts[start : start + bulk.MAX_IN]
        asked = select(line.receipt, line.line_n).where(
            line.store.in_(select(place.c.place_id)), line.receipt.in_(part)
        )  # fmt: skip
        found.update((row.receipt, row.line_n) for row in conn.execute(asked))
    return found
