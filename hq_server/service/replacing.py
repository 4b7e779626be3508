"""A new machine stands where another one stood: from then on the old one is shut out, and its store is told."""

from hq_server.service import journal, locks, machine_acts
from hq_server.service.context import Hq
from hq_server.service.machine_acts import What
from hq_server.storage import access, lost_machines
from hq_server.storage.access import Node
from hq_server.storage.database import Unit
from retail_core.domain.events import AuditNoted


def retire(hq: Hq, unit: Unit, made: list[Node], now_ms: int) -> list[Node]:
    """Shut out the machines whose places the new ones take; who they were, for their store to be told."""
    gone = lost_machines.in_the_place_of(unit, made)
    for one in gone:
        access.revoke_node(unit, one.node_id, now_ms)
    if gone:
        locks.shut_out(unit, gone, journal.HQ_NODE, now_ms)
        note = AuditNoted(What.REPLACED, gone[0].register, reason=" ".join(one.node_id for one in gone))
        machine_acts.note(hq, unit, gone[0].store, gone[0].register, note, journal.HQ_NODE)
    found = (access.node_of(unit.conn, one.node_id) for one in gone)
    return [one for one in found if one is not None]
