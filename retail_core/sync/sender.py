"""One stream towards one peer: what is sent next, and what an answer means. No I/O.

    RESTING ─Woken, Tick─► LOADING ─Loaded─► IN_FLIGHT ─Answered─► CHECKING ─Checked─► LOADING …
                             │ nothing owed → RESTING     └─Failed, timeout─► WAITING ─Tick─► LOADING
    any ─our chain and the peer's can't be joined─► FORKED (an origin: the till must open a new epoch)
                                                    or LOADING as a salvage stream (a relay)

What a driver may rely on: at most one request in flight; everything of our chain up to `state.through` is durable at the
peer, and everything up to `state.hq` at HQ. An *origin* is the agent beside the till with the till's current epoch;
everybody else (store role, second copy, an earlier epoch) is a *relay*. Persist only what `Record` says. A driver may
drop a sender at any moment and start it again with the recorded heads; stale or wrong ones are found out.
"""

from collections.abc import Sequence
from typing import assert_never

from msgspec.structs import replace

from retail_core.domain.errors import require
from retail_core.sync.backoff import after_failure, pause
from retail_core.sync.damage import stand_in
from retail_core.sync.push import (
    Answered,
    Check,
    Checked,
    Failed,
    Load,
    Loaded,
    Message,
    Notice,
    OpenEpoch,
    Phase,
    Record,
    Role,
    Send,
    SenderState,
    Step,
    Tick,
    TooLarge,
    Why,
    Witnessed,
    Woken,
)
from retail_core.wire.batch import trim_to_signed
from retail_core.wire.envelope import HASH_BYTES, SALVAGE_MARK, Head, StreamEntry, StreamId
from retail_core.wire.messages import (
    MAX_EVENTS_PER_BATCH,
    DamagedAnswer,
    ForkAnswer,
    GapAnswer,
    PushAnswer,
    PushHeader,
)

HQ_PEER = "hq"
REQUEST_TIMEOUT_MS = 30_000
POLL_MS = 30_000
"""A resting sender looks again this often, should a wake byte be lost."""
DAMAGED_TRIES = 3
MAX_SALVAGE_DEPTH = 8
"""One epoch can't have more branches than machines that copied it."""
NEVER_MS = 1 << 62


def start(source: StreamId, peer: str, role: Role, through: Head, hq: Head, base: Head | None = None) -> SenderState:
    """A sender that goes on from what was recorded; due at once. Only a relay's copy may begin above a `base`."""
    base = base or Head()
    require(role is Role.RELAY or base.seq == 0, "sync.origin_is_whole", base=base.seq)
    if peer == HQ_PEER:  # one head under two names, whichever way it was learnt
        through = hq = max(through, hq, key=lambda head: head.seq)
    return SenderState(source, source, peer, role, through, hq, base)


def step(state: SenderState, message: Message, now_ms: int, jitter: float) -> Step:
    """The next state and what to do for it. A message that fits no phase (late, repeated) changes nothing."""
    match message:
        case Tick():
            return _tick(state, now_ms, jitter)
        case Woken():
            return _load(state, now_ms) if state.phase is Phase.RESTING else (replace(state, woken=True), ())
        case Loaded():
            return _loaded(state, message, now_ms, jitter) if state.phase is Phase.LOADING else (state, ())
        case Checked():
            return _checked(state, message.own, now_ms, jitter) if state.phase is Phase.CHECKING else (state, ())
        case Witnessed():
            idle = state.phase in {Phase.RESTING, Phase.WAITING}
            return _witnessed(state, message, now_ms) if idle else (state, ())
        case Answered() | Failed() | TooLarge():
            wanted = state.phase is Phase.IN_FLIGHT and message.request == state.request
            return _replied(state, message, now_ms, jitter) if wanted else (state, ())
        case _:
            assert_never(message)


def moved(state: SenderState, peer: str, through: Head) -> SenderState:
    """The same copy towards another peer, of which `through` is recorded; what is under way is forgotten."""
    if state.phase is Phase.FORKED:
        return state
    fresh = start(state.source, peer, state.role, through, state.hq, state.base)
    return replace(fresh, request=state.request)


def unanswered(state: SenderState) -> bool:
    """True when the peer has what HQ is not known to have: the driver should ask it again for its heads."""
    return state.phase in {Phase.RESTING, Phase.WAITING} and state.hq.seq < state.through.seq


def acked(state: SenderState, hq: Head) -> SenderState:
    """HQ's head on our chain, learnt by another sender of the same copy."""
    return replace(state, hq=hq) if hq.seq > state.hq.seq else state


def cut(entries: Sequence[StreamEntry], max_events: int) -> Sequence[StreamEntry]:
    """The longest start of at most `max_events` that ends signed, else the shortest start that does."""
    wished = trim_to_signed(entries[:max_events])
    if wished:
        return wished
    for size in range(max_events + 1, len(entries) + 1):
        if entries[size - 1].entry.sig:
            return trim_to_signed(entries[:size])
    return ()


# ── reading and sending ──────────────────────────────────────────────────────────────────────────


def _tick(state: SenderState, now_ms: int, jitter: float) -> Step:
    if now_ms < state.due_ms:
        return state, ()
    if state.phase is Phase.IN_FLIGHT:
        return _failed(state, 0, now_ms, jitter)
    return _load(state, now_ms)


def _load(state: SenderState, now_ms: int) -> Step:
    due, claims = now_ms + REQUEST_TIMEOUT_MS, (state.through, state.hq)
    loading = replace(state, phase=Phase.LOADING, claims=claims, woken=False, due_ms=due)
    check = tuple(head.seq for head in claims)
    return loading, (Load(state.source, check, state.through.seq, MAX_EVENTS_PER_BATCH),)


def _loaded(state: SenderState, message: Loaded, now_ms: int, jitter: float) -> Step:
    for claim, ours in zip(state.claims, message.own, strict=True):
        if ours != claim.chain_hash:
            return _went_back(state, claim, now_ms, jitter)
    batch = cut(message.entries, state.max_events)
    if not batch:
        if state.woken:
            return _load(state, now_ms)
        return replace(state, phase=Phase.RESTING, due_ms=now_ms + POLL_MS), ()
    if state.stand_ins:
        batch = [stand_in(placed) if placed.seq in state.stand_ins else placed for placed in batch]
    acked = Head() if state.salvaging else state.hq
    header = PushHeader(
        state.stream.node, state.stream.epoch, state.through.seq, state.through.chain_hash,
        acked_seq=acked.seq, acked_hash=acked.chain_hash,
    )  # fmt: skip
    sending = replace(
        state,
        phase=Phase.IN_FLIGHT,
        request=state.request + 1,
        sent=Head(batch[-1].seq, batch[-1].chain_hash),
        due_ms=now_ms + REQUEST_TIMEOUT_MS,
    )
    return sending, (Send(state.peer, sending.request, header, batch, full=state.damaged_tries > 0),)


def _check(state: SenderState, why: Why, claims: tuple[Head, ...], now_ms: int) -> Step:
    asking = replace(state, phase=Phase.CHECKING, why=why, claims=claims, due_ms=now_ms + REQUEST_TIMEOUT_MS)
    return asking, (Check(state.source, tuple(head.seq for head in claims)),)


def _witnessed(state: SenderState, message: Witnessed, now_ms: int) -> Step:
    if message.theirs.seq == 0 and state.peer != HQ_PEER:  # a relay without the stream may begin where HQ is
        lacking = state.hq if state.hq.seq > state.base.seq else state.base
        back = replace(state, through=lacking) if lacking.seq < state.through.seq else state
        return _load(back, now_ms)
    news = (message.hq,) if state.peer != HQ_PEER and message.hq.seq > state.hq.seq else ()
    return _check(state, Why.WITNESS, (message.theirs, *news), now_ms)


def _failed(state: SenderState, retry_after_ms: int, now_ms: int, jitter: float) -> Step:
    failures = state.failures + 1
    due = now_ms + after_failure(failures, retry_after_ms, jitter)
    return replace(state, phase=Phase.WAITING, failures=failures, due_ms=due), ()


# ── answers ──────────────────────────────────────────────────────────────────────────────────────


def _replied(state: SenderState, message: Answered | Failed | TooLarge, now_ms: int, jitter: float) -> Step:
    if isinstance(message, Failed):
        return _failed(state, message.retry_after_ms, now_ms, jitter)
    if isinstance(message, TooLarge):
        alone = state.sent.seq == state.through.seq + 1
        # an entry too large to travel by itself must not stop the stream: it stays here whole, its stand-in goes up
        return _damaged(state, state.sent.seq, now_ms, jitter) if alone else _failed(_halved(state), 0, now_ms, jitter)
    match message.answer:
        case PushAnswer() as answer:
            return _accepted(state, answer, now_ms, jitter)
        case GapAnswer(expected=expected):
            return _gap(state, expected - 1, now_ms, jitter)
        case ForkAnswer() as answer:
            theirs = _head(answer.through, answer.through_hash)
            return _check(state, Why.FORK, (theirs,), now_ms) if theirs else _failed(state, 0, now_ms, jitter)
        case DamagedAnswer(seq=seq):
            return _damaged(state, seq, now_ms, jitter)
        case _:
            assert_never(message.answer)


def _accepted(state: SenderState, answer: PushAnswer, now_ms: int, jitter: float) -> Step:
    theirs = _head(answer.through, answer.through_hash)
    if theirs is None:
        return _failed(state, 0, now_ms, jitter)
    hq = _head(answer.hq_through, answer.hq_through_hash) if state.peer != HQ_PEER else None
    news = (hq,) if hq and hq.seq > state.hq.seq else ()
    asking, actions = _check(replace(state, answer=answer), Why.ACCEPTED, (theirs, *news), now_ms)
    if theirs == state.sent and news in {(), (theirs,)}:  # our own hash there is known
        return _checked(asking, (theirs.chain_hash,) * len(asking.claims), now_ms, jitter)
    return asking, actions


def _gap(state: SenderState, target: int, now_ms: int, jitter: float) -> Step:
    """The peer lacks what follows `target`. What our copy can't fill goes up beside the stream."""
    if not 0 <= target < state.through.seq:
        return _failed(state, 0, now_ms, jitter)
    if target < state.base.seq:
        return _unjoined(state, now_ms, jitter)
    return _check(state, Why.GAP, (Head(target),), now_ms)


def _damaged(state: SenderState, seq: int | None, now_ms: int, jitter: float) -> Step:
    """Read again and send with every hash; after `DAMAGED_TRIES` the entry gives its place to a stand-in."""
    if seq is None:
        return _failed(replace(_halved(state), damaged_tries=state.damaged_tries + 1), 0, now_ms, jitter)
    if not state.through.seq < seq <= state.sent.seq:
        return _failed(state, 0, now_ms, jitter)
    tries = state.damaged_tries + 1 if seq == state.damaged_at else 1
    counted = replace(state, damaged_at=seq, damaged_tries=tries)
    waiting, _ = _failed(counted, 0, now_ms, jitter)
    if tries < DAMAGED_TRIES or seq in state.stand_ins:
        return waiting, ()
    return replace(waiting, stand_ins=(*state.stand_ins, seq)), (Notice("sync.damaged", state.source, seq),)


def _halved(state: SenderState) -> SenderState:
    return replace(state, max_events=max(1, min(state.max_events, state.sent.seq - state.through.seq) // 2))


# ── our chain against theirs ─────────────────────────────────────────────────────────────────────


def _checked(state: SenderState, own: tuple[bytes | None, ...], now_ms: int, jitter: float) -> Step:
    theirs = state.claims[0]
    ours = own[0] if theirs.seq >= state.base.seq else None  # below our base there is nothing to go on from
    if state.why is Why.GAP:
        return _rewound(state, ours, now_ms, jitter)
    if state.why is Why.FORK and state.role is Role.RELAY:
        return _apart(state, theirs, now_ms, jitter)
    agrees = ours == theirs.chain_hash
    ahead = ours is None and state.role is Role.RELAY and theirs.seq > state.through.seq
    if state.why is Why.ACCEPTED and (agrees or ahead):
        # a peer ahead of our copy has compared what we sent with its own
        after = replace(state, through=theirs if agrees else state.sent)
        return _settled(state, _with_hq(after, own), now_ms, jitter)
    if agrees:
        joined = replace(state, through=theirs, stream=state.source, joined=True)
        return _rejoined(state, _with_hq(joined, own), now_ms, jitter)
    if state.why is Why.WITNESS and state.role is Role.RELAY:
        return _disowned(state, theirs, now_ms, jitter) if not ahead else _load(state, now_ms)
    return _apart(state, theirs, now_ms, jitter)


def _with_hq(state: SenderState, own: tuple[bytes | None, ...]) -> SenderState:
    if state.peer == HQ_PEER:
        return replace(state, hq=state.through) if state.joined else state
    if len(own) > 1 and own[1] == state.claims[1].chain_hash:
        return replace(state, hq=state.claims[1])
    return state


def _settled(before: SenderState, after: SenderState, now_ms: int, jitter: float) -> Step:
    """A batch was accepted. An acceptance that brings nothing forward counts as a failure, or two could spin for ever."""
    answer = before.answer
    record = _record(after, answer)
    if after.through.seq <= before.through.seq:
        waiting, _ = _failed(after, 0, now_ms, jitter)
        return waiting, (record,)
    settled = replace(
        after,
        failures=0,
        damaged_at=0,
        damaged_tries=0,
        max_events=min(max(answer.next.max_events, 1), MAX_EVENTS_PER_BATCH),
        stand_ins=tuple(seq for seq in after.stand_ins if seq > after.through.seq),
    )
    wait_ms = pause(answer.next.delay_ms)
    if wait_ms:
        return replace(settled, phase=Phase.WAITING, due_ms=now_ms + wait_ms), (record,)
    loading, actions = _load(settled, now_ms)
    return loading, (record, *actions)


def _rewound(state: SenderState, ours: bytes | None, now_ms: int, jitter: float) -> Step:
    """Go back to where the peer's copy ends; only the first time at once."""
    if ours is None:  # our copy has a hole there
        return _apart(state, state.claims[0], now_ms, jitter)
    back = replace(state, through=Head(state.claims[0].seq, ours))
    if state.peer == HQ_PEER:
        back = replace(back, hq=back.through)
    record = _record(back)
    waiting, _ = _failed(back, 0, now_ms, jitter)
    if state.failures:
        return waiting, (record,)
    loading, actions = _load(waiting, now_ms)
    return loading, (record, *actions)


def _rejoined(before: SenderState, after: SenderState, now_ms: int, jitter: float) -> Step:
    """Asked, or refusing an origin's batch from below its base, the peer turned out to be on our chain."""
    record = _record(after)
    if before.why is Why.FORK and after.through.seq <= before.through.seq:
        waiting, _ = _failed(after, 0, now_ms, jitter)
        return waiting, (record,)
    loading, actions = _load(after, now_ms)
    return loading, (record, *actions)


def _apart(state: SenderState, theirs: Head, now_ms: int, jitter: float) -> Step:
    """The peer's copy is of another branch."""
    if state.role is Role.ORIGIN:
        return replace(state, phase=Phase.FORKED, due_ms=NEVER_MS), (OpenEpoch(state.source, theirs),)
    return _salvage(state, now_ms, jitter)


def _disowned(state: SenderState, theirs: Head, now_ms: int, jitter: float) -> Step:
    """Asked, the peer has another branch or less than our copy begins with: nothing recorded can be trusted any more."""
    if theirs.seq >= state.base.seq:
        fresh = replace(state, stream=state.source, through=state.base, hq=Head(), joined=True)
        return _salvage(fresh, now_ms, jitter)
    if not state.joined:  # known; the origin has to fill it
        return _load(state, now_ms)
    return _unjoined(replace(state, stream=state.source), now_ms, jitter)


def _unjoined(state: SenderState, now_ms: int, jitter: float) -> Step:
    """The peer lacks what our copy never had. The rest goes up beside the stream, and acknowledges nothing below it."""
    fresh = replace(state, through=state.base, hq=Head(), joined=state.peer != HQ_PEER)
    after, actions = _salvage(fresh, now_ms, jitter)
    return after, (_record(fresh), *actions)


def _went_back(state: SenderState, recorded: Head, now_ms: int, jitter: float) -> Step:
    """What was recorded doesn't lie on our chain: our copy was replaced by an older or another one."""
    if state.role is Role.ORIGIN:
        return _apart(state, recorded, now_ms, jitter)
    if state.through == state.base and state.hq == Head():
        return _failed(state, 0, now_ms, jitter)  # not even the beginning fits: the driver gave a wrong base
    fresh = replace(state, stream=state.source, through=state.base, hq=Head(), joined=True)
    loading, actions = _load(fresh, now_ms)
    return loading, (_record(fresh), *actions)


def _salvage(state: SenderState, now_ms: int, jitter: float) -> Step:
    """Send what follows `state.through` beside the stream, where it is told from the other branch by its ids."""
    if state.stream.node.count(SALVAGE_MARK) >= MAX_SALVAGE_DEPTH:
        waiting, _ = _failed(state, 0, now_ms, jitter)
        return waiting, (Notice("sync.too_many_branches", state.source, state.through.seq),)
    beside = replace(state, stream=state.stream.salvage, damaged_at=0, damaged_tries=0)
    loading, actions = _load(beside, now_ms)
    return loading, (Notice("sync.salvage", beside.stream, state.through.seq), *actions)


def _record(state: SenderState, answer: PushAnswer | None = None) -> Record:
    # unjoined, a restart begins at the base again: what was sent beside the stream must not count as HQ's word
    through = state.through if state.joined else state.base
    if answer is None:
        return Record(state.peer, state.source, through, state.hq)
    return Record(state.peer, state.source, through, state.hq, tuple(answer.quarantined), answer.clock_offset_ms)


def _head(seq: int, text: str) -> Head | None:
    """A position from an answer, None for one that can't be."""
    try:
        chained = bytes.fromhex(text)
    except ValueError:
        return None
    return Head(seq, chained) if seq >= 0 and len(chained) == HASH_BYTES else None
