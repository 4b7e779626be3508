"""The sale that waits at its card terminal while another one is in front, and what becomes of either row."""

import msgspec

from pos_app.storage import sales
from retail_core.domain.ids import SaleId
from retail_core.domain.saledata import SaleData
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step

WAITING_STEP: Step = (
    "CREATE TABLE waiting_sale (one INTEGER PRIMARY KEY CHECK (one = 1), sale_id TEXT NOT NULL, data BLOB NOT NULL)",
)
_OF_SALE = "CAST(data AS TEXT) ->> '$.sale_id' = ?"


def put(conn: Connection, data: SaleData | None) -> None:
    """Keep the sale that waits, or forget it."""
    if data is None:
        conn.execute("DELETE FROM waiting_sale")
    else:
        conn.execute(
            "INSERT OR REPLACE INTO waiting_sale (one, sale_id, data) VALUES (1, ?, ?)",
            (data.sale_id, msgspec.json.encode(data)),
        )


def read(conn: Connection) -> SaleData | None:
    """The sale that waited when the till stopped."""
    row = conn.execute("SELECT data FROM waiting_sale").fetchone()
    return msgspec.json.decode(row[0], type=SaleData) if row else None


def change_places(conn: Connection, coming: SaleData | None, going: SaleData | None) -> None:
    """In the caller's transaction: `coming` is the open basket from now on, and `going` waits."""
    sales.put_basket(conn, coming)
    put(conn, going)


def forget(conn: Connection, sale_id: SaleId) -> None:
    """A sale is paid: wherever it stood, it stands there no more; the other one stays."""
    conn.execute(f"DELETE FROM basket WHERE {_OF_SALE}", (sale_id,))  # noqa: S608 - our own words
    conn.execute("DELETE FROM waiting_sale WHERE sale_id = ?", (sale_id,))
