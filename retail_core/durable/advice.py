"""What goes with an item, as it lies in link.db."""

import msgspec

from retail_core.domain.suggestions import OftenWith
from retail_core.durable.engine import Connection


def read_often_with(conn: Connection, sku: str) -> OftenWith | None:
    """What is often bought with an item; None when nobody said, or in a way of tomorrow."""
    row = conn.execute("SELECT doc FROM document WHERE kind = 'often_with' AND key = ?", (sku,)).fetchone()
    try:
        return msgspec.json.decode(row[0], type=OftenWith) if row else None
    except msgspec.DecodeError:
        return None
