"""Tax classes: the rate nobody gave a day, and those that begin with one."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import tax, tax_from
from retail_core.durable.taxes import ALWAYS, DatedRate, TaxDoc


def put_taxes(unit: Unit, docs: Sequence[TaxDoc]) -> None:
    """The rates that have no day."""
    rows = [
        {"tax_class": one.tax_class, "name": one.name, "rate_ppm": one.rate_ppm, "included": one.included}
        for one in docs
    ]
    bulk.put(unit, tax, rows)


def put_dated(unit: Unit, tax_class: str, rates: Sequence[DatedRate]) -> None:
    bulk.put(unit, tax_from, [{"tax_class": tax_class} | msgspec.structs.asdict(one) for one in rates])


def drop_dated(unit: Unit, tax_class: str, first: str, last: str) -> int:
    """Rates that begin on one of these days go. Returns how many there were."""
    mine = (tax_from.c.tax_class == tax_class) & tax_from.c.valid_from.between(first, last)
    return unit.conn.execute(delete(tax_from).where(mine)).rowcount


def classes(conn: Connection) -> frozenset[str]:
    return frozenset(conn.execute(select(tax.c.tax_class)).scalars())


def taxes(conn: Connection) -> Sequence[TaxDoc]:
    """Every class with every rate it has by day. The plain fields are the rate without one, which came first."""
    dated: dict[str, list[DatedRate]] = {}
    for row in conn.execute(select(tax_from).order_by(tax_from.c.tax_class, tax_from.c.valid_from)):
        rate = DatedRate(row.valid_from, row.name, row.rate_ppm, row.included)
        dated.setdefault(row.tax_class, []).append(rate)
    found: list[TaxDoc] = []
    for row in conn.execute(select(tax).order_by(tax.c.tax_class)):
        first = DatedRate(ALWAYS, row.name, row.rate_ppm, row.included)
        mine = (first, *dated[row.tax_class]) if row.tax_class in dated else ()
        found.append(TaxDoc(row.tax_class, row.name, row.rate_ppm, row.included, mine))
    return found
