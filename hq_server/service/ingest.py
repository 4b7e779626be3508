"""Taking a batch in: one transaction per push, after which everything in it is durable, counted once, and visible.

    lock the stream row · decide (retail_core.sync.inbox) · append · sort by id · apply what is new · advance · commit

Answering comes after the commit. Nothing a till says is refused for its content: what cannot be understood is kept in
quarantine, the same id with other content is kept aside, and both open a case.
"""

import logging
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from hq_server.service import projections
from hq_server.service.cases import new_case, open_cases, settle
from hq_server.service.contacts import Contacts
from hq_server.service.context import Hq
from hq_server.service.projections import Fact
from hq_server.storage import access, streams
from hq_server.storage.access import Node
from hq_server.storage.database import Unit, attempt
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SyncDamaged
from retail_core.sync.inbox import Accept, Damaged, Decision, Fork, Gap, Keeper, answer_of, decide, sort_by_identity
from retail_core.trust.keys import PublicKey
from retail_core.wire.batch import WireDamageError, decode_batch, expand, signatures_to_check
from retail_core.wire.envelope import Entry, Head, StreamEntry, StreamId
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, PushAnswer, PushHeader

log = logging.getLogger(__name__)
Answer = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer
MAX_KNOWN_KEYS = 4_096
RETRIED_AT_ONCE = 1_000


class Taken(msgspec.Struct, frozen=True):
    """What one push changed."""

    answer: Answer
    new: int = 0
    repeated: int = 0
    quarantined: int = 0


def take(hq: Hq, contacts: Contacts, pusher: Node, header: PushHeader, body: bytes) -> Taken:
    """Take a compressed batch of at most 1 MiB in.

    Raises RuleViolationError `push.other_store` and WireDamageError `wire.too_large`; other damage is an answer.
    """
    _check_store(hq, pusher, header.stream.origin_node)
    before = Head(header.from_seq, header.prev_hash)
    try:
        entries = decode_batch(header.stream, before, expand([body]))
    except WireDamageError as damage:
        if damage.code == "wire.too_large":
            raise
        seq = damage.facts.get("seq")
        return Taken(DamagedAnswer(seq if isinstance(seq, int) else None))
    unsigned = _first_unsigned(hq, pusher.store, entries)
    if unsigned is not None:
        return Taken(DamagedAnswer(unsigned))
    arrived: list[Entry] = []

    def work(unit: Unit) -> Taken:
        arrived.clear()
        return _take(hq, unit, pusher.store, header, entries, arrived)

    taken = hq.database.write(work)
    if isinstance(taken.answer, ForkAnswer):
        _report_fork(hq, pusher.store, header, taken.answer)
    for entry in arrived:
        contacts.sale_arrived(entry.at, entry.clock)
    offset_ms = hq.clock.now_ms() - header.clock_ms if header.clock_ms else 0
    contacts.heard(pusher, clock_offset_ms=offset_ms)
    if isinstance(taken.answer, PushAnswer):
        answer = msgspec.structs.replace(taken.answer, clock_offset_ms=offset_ms)
        return msgspec.structs.replace(taken, answer=answer)
    return taken


def witness(hq: Hq, store: str, node: str, epoch: str) -> Head | None:
    """How far HQ has a stream of this store; None for one never seen."""
    stream = PushHeader(node, epoch, 0).stream
    found = hq.database.read(lambda conn: streams.stream_of(conn, store, stream))
    return found.head if found else None


def retry_quarantined(hq: Hq) -> int:
    """After an upgrade: apply what an older program could not. Returns how many events were applied.

    What cannot be applied now either stays where it is; the case of what was applied is closed.
    """
    applied, after = 0, (-1, "", "")
    while True:
        waiting = hq.database.read(lambda conn: streams.quarantined_after(conn, after, RETRIED_AT_ONCE))  # noqa: B023 - run at once
        if not waiting:
            return applied
        applied += sum(_released(hq, one) for one in waiting)
        after = waiting[-1].after


def _released(hq: Hq, one: streams.Aside) -> bool:
    """Applied and out of quarantine, once, however many try."""
    entry = one.placed.entry
    try:
        fact = projections.understand(one.stream, one.placed)
    except RuleViolationError:
        return False

    def work(unit: Unit) -> bool:
        if not streams.release_from_quarantine(unit, one.store, entry.id):
            return False
        why = attempt(unit, lambda: projections.apply(hq, unit, one.store, [fact]))
        if why is not None:
            streams.quarantine(unit, one.store, entry.id, why)
            return False
        settle(unit, CaseKind.QUARANTINED_EVENT, one.store, entry.id, hq.clock.now_ms())
        return True

    return hq.database.write(work)


def _take(
    hq: Hq, unit: Unit, store: str, header: PushHeader, entries: Sequence[StreamEntry], arrived: list[Entry]
) -> Taken:
    now_ms, stream = hq.clock.now_ms(), header.stream
    state, decision = _decide(unit, store, header, entries, now_ms)
    if not isinstance(decision, Accept) or state is None:
        assert isinstance(decision, Gap | Fork | Damaged)
        return Taken(answer_of(decision))
    fresh_entries = entries[decision.skip :]
    last = state.head
    quarantined: tuple[int, ...] = ()
    new = refused = 0
    if fresh_entries:
        fresh_ids = streams.append(unit, store, stream, fresh_entries, now_ms)
        new, refused, aside = _apply_new(hq, unit, store, stream, fresh_entries, fresh_ids, arrived)
        streams.advance(unit, store, stream, fresh_entries[-1], now_ms)
        last = Head(fresh_entries[-1].seq, fresh_entries[-1].chain_hash)
        quarantined = aside
    if decision.skip or refused or new < len(fresh_entries):  # else nothing of it can have been put in quarantine
        upto = entries[-1].seq if entries else header.from_seq
        kept = streams.quarantined_positions(unit.conn, store, stream, header.from_seq, upto)
        quarantined = tuple(sorted({*quarantined, *kept}))
    answer = PushAnswer(last.seq, last.chain_hash.hex(), last.seq, last.chain_hash.hex(), quarantined)
    return Taken(answer, new, len(entries) - new, refused)


def _decide(
    unit: Unit, store: str, header: PushHeader, entries: Sequence[StreamEntry], now_ms: int
) -> tuple[streams.StreamState | None, Decision]:
    """The decision, and the locked row it was made for; the row is made when the stream is a new one."""
    stream = header.stream
    state = streams.lock_stream(unit, store, stream)
    while True:
        held = state

        def hash_at(seq: int, held: streams.StreamState | None = held) -> bytes | None:
            return streams.chain_hash_at(unit.conn, store, stream, held.base, seq) if held else None

        decision = decide(Keeper.HQ, held.head if held else None, hash_at, header, entries)
        if held is not None or not isinstance(decision, Accept) or decision.begin_at is None:
            return held, decision
        state = streams.begin_stream(unit, store, stream, decision.begin_at, now_ms)
        if state.head == decision.begin_at:
            return state, decision
        # a rival began this stream a moment ago; now there is a head to compare with


def _apply_new(
    hq: Hq,
    unit: Unit,
    store: str,
    stream: StreamId,
    entries: Sequence[StreamEntry],
    fresh_ids: set[str],
    arrived: list[Entry],
) -> tuple[int, int, tuple[int, ...]]:
    """(new events, of them quarantined, positions kept aside)."""
    old: list[Entry] = []
    if len(fresh_ids) < len(entries):
        old = [placed.entry for placed in entries if streams.key_of(placed.entry) not in fresh_ids]
    stored = streams.bodies(unit.conn, store, [streams.key_of(entry) for entry in old])
    known = {entry.id: projections.digest(stored[streams.key_of(entry)]) for entry in old}
    sorted_ = sort_by_identity(entries, known)
    cases: list[ExceptionCase] = []
    for placed in sorted_.conflicting:
        streams.keep_conflict(unit, store, placed.entry, hq.clock.now_ms())
        cases.append(_case(hq, CaseKind.SAME_ID_DIFFERENT_CONTENT, store, placed.entry, "event.same_id"))
    facts, refused = _understood(hq, unit, store, stream, sorted_.new, cases)
    refused += _apply(hq, unit, store, facts, cases)
    open_cases(unit, cases)
    arrived.extend(fact.entry for fact in facts if isinstance(fact.event, SaleCompleted))
    return len(sorted_.new), refused, tuple(placed.seq for placed in sorted_.conflicting)


def _understood(
    hq: Hq, unit: Unit, store: str, stream: StreamId, new: Sequence[StreamEntry], cases: list[ExceptionCase]
) -> tuple[list[Fact], int]:
    facts: list[Fact] = []
    refused = 0
    for placed in new:
        try:
            fact = projections.understand(stream, placed)
        except RuleViolationError as poison:
            refused += 1
            _quarantine(hq, unit, store, placed.entry, poison.code, cases)
            continue
        if isinstance(fact.event, SyncDamaged):
            cases.append(_case(hq, CaseKind.DAMAGED_EVENT, store, placed.entry, "event.damaged"))
        facts.append(fact)
    return facts, refused


def _apply(hq: Hq, unit: Unit, store: str, facts: list[Fact], cases: list[ExceptionCase]) -> int:
    """Apply all at once; if that cannot be, one by one, and what cannot be applied is quarantined. Returns how many."""
    if attempt(unit, lambda: projections.apply(hq, unit, store, facts)) is None:
        return 0
    refused = 0
    for fact in list(facts):
        why = attempt(unit, lambda fact=fact: projections.apply(hq, unit, store, [fact]))
        if why is not None:
            log.error("event %s cannot be applied", fact.entry.id, extra={"code": why})
            refused += 1
            facts.remove(fact)
            _quarantine(hq, unit, store, fact.entry, why, cases)
    return refused


def _quarantine(hq: Hq, unit: Unit, store: str, entry: Entry, code: str, cases: list[ExceptionCase]) -> None:
    streams.quarantine(unit, store, streams.key_of(entry), code)
    cases.append(_case(hq, CaseKind.QUARANTINED_EVENT, store, entry, code))


def _case(hq: Hq, kind: CaseKind, store: str, entry: Entry, code: str) -> ExceptionCase:
    evidence: dict[str, str | int] = {
        "code": code, "event": streams.key_of(entry), "type": streams.shown(entry.type),
        "node": streams.shown(entry.node), "epoch": streams.shown(entry.epoch), "seq": str(entry.seq)[:20],
    }  # fmt: skip
    return new_case(hq, kind, store, streams.key_of(entry), evidence)


def _report_fork(hq: Hq, store: str, header: PushHeader, answer: ForkAnswer) -> None:
    evidence: dict[str, str | int] = {
        "code": "stream.fork", "node": header.node, "epoch": header.epoch, "from": header.from_seq,
        "through": answer.through,
    }  # fmt: skip
    case = new_case(hq, CaseKind.FORKED_STREAM, store, f"{header.node}/{header.epoch}", evidence)
    hq.database.write(lambda unit: open_cases(unit, [case]))


def _check_store(hq: Hq, pusher: Node, origin_node: str) -> None:
    """A machine speaks for the machines of its own store only."""
    if origin_node == pusher.node_id:
        return
    origin = _node(hq, origin_node)
    if origin is None or origin.store != pusher.store:
        raise RuleViolationError("push.other_store")


def _first_unsigned(hq: Hq, store: str, entries: Sequence[StreamEntry]) -> int | None:
    """The position of the first signature that does not hold, or None: each covers its run through the hash chain."""
    for placed in signatures_to_check(entries):
        origin = _node(hq, placed.entry.node)
        if origin is None or origin.store != store:
            return placed.seq
        if not _key(origin.public_key).verify(placed.entry.entry_hash, placed.entry.sig):
            return placed.seq
    return None


def _node(hq: Hq, node_id: str) -> Node | None:
    if "\x00" in node_id or len(node_id) > 80:
        return None
    return hq.database.read(lambda conn: access.node_of(conn, node_id))


@lru_cache(maxsize=MAX_KNOWN_KEYS)
def _key(text: str) -> PublicKey:
    return PublicKey(text)
