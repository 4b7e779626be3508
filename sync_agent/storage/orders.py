"""Offered orders and the store role's decisions about them, journalled in store.db and shown in link.db."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import Action, OrderDoc, State, apply
from retail_core.durable.engine import transaction
from retail_core.durable.journal import Journal, Stamp
from sync_agent.storage.files import Files

AGENT_ACTOR = "store-role"


def offered(files: Files) -> Sequence[OrderDoc]:
    """Orders that HQ offers to this store and nobody has accepted, as link.db shows them."""
    rows = files.link.execute("SELECT doc FROM orders WHERE state = ? ORDER BY number", (State.OFFERED.value,))
    return [msgspec.json.decode(doc, type=OrderDoc) for (doc,) in rows]


def decided(files: Files, order: OrderDoc) -> OrderDoc | None:
    """The order as this store role left it, when it decided on exactly this version."""
    row = files.store.execute(
        "SELECT doc FROM decided WHERE order_id = ? AND order_v = ?", (order.order_id, order.order_v)
    ).fetchone()
    return msgspec.json.decode(row[0], type=OrderDoc) if row else None


def accept(files: Files, journal: Journal, order: OrderDoc, stamp: Stamp) -> OrderDoc | None:
    """Journal the acceptance and remember it in one transaction; None for an order that cannot be accepted."""
    try:
        accepted = apply(order, Action.ACCEPT)
    except RuleViolationError:
        return None
    event = FulfilmentEvent(FulfilmentFact.ACCEPTED, order.order_id, accepted.order_v)
    with journal.transaction(files.store_path):
        journal.append(event, stamp)
        files.store.execute(
            "INSERT OR REPLACE INTO decided (order_id, order_v, doc) VALUES (?,?,?)",
            (order.order_id, order.order_v, msgspec.json.encode(accepted)),
        )
    return accepted


def show(files: Files, orders: Sequence[OrderDoc]) -> None:
    """Let the till see decisions that HQ's feed does not show yet; a newer version there stays."""
    with transaction(files.link, files.link_path):
        for order in orders:
            files.link.execute(
                "UPDATE orders SET state = ?, order_v = ?, doc = ? WHERE order_id = ? AND order_v < ?",
                (order.state.value, order.order_v, msgspec.json.encode(order), order.order_id, order.order_v),
            )
