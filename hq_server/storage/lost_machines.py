"""What HQ has of a machine that is lost: its receipts by series, its files' sealed keys, and who was let have them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, func, select, update

from hq_server.storage import bulk
from hq_server.storage.access import Node
from hq_server.storage.database import Unit
from hq_server.storage.tables import event, key_release, node, register_series, sale, sealed_key
from retail_core.domain.places import NodeRole
from retail_core.wire.recovery import SealedKey

MAX_KEYS_OF_A_FILE = 20
PAST_ANY_NUMBER = ":"  # follows the figures


class LastReceipt(msgspec.Struct, frozen=True):
    """The newest receipt of a series."""

    node: str
    receipt: str
    at_ms: int


class Release(msgspec.Struct, frozen=True):
    """Until when the keys of a machine may be given to machines of its store, and who took them first."""

    node: str
    at_ms: int
    until_ms: int
    by_whom: str
    reason: str
    taken_by: str = ""


def in_the_place_of(unit: Unit, made: Sequence[Node]) -> list[Node]:
    """Machines that stand where the new ones stand now: same store and register, same side of it, not revoked yet."""
    agents = {one.role == NodeRole.AGENT for one in made}
    new, first = {one.node_id for one in made}, made[0]
    rows = unit.conn.execute(
        select(node).where(node.c.store == first.store, node.c.register == first.register, node.c.revoked_ms.is_(None))
    )
    return [
        Node(row.node_id, row.store, row.register, row.role, row.public_key, row.store_role, row.enrolled_ms)
        for row in rows
        if row.node_id not in new and (row.role == NodeRole.AGENT) in agents
    ]


def granted_series(conn: Connection, store: str, register: str) -> int:
    """How many number series the register was ever given."""
    here = (register_series.c.store == store) & (register_series.c.register == register)
    return int(conn.execute(select(register_series.c.granted).where(here)).scalar() or 0)


def last_receipt(conn: Connection, store: str, prefix: str) -> LastReceipt | None:
    """The newest of the receipts that begin with `prefix`, store-register-series and a dash."""
    mine = (sale.c.store == store) & (sale.c.receipt > prefix) & (sale.c.receipt < prefix + PAST_ANY_NUMBER)
    newest = select(sale.c.node, sale.c.receipt, sale.c.at_ms).where(mine)
    row = conn.execute(newest.order_by(func.length(sale.c.receipt).desc(), sale.c.receipt.desc()).limit(1)).first()
    return None if row is None else LastReceipt(row.node, row.receipt, row.at_ms)


def lacking(conn: Connection, store: str, ids: Sequence[str]) -> tuple[str, ...]:
    """Those of the ids of which the store has no event here."""
    known = conn.execute(select(event.c.id).where(event.c.store == store, event.c.id.in_(list(ids)))).scalars()
    here = set(known)
    return tuple(id_ for id_ in ids if id_ not in here)


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────


def keep_sealed(unit: Unit, store: str, node_id: str, keys: Sequence[SealedKey], now_ms: int) -> int:
    """Keep those that are new; a key that was there before stays, since an old disk may still need it."""
    mine = (sealed_key.c.store == store) & (sealed_key.c.node == node_id)
    known = {(row.file, row.key_check) for row in unit.conn.execute(select(sealed_key).where(mine))}
    fresh = [one for one in keys if (one.file, one.check) not in known]
    per_file = {one.file: sum(file == one.file for file, _ in known) for one in fresh}
    rows: list[bulk.Row] = [
        {
            "store": store, "node": node_id, "file": one.file, "key_check": one.check, "sealed": one.sealed,
            "made_ms": now_ms,
        }
        for one in fresh
        if per_file[one.file] < MAX_KEYS_OF_A_FILE
    ]  # fmt: skip
    bulk.insert_new(unit, sealed_key, rows)
    return len(rows)


def sealed_of(conn: Connection, store: str, node_id: str) -> tuple[SealedKey, ...]:
    """Every key the machine ever handed over, the newest of each file first."""
    mine = (sealed_key.c.store == store) & (sealed_key.c.node == node_id)
    rows = conn.execute(select(sealed_key).where(mine).order_by(sealed_key.c.file, sealed_key.c.made_ms.desc()))
    return tuple(SealedKey(row.file, row.key_check, row.sealed) for row in rows)


def add_release(unit: Unit, store: str, release: Release) -> None:
    bulk.put(unit, key_release, [msgspec.structs.asdict(release) | {"store": store}])


def release_of(conn: Connection, store: str, node_id: str, now_ms: int) -> Release | None:
    """The newest release that is still good."""
    good = (key_release.c.store == store) & (key_release.c.node == node_id) & (key_release.c.until_ms >= now_ms)
    row = conn.execute(select(key_release).where(good).order_by(key_release.c.at_ms.desc()).limit(1)).first()
    if row is None:
        return None
    return Release(row.node, row.at_ms, row.until_ms, row.by_whom, row.reason, row.taken_by)


def take_release(unit: Unit, store: str, release: Release, taker: str) -> bool:
    """False when another machine took it first: a release is good for one."""
    here = (
        (key_release.c.store == store) & (key_release.c.node == release.node) & (key_release.c.at_ms == release.at_ms)
    )
    free = key_release.c.taken_by.in_(["", taker])
    return unit.conn.execute(update(key_release).where(here, free).values(taken_by=taker)).rowcount == 1
