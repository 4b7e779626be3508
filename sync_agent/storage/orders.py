"""Orders that wait for the store role and the store role's decisions about them, journalled in store.db and shown in link.db."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.events import ACTION_OF, FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import OrderDoc, State, apply
from retail_core.durable.engine import transaction
from retail_core.durable.journal import Journal, Stamp
from sync_agent.storage.files import Files

AGENT_ACTOR = "store-role"
MAX_AT_ONCE = 200


class Decision(msgspec.Struct, frozen=True):
    """What the store role may decide by itself: the fact and what must hold for it."""

    fact: FulfilmentFact
    state: State
    if_cancel_requested: bool


DECISIONS = (
    Decision(FulfilmentFact.ACCEPTED, State.OFFERED, if_cancel_requested=False),
    Decision(FulfilmentFact.CANCEL_CONFIRMED, State.ACCEPTED, if_cancel_requested=True),
)
"""An offer is accepted. A cancellation is confirmed while nothing was picked; later somebody must put the goods back."""


def undecided(files: Files) -> Sequence[tuple[OrderDoc, FulfilmentFact]]:
    """Orders of link.db that wait for a decision of the store role, and which one."""
    found: list[tuple[OrderDoc, FulfilmentFact]] = []
    for decision in DECISIONS:
        rows = files.link.execute(
            "SELECT doc FROM orders WHERE state = ? ORDER BY number LIMIT ?", (decision.state.value, MAX_AT_ONCE)
        )
        orders = (msgspec.json.decode(doc, type=OrderDoc) for (doc,) in rows)
        found += [(order, decision.fact) for order in orders if order.cancel_requested is decision.if_cancel_requested]
    return found


def decided(files: Files, order: OrderDoc) -> OrderDoc | None:
    """The order as this store role left it, when it decided on exactly this version."""
    row = files.store.execute(
        "SELECT doc FROM decided WHERE order_id = ? AND order_v = ?", (order.order_id, order.order_v)
    ).fetchone()
    return msgspec.json.decode(row[0], type=OrderDoc) if row else None


def decide(files: Files, journal: Journal, order: OrderDoc, fact: FulfilmentFact, stamp: Stamp) -> OrderDoc:
    """Journal a decision and remember it in one transaction; returns the order after it."""
    after = apply(order, ACTION_OF[fact])
    with journal.transaction(files.store_path):
        journal.append(FulfilmentEvent(fact, order.order_id, after.order_v), stamp)
        files.store.execute(
            "INSERT OR REPLACE INTO decided (order_id, order_v, doc) VALUES (?,?,?)",
            (order.order_id, order.order_v, msgspec.json.encode(after)),
        )
    return after


def show(files: Files, orders: Sequence[OrderDoc]) -> None:
    """Let the till see decisions that HQ's feed does not show yet; a newer version there stays."""
    with transaction(files.link, files.link_path):
        for order in orders:
            files.link.execute(
                "UPDATE orders SET state = ?, order_v = ?, doc = ? WHERE order_id = ? AND order_v < ?",
                (order.state.value, order.order_v, msgspec.json.encode(order), order.order_id, order.order_v),
            )
