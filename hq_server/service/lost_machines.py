"""A machine that is lost: what was seen of it, and its disk read again when it is found.

The keys of a machine's files are sealed by its agent to HQ's own key, so HQ keeps what it cannot lose and nobody can read.
They are opened only after an administrator has released them, for one machine of the same store, which gets them sealed to
itself; the release and the taking are facts of the store's journal.
"""

import hashlib

from hq_server.service import enrolment, machine_acts
from hq_server.service.context import Hq
from hq_server.service.machine_acts import What
from hq_server.storage import access, lost_machines
from hq_server.storage.access import Node
from hq_server.storage.database import Connection, Unit
from hq_server.storage.lost_machines import Release
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.trust.keys import b64, unb64
from retail_core.trust.seal import KEY_BYTES, seal, unseal
from retail_core.wire.recovery import LackedIds, ReleasedKeys, SealedKey, SealedKeys, SeenReceipts, SeenSeries

RELEASED_MS = 24 * 3_600_000
MAX_REASON_CHARS = 200


def seen(hq: Hq, store: str, register: str) -> SeenReceipts:
    """The last receipt HQ has of every number series of a register."""

    def read(conn: Connection) -> SeenReceipts:
        series = [enrolment.series_name(n) for n in range(lost_machines.granted_series(conn, store, register))]
        last = [(one, lost_machines.last_receipt(conn, store, f"{store}-{register}-{one}-")) for one in series]
        return SeenReceipts(
            register,
            tuple(
                SeenSeries(found.node, one, found.receipt, _counter(found.receipt), found.at_ms)
                for one, found in last
                if found
            ),
        )

    return hq.database.read(read)


def lacking(hq: Hq, store: str, ids: tuple[str, ...]) -> LackedIds:
    """Which of these facts HQ has from no machine of the store."""
    return LackedIds(hq.database.read(lambda conn: lost_machines.lacking(conn, store, ids)))


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


def keep(hq: Hq, agent: Node, keys: SealedKeys) -> int:
    """Keep the keys of the agent's machine; how many are new. Raises `key.not_ours` for one HQ could not open."""
    for one in keys.keys:
        if _check(_opened(hq, one)) != one.check:
            raise RuleViolationError("key.not_ours", file=one.file)
    now_ms = hq.clock.now_ms()
    return hq.database.write(
        lambda unit: lost_machines.keep_sealed(unit, agent.store, agent.node_id, keys.keys, now_ms)
    )


def release(hq: Hq, node_id: str, reason: str, by: str) -> Release:
    """For a day, one machine of the store may have the keys of this one's files.

    Raises `node.unknown`, `key.no_reason`, `key.none_kept`.
    """
    if not reason.strip():
        raise RuleViolationError("key.no_reason")
    now_ms = hq.clock.now_ms()

    def work(unit: Unit) -> Release:
        node = access.node_of(unit.conn, node_id[:80])
        if node is None:
            raise RuleViolationError("node.unknown", node=node_id[:80])
        if not lost_machines.sealed_of(unit.conn, node.store, node.node_id):
            raise RuleViolationError("key.none_kept", node=node.node_id)
        made = Release(node.node_id, now_ms, now_ms + RELEASED_MS, by, reason.strip()[:MAX_REASON_CHARS])
        lost_machines.add_release(unit, node.store, made)
        note = AuditNoted(What.KEYS_RELEASED, node.node_id, reason=made.reason)
        machine_acts.note(hq, unit, node.store, node.register, note, by)
        return made

    return hq.database.write(work)


def take(hq: Hq, taker: Node, node_id: str) -> ReleasedKeys:
    """The released keys of another machine of the store, sealed to the one that asks.

    Raises `key.not_released`, also when another machine has taken them.
    """
    now_ms = hq.clock.now_ms()

    def work(unit: Unit) -> ReleasedKeys:
        found = lost_machines.release_of(unit.conn, taker.store, node_id[:80], now_ms)
        if found is None or not lost_machines.take_release(unit, taker.store, found, taker.node_id):
            raise RuleViolationError("key.not_released", node=node_id[:80])
        if not found.taken_by:
            note = AuditNoted(What.KEYS_TAKEN, found.node, reason=found.reason, by=found.by_whom)
            machine_acts.note(hq, unit, taker.store, taker.register, note, taker.node_id)
        kept = lost_machines.sealed_of(unit.conn, taker.store, found.node)
        resealed = [SealedKey(one.file, one.check, b64(seal(taker.public_key, _opened(hq, one)))) for one in kept]
        return ReleasedKeys(found.node, tuple(resealed))

    return hq.database.write(work)


def _opened(hq: Hq, one: SealedKey) -> bytes:
    try:
        key = unseal(hq.key, unb64(one.sealed))
    except (ValueError, EnvironmentFault) as bad:
        raise RuleViolationError("key.not_ours", file=one.file) from bad
    if len(key) != KEY_BYTES:
        raise RuleViolationError("key.not_ours", file=one.file)
    return key


def _check(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()


def _counter(receipt: str) -> int:
    counter = receipt.rpartition("-")[2]
    return int(counter) if counter.isascii() and counter.isdigit() else 0
