"""Which stores have a customer: their home, and where they bought within 400 days, of those the MAX_STORES last."""

from collections.abc import Sequence

from hq_server.service.context import Hq
from hq_server.storage import customers
from hq_server.storage.customers import CustomerRow
from hq_server.storage.database import Unit

BOUGHT_WITHIN_MS = 400 * 86_400_000
MAX_STORES = 8


def elsewhere(hq: Hq, unit: Unit, row: CustomerRow) -> Sequence[str]:
    """Where a customer bought lately, the latest first."""
    return customers.stores_of(unit.conn, row.customer.customer_id, hq.clock.now_ms() - BOUGHT_WITHIN_MS, MAX_STORES)


def stores_with(hq: Hq, unit: Unit, row: CustomerRow) -> Sequence[str]:
    """Every store that has this customer, each once; none when they were erased."""
    return () if row.erased else tuple(dict.fromkeys([row.home_store, *elsewhere(hq, unit, row)]))
