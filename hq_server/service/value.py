"""Gift cards, store credit, points and accounts of the chain: HQ counts every move once and tells every store.

What a till says happened is never refused: a card that was spent beyond its balance, or after it was locked, is somebody's
case. Every store is told what HQ has, and how far HQ had come in that store's own journals when it counted.
"""

from collections.abc import Iterable, Sequence

import msgspec

from hq_server.service import journal
from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.service.whereabouts import stores_with
from hq_server.storage import catalogue, customers, feed, value
from hq_server.storage.database import Unit
from hq_server.storage.value import Kept, MoveRow
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId, InstrumentId
from retail_core.domain.loyalty import points_of
from retail_core.domain.places import PlaceKind
from retail_core.domain.value import (
    MAX_STREAMS_SEEN,
    Instrument,
    InstrumentState,
    ValueFact,
    ValueKind,
    ValueMoved,
    after,
    instrument_of,
    wrong_about,
)
from retail_core.wire.envelope import Entry

KIND = "instrument"
HQ_PLACE = "hq"  # where moves are booked that no store made


class NewInstrument(msgspec.Struct, frozen=True):
    """An instrument to be made, or words about one that is there: its money changes by moves alone."""

    code: str
    kind: ValueKind
    currency: str
    amount: int = 0
    for_sale: bool = False  # a card on the shelf: worth nothing until a till sells it
    locked: bool = False
    expires: str = ""
    offline_limit: int = 0
    holder: CustomerId | None = None


def fold(hq: Hq, unit: Unit, store: str, facts: Sequence[tuple[Entry, ValueMoved]]) -> None:
    """Count moves of one store that were not counted before, and tell every store what is left."""
    if not facts:
        return
    rows = [MoveRow(store, entry.node, entry.epoch, entry.seq, entry.actor, entry.at, move) for entry, move in facts]
    fresh = value.add_moves(unit, store, rows)
    wanted = sorted({row.move.instrument for row in rows})
    kept = value.lock(unit, wanted)
    cases: list[ExceptionCase] = []
    for row in fresh:
        before = kept.get(row.move.instrument) or Kept(_blank(row.move), {})
        now = after(before.known, [row.move])
        kept[row.move.instrument] = Kept(now, before.seen)
        code = wrong_about(before.known, row.move, now) if store != HQ_PLACE else ""
        if code:
            cases.append(_case(hq, store, code, row.move, now))
    for row in rows:
        kept[row.move.instrument] = _saw(kept[row.move.instrument], row)
    _keep(hq, unit, kept.values())
    open_cases(unit, cases)


def put(hq: Hq, wanted: Sequence[NewInstrument], actor: str) -> Sequence[Instrument]:
    """Make instruments; of those that are there change lock, last day, bound and holder. All of them, or none.

    Raises `value.bad_code`, or `value.exists` when an amount is given for one that is there.
    """
    named = [(instrument_of(one.code), one) for one in wanted]

    def work(unit: Unit) -> Sequence[Instrument]:
        known = value.lock(unit, [ref for (ref, _), _ in named])
        issues: list[ValueMoved] = []
        for (ref, tail), one in named:
            kept = known.get(ref)
            if kept and one.amount:
                raise RuleViolationError("value.exists", tail=tail)
            fresh = Instrument(ref, one.kind, 0, one.currency, InstrumentState.INACTIVE, tail=tail)
            known[ref] = Kept(_described(kept.known if kept else fresh, one), kept.seen if kept else {})
            if kept is None and not one.for_sale:
                issues.append(_issue(hq, known[ref].known, one.amount))
        _keep(hq, unit, list(known.values()))
        book(hq, unit, [move for move in issues if move.amount], actor)
        return [kept.known for kept in value.lock(unit, list(known)).values()]

    return hq.database.write(work)


def adjust(hq: Hq, ref: InstrumentId, move_id: str, amount: int, reason: str, actor: str) -> Instrument:
    """Put a balance right, up or down; the same `move_id` again changes nothing. Raises `value.unknown`."""

    def work(unit: Unit) -> Instrument:
        kept = value.lock(unit, [ref]).get(ref)
        if kept is None:
            raise RuleViolationError("value.unknown")
        known = kept.known
        move = ValueMoved(
            ValueFact.ADJUSTED, move_id, ref, known.kind, amount, known.currency, known.tail, reason=reason
        )
        book(hq, unit, [move], actor)
        return value.lock(unit, [ref])[ref].known

    return hq.database.write(work)


def publish_all_to(hq: Hq, unit: Unit, store: str) -> None:
    """A store that is new is told of every instrument there is, but for points, which go where their customers go."""
    scope = feed.store_scope(store)
    if value.published_to(unit.conn, scope, KIND):
        return
    changes = [
        feed.Change(KIND, kept.known.instrument, value.of_store(kept, store))
        for kept in value.every(unit.conn)
        if kept.known.kind is not ValueKind.POINTS
    ]
    if changes:
        feed.publish(unit, scope, changes, hq.clock.now_ms())


def publish_points(hq: Hq, unit: Unit, customer_id: CustomerId, stores: Sequence[str], *, gone: bool) -> None:
    """These stores have a customer from now on, and so their points; or no more (`gone`)."""
    ref = points_of(customer_id)
    kept = value.find(unit.conn, ref)
    if kept is None:
        return
    for store in stores:
        doc = None if gone else value.of_store(kept, store)
        feed.publish(unit, feed.store_scope(store), [feed.Change(KIND, ref, doc)], hq.clock.now_ms())


def book(hq: Hq, unit: Unit, moves: Sequence[ValueMoved], actor: str) -> None:
    """HQ's own moves are facts of its journal like everybody's, and counted like everybody's."""
    if moves:
        placed = journal.write(hq, unit, HQ_PLACE, moves, actor)
        fold(hq, unit, HQ_PLACE, [(at.entry, move) for at, move in zip(placed, moves, strict=True)])


def _keep(hq: Hq, unit: Unit, changed: Iterable[Kept]) -> None:
    now_ms = hq.clock.now_ms()
    latest = {
        kept.known.instrument: Kept(msgspec.structs.replace(kept.known, as_of_ms=now_ms), kept.seen) for kept in changed
    }
    value.put(unit, list(latest.values()))
    everywhere = [place.place_id for place in catalogue.places(unit.conn, PlaceKind.STORE.value)]
    changes: dict[str, list[feed.Change]] = {}
    for ref, kept in latest.items():
        for store in _stores_of(hq, unit, kept.known, everywhere):
            changes.setdefault(store, []).append(feed.Change(KIND, ref, value.of_store(kept, store)))
    for store in sorted(changes):
        feed.publish(unit, feed.store_scope(store), changes[store], now_ms)


def _stores_of(hq: Hq, unit: Unit, known: Instrument, everywhere: Sequence[str]) -> Sequence[str]:
    """Who is told of an instrument: of points, the stores that have their customer."""
    if known.kind is not ValueKind.POINTS or known.holder is None:
        return everywhere
    row = customers.find(unit.conn, known.holder)
    return stores_with(hq, unit, row) if row else ()


def _saw(kept: Kept, row: MoveRow) -> Kept:
    """HQ has come this far in the stream the move is from; only the newest streams of a store are remembered."""
    streams = dict(kept.seen.get(row.store, {}))
    newest = max(row.seq, streams.pop(row.stream, 0))
    streams[row.stream] = newest
    bounded = dict(list(streams.items())[-MAX_STREAMS_SEEN:])
    return Kept(kept.known, kept.seen | {row.store: bounded})


def _case(hq: Hq, store: str, code: str, move: ValueMoved, now: Instrument) -> ExceptionCase:
    evidence: dict[str, str | int] = {"code": code, "tail": now.tail, "move": move.move_id, "balance": now.balance}
    lost_minor = min(abs(move.amount), max(0, -now.balance))
    return new_case(hq, CaseKind.VALUE_CONFLICT, store, now.instrument, evidence, value_minor=lost_minor)


def _blank(move: ValueMoved) -> Instrument:
    """What HQ never heard of before this move."""
    state = InstrumentState.ACTIVE if move.kind is ValueKind.POINTS else InstrumentState.INACTIVE
    return Instrument(move.instrument, move.kind, 0, move.currency, state, tail=move.tail)


def _described(known: Instrument, one: NewInstrument) -> Instrument:
    state = InstrumentState.LOCKED if one.locked else known.state
    if known.state is InstrumentState.LOCKED and not one.locked:
        state = InstrumentState.ACTIVE
    if not one.for_sale and not one.locked and known.state is InstrumentState.INACTIVE:
        state = InstrumentState.ACTIVE
    return msgspec.structs.replace(
        known, state=state, expires=one.expires, offline_limit=one.offline_limit, holder=one.holder
    )


def _issue(hq: Hq, known: Instrument, amount: int) -> ValueMoved:
    return ValueMoved(
        ValueFact.ISSUED, f"hq:{hq.ids.next()}", known.instrument, known.kind, amount, known.currency, known.tail,
        expires=known.expires, holder=known.holder,
    )  # fmt: skip
