"""Shutting a machine out: head office refuses it from the next request on, and its store is told. It comes back by enrolling anew only."""

import msgspec

from hq_server.service import locks, machine_acts
from hq_server.service.context import Hq
from hq_server.service.enrolment import publish_nodes
from hq_server.service.machine_acts import What
from hq_server.storage import access, catalogue
from hq_server.storage.access import Node
from hq_server.storage.database import Connection, Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.places import NodeRole


class Standing(msgspec.Struct, frozen=True):
    """The machine a node belongs to: what runs at its register and is still trusted, empty once it is shut out."""

    store: str
    store_name: str
    register: str
    trusted: tuple[Node, ...]
    age_ms: int | None  # since its agent was heard, None for never
    queued: int  # what waited there then
    revoked_ms: int | None  # when the node asked about was shut out


def standing(hq: Hq, node_id: str) -> Standing:
    """What somebody should know before they shut it out. Raises `node.unknown`."""
    now_ms = hq.clock.now_ms()

    def read(conn: Connection) -> Standing:
        node = _known(conn, node_id)
        trusted = _machine_of(conn, node)
        place = catalogue.place_of(conn, node.store)
        heard = [access.contact_of(conn, one.store, one.node_id) for one in trusted if one.role == NodeRole.AGENT]
        last = max((one for one in heard if one), key=lambda one: one.seen_ms, default=None)
        return Standing(
            node.store, place.name if place else node.store, node.register, tuple(trusted),
            max(0, now_ms - last.seen_ms) if last else None, last.queued if last else 0, node.revoked_ms,
        )  # fmt: skip

    return hq.database.read(read)


def shut_out(hq: Hq, node_id: str, by: str) -> None:
    """Shut out the whole machine this node belongs to, till and agent. Raises `node.unknown`.

    Nothing happens when the node is shut out already: who stands at its register since then is another machine.
    """
    hq.database.write(lambda unit: _revoke(hq, unit, _machine_of(unit.conn, _known(unit.conn, node_id)), by))


def revoke(hq: Hq, node_id: str, by: str) -> Node:
    """Shut out one program of a machine alone. Raises `node.unknown`."""

    def work(unit: Unit) -> Node:
        node = _known(unit.conn, node_id)
        _revoke(hq, unit, [node] if node.revoked_ms is None else [], by)
        return _known(unit.conn, node_id)

    return hq.database.write(work)


def _revoke(hq: Hq, unit: Unit, nodes: list[Node], by: str) -> None:
    now_ms = hq.clock.now_ms()
    gone = [one for one in nodes if access.revoke_node(unit, one.node_id, now_ms)]
    if not gone:
        return
    store = gone[0].store
    publish_nodes(hq, unit, store, [_known(unit.conn, one.node_id) for one in gone], now_ms)
    note = AuditNoted(What.SHUT_OUT, gone[0].register, reason=" ".join(one.node_id for one in gone))
    machine_acts.note(hq, unit, store, gone[0].register, note, by)
    locks.shut_out(unit, gone, by, now_ms)


def _machine_of(conn: Connection, node: Node) -> list[Node]:
    if node.revoked_ms is not None:
        return []
    there = access.nodes(conn, node.store)
    return [one for one in there if one.register == node.register and one.revoked_ms is None]


def _known(conn: Connection, node_id: str) -> Node:
    found = access.node_of(conn, node_id[:80])
    if found is None:
        raise RuleViolationError("node.unknown", node=node_id[:80])
    return found
