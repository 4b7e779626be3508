"""Which machine ties a store together: head office may say so, and its word ends whatever the store decided without it."""

from hq_server.service.context import TODAY, Hq
from hq_server.storage import access, feed
from hq_server.storage.database import Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.places import NodeRole
from retail_core.durable.link import STORE_ROLE, StoreRoleDoc


def appoint(hq: Hq, node_id: str) -> StoreRoleDoc:
    """From now on this agent ties its store together, in a new term; every other one gives that up as soon as it hears of it.

    Raises RuleViolationError `node.unknown` for whatever is no agent in use.
    """

    def work(unit: Unit) -> StoreRoleDoc:
        node = access.node_of(unit.conn, node_id)
        if node is None or node.role != NodeRole.AGENT or node.revoked_ms is not None:
            raise RuleViolationError("node.unknown", node=node_id[:80])
        now_ms = hq.clock.now_ms()
        doc = StoreRoleDoc(node.node_id, now_ms)  # a moment, so that terms grow also after HQ was put back from a copy
        feed.publish(unit, feed.store_scope(node.store), [feed.Change(STORE_ROLE, "store", doc)], now_ms)
        unit.changed.add(TODAY)
        return doc

    return hq.database.write(work)
