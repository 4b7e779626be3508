"""What customers bought lately, store by store, for the tills of that store: only of who agreed to it, and only there."""

from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import customers, feed
from hq_server.storage.database import Unit
from retail_core.domain.bought import Bought, BoughtOnce, bought_once, with_sales
from retail_core.domain.customers import Purpose
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import CustomerId
from retail_core.durable.customers import BOUGHT


def note(hq: Hq, unit: Unit, store: str, sold: Sequence[tuple[SaleCompleted, int]]) -> None:
    """Add new sales of one store to what it is told of their customers."""
    by_customer: dict[CustomerId, list[BoughtOnce]] = {}
    for sale, at_ms in sold:
        if sale.customer:
            by_customer.setdefault(sale.customer, []).append(bought_once(sale, at_ms))
    scope = feed.store_scope(store)
    changes: list[feed.Change] = []
    for customer_id in sorted(by_customer):
        row = customers.find(unit.conn, customer_id)
        if row is None or row.erased or not row.customer.agreed(Purpose.LOYALTY):
            continue
        told = feed.doc_of(unit.conn, scope, BOUGHT, customer_id)
        before = msgspec.json.decode(told, type=Bought) if told else Bought()
        changes.append(feed.Change(BOUGHT, customer_id, with_sales(before, by_customer[customer_id])))
    if changes:
        feed.publish(unit, scope, changes, hq.clock.now_ms())


def forget(hq: Hq, unit: Unit, customer_id: str) -> None:
    """Take it back from every store that was told."""
    for scope in feed.scopes_with(unit.conn, BOUGHT, customer_id):
        feed.publish(unit, scope, [feed.Change(BOUGHT, customer_id, None)], hq.clock.now_ms())
