"""Every machine of the chain: when it was last heard, what waits there, how wrong its clock is, what of it is in quarantine."""

from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import access, devices, locks, streams
from hq_server.storage.database import Connection
from hq_server.storage.devices import NodeDevices
from retail_core.wire.devices import DeviceStanding, Standing

LIVE_WITHIN_MS = 120_000
CLOCK_WARN_MS = 60_000
SHOWN = 2_000
DEVICES_KNOWN_MS = 1_200_000
"""A machine that runs says it again every five minutes or so."""


class Machine(msgspec.Struct, frozen=True):
    """`age_ms` since it was heard, None for never. `quarantined`: its facts that are stored and wait to be understood."""

    store: str
    register: str
    role: str
    node: str
    age_ms: int | None
    queued: int
    waits_ms: int
    clock_offset_ms: int
    quarantined: int
    devices: tuple[DeviceStanding, ...] = ()
    locked: str = ""  # why its store has locked it, and
    locked_by: str = ""  # the operator who did

    @property
    def device_down(self) -> bool:
        return any(one.state is Standing.DOWN for one in self.devices)

    @property
    def live(self) -> bool:
        return self.age_ms is not None and self.age_ms <= LIVE_WITHIN_MS

    @property
    def clock_off(self) -> bool:
        return abs(self.clock_offset_ms) >= CLOCK_WARN_MS


def machines(hq: Hq) -> Sequence[Machine]:
    """Those that are not revoked; what somebody should look at comes first. A till speaks through its agent."""
    now_ms = hq.clock.now_ms()
    found = hq.database.read(lambda conn: _machines(conn, now_ms))
    return sorted(
        found,
        key=lambda one: (
            not one.quarantined, not one.locked_by, one.live and not one.clock_off, not one.device_down, one.store,
            one.register,
        ),
    )  # fmt: skip


def _machines(conn: Connection, now_ms: int) -> Sequence[Machine]:
    heard = {contact.node: contact for contact in access.contacts(conn)}
    odd = streams.quarantined_by_node(conn)
    said = devices.devices_by_node(conn)
    locked = {key: act for key, act in locks.newest(conn).items() if act.locked}
    found: list[Machine] = []
    for node in access.nodes(conn):
        contact = heard.get(node.node_id)
        if node.revoked_ms is not None or (contact is None and node.role != "agent" and not odd.get(node.node_id)):
            continue
        found.append(
            Machine(
                node.store, node.register, node.role, node.node_id,
                max(0, now_ms - contact.seen_ms) if contact else None,
                contact.queued if contact else 0,
                max(0, now_ms - contact.oldest_ms) if contact and contact.oldest_ms and contact.queued else 0,
                contact.clock_offset_ms if contact else 0,
                odd.get(node.node_id, 0),
                _known(said.get(node.node_id), now_ms),
                *_lock_of(locked.get((node.store, node.node_id))),
            )
        )  # fmt: skip
    return found


def _known(said: NodeDevices | None, now_ms: int) -> tuple[DeviceStanding, ...]:
    """What was said long ago is not known any more."""
    if said is None or now_ms - said.at_ms <= DEVICES_KNOWN_MS:
        return tuple(said.devices) if said else ()
    return tuple(msgspec.structs.replace(one, state=Standing.UNKNOWN, code="") for one in said.devices)


def _lock_of(act: locks.LockAct | None) -> tuple[str, str]:
    return (act.why, act.by) if act else ("", "")
