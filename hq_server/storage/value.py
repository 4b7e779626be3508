"""Gift cards, credit, points and accounts: every move once, and the balance that follows from them."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Row, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import feed, instrument, value_move
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.value import Instrument, InstrumentState, ValueKind, ValueMoved

MAX_LISTED = 500
Seen = dict[str, dict[str, int]]


class MoveRow(msgspec.Struct, frozen=True):
    """A move and where it was made."""

    store: str
    node: str
    epoch: str
    seq: int
    actor: str
    at_ms: int
    move: ValueMoved

    @property
    def stream(self) -> str:
        return f"{self.node}/{self.epoch}"


class Kept(msgspec.Struct, frozen=True):
    """An instrument as HQ keeps it: `seen` by store, then by stream."""

    known: Instrument
    seen: Seen


class PastMove(msgspec.Struct, frozen=True):
    """A move as people look at it."""

    move_id: str
    what: str
    delta: int
    store: str
    sale_id: str
    actor: str
    reason: str
    at_ms: int


def add_moves(unit: Unit, store: str, moves: Sequence[MoveRow]) -> Sequence[MoveRow]:
    """Write moves of one store; those that were not there before, each once."""
    once = {row.move.move_id: row for row in reversed(moves)}
    rows = [
        {
            "store": store, "move_id": row.move.move_id, "instrument": row.move.instrument, "what": row.move.what.value,
            "delta": row.move.delta, "currency": row.move.currency, "sale_id": row.move.sale_id, "node": row.node,
            "epoch": row.epoch, "seq": row.seq, "actor": row.actor, "reason": row.move.reason, "at_ms": row.at_ms,
        }
        for row in once.values()
    ]  # fmt: skip
    fresh = bulk.insert_new_texts(unit, value_move, rows, "move_id")
    return [row for row in moves if row.move.move_id in fresh and once[row.move.move_id] is row]


def lock(unit: Unit, wanted: Sequence[InstrumentId]) -> dict[InstrumentId, Kept]:
    """The rows of these instruments, held until the end of the transaction, taken in one order for every writer."""
    asked = select(instrument).where(instrument.c.instrument.in_(sorted(wanted))).order_by(instrument.c.instrument)
    kept = [_kept(row) for row in unit.conn.execute(asked.with_for_update())]
    return {one.known.instrument: one for one in kept}


def put(unit: Unit, kept: Sequence[Kept]) -> None:
    rows = [
        {
            "instrument": one.known.instrument, "kind": one.known.kind.value, "currency": one.known.currency,
            "balance": one.known.balance, "state": one.known.state.value, "expires": one.known.expires,
            "offline_limit": one.known.offline_limit, "tail": one.known.tail, "holder": one.known.holder,
            "seen": msgspec.json.encode(one.seen).decode(), "changed_ms": one.known.as_of_ms,
        }
        for one in kept
    ]  # fmt: skip
    bulk.put(unit, instrument, rows)


def find(conn: Connection, wanted: InstrumentId) -> Kept | None:
    row = conn.execute(select(instrument).where(instrument.c.instrument == wanted)).one_or_none()
    return _kept(row) if row else None


def listed(conn: Connection, limit: int = MAX_LISTED) -> Sequence[Instrument]:
    """Those that changed last come first."""
    asked = select(instrument).order_by(instrument.c.changed_ms.desc(), instrument.c.instrument).limit(limit)
    return [_kept(row).known for row in conn.execute(asked)]


def every(conn: Connection) -> Sequence[Kept]:
    return [_kept(row) for row in conn.execute(select(instrument).order_by(instrument.c.instrument))]


def past(conn: Connection, wanted: InstrumentId, limit: int = MAX_LISTED) -> Sequence[PastMove]:
    """What happened to an instrument, the newest first."""
    asked = select(value_move).where(value_move.c.instrument == wanted)
    rows = conn.execute(asked.order_by(value_move.c.at_ms.desc(), value_move.c.move_id).limit(limit))
    return [
        PastMove(row.move_id, row.what, row.delta, row.store, row.sale_id, row.actor, row.reason, row.at_ms)
        for row in rows
    ]


def published_to(conn: Connection, scope: str, kind: str) -> bool:
    """True when a scope has any row of this kind."""
    asked = select(feed.c.key).where(feed.c.scope == scope, feed.c.kind == kind).limit(1)
    return conn.execute(asked).first() is not None


def of_store(kept: Kept, store: str) -> Instrument:
    """What the tills of a store are told."""
    seen: Mapping[str, int] = kept.seen.get(store, {})
    return msgspec.structs.replace(kept.known, seen=seen)


def _kept(row: Row[tuple[object, ...]]) -> Kept:
    known = Instrument(
        InstrumentId(row.instrument), ValueKind(row.kind), row.balance, row.currency, InstrumentState(row.state),
        row.expires, row.offline_limit, row.changed_ms, row.tail, CustomerId(row.holder) if row.holder else None,
    )  # fmt: skip
    return Kept(known, msgspec.json.decode(row.seen, type=Seen))
