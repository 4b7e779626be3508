"""Which event of a store is which receipt, so that its lines are found when a till of another store asks for them."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.streams import key_of
from hq_server.storage.tables import event, receipt_event
from retail_core.domain.events import SaleCompleted
from retail_core.wire.envelope import Entry


def note(unit: Unit, store: str, sold: Sequence[tuple[Entry, SaleCompleted]]) -> None:
    """Remember where each is; the first one of a number stays."""
    rows: list[bulk.Row] = [
        {"store": store, "receipt": sale.receipt, "event_id": key_of(entry)} for entry, sale in sold
    ]
    bulk.insert_new(unit, receipt_event, rows)


def fact_of(conn: Connection, store: str, receipt: str) -> tuple[bytes, int] | None:
    """Body and time of the sale a receipt is of."""
    asked = (
        select(event.c.body, event.c.at_ms)
        .join(receipt_event, (receipt_event.c.store == event.c.store) & (receipt_event.c.event_id == event.c.id))
        .where(receipt_event.c.store == store, receipt_event.c.receipt == receipt)
    )
    row = conn.execute(asked).one_or_none()
    return None if row is None else (row.body, row.at_ms)
