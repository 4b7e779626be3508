"""Baskets that were put aside for a while, on this till."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.saledata import SaleData
from retail_core.durable.engine import Connection


class Parked(msgspec.Struct, frozen=True):
    """A basket put aside: when, by whom, and what it came to then."""

    sale_id: str
    at_ms: int
    operator: str
    units: int
    total_minor: int
    first: str  # the name of its first item, so that people find it again
    till: str = ""  # the register it was put aside on, when that is another one


def put(conn: Connection, parked: Parked, data: SaleData) -> None:
    conn.execute(
        "INSERT INTO parked (sale_id, at_ms, operator, units, total_minor, first, data) VALUES (?,?,?,?,?,?,?)",
        (*msgspec.structs.astuple(parked)[:6], msgspec.json.encode(data)),
    )


def listed(conn: Connection) -> Sequence[Parked]:
    """The oldest first."""
    rows = conn.execute(
        "SELECT sale_id, at_ms, operator, units, total_minor, first FROM parked ORDER BY at_ms, sale_id"
    )
    return [Parked(*row) for row in rows]


def take(conn: Connection, sale_id: str) -> tuple[SaleData, int] | None:
    """The basket, which is no longer put aside then, and when it was put; None when it is not there."""
    row = conn.execute("SELECT data, at_ms FROM parked WHERE sale_id = ?", (sale_id,)).fetchone()
    if row is None:
        return None
    conn.execute("DELETE FROM parked WHERE sale_id = ?", (sale_id,))
    return msgspec.json.decode(row[0], type=SaleData), row[1]


def forget(conn: Connection, sale_ids: Sequence[str]) -> None:
    """Baskets that were taken up on another till."""
    conn.executemany("DELETE FROM parked WHERE sale_id = ?", [(sale_id,) for sale_id in sale_ids])
