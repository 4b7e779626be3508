"""The pull client of one scope: cursor, slices, generation, snapshot, long poll and back-off. No I/O.

    RESTING ─Tick, Woken─► PULLING ─Page─► APPLYING ─Applied─► … last slice ─► PULLING
                              │ nothing new → RESTING for a moment (the server waits)
    PULLING, APPLYING, SNAPSHOT ─Failed, time-out─► WAITING ─Tick─► PULLING
    PULLING ─Gone, or another generation─► SNAPSHOT ─SnapshotDone─► PULLING

Cursor and rows are written in one transaction per slice, so a crash repeats nothing. Another generation means
that HQ came back from a backup: the *down side* is loaded anew, and no fact of ours is touched.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import assert_never

import msgspec
from msgspec.structs import replace

from retail_core.sync.backoff import after_failure
from retail_core.wire.messages import MAX_PULL_LIMIT, MAX_PULL_WAIT_S, FeedRow, PageHead

EMPTY_PAUSE_MS = 100
"""A server that answers "nothing new" at once instead of waiting can't make us spin."""
PULL_TIMEOUT_MS = MAX_PULL_WAIT_S * 1000 + 10_000
SLICE_TARGET_MS = 20
"""A slice holds the file's writer no longer than one frame of the screen."""
SLICE_ROWS_FIRST = 200
SLICE_ROWS_MIN = 20
SLICE_ROWS_MAX = MAX_PULL_LIMIT
SNAPSHOT_TIMEOUT_MS = 15 * 60_000


class Phase(StrEnum):
    RESTING = "resting"
    PULLING = "pulling"
    APPLYING = "applying"
    SNAPSHOT = "snapshot"
    WAITING = "waiting"


class FeedState(msgspec.Struct, frozen=True):
    """Made by `start`. `rows` are those of the page still to be applied.

    `fresh`: begun at 0 and not yet at the head; whatever was taken away meanwhile was never here.
    """

    scope: str
    accepts: tuple[str, ...]
    cursor: int
    generation: str
    phase: Phase = Phase.RESTING
    due_ms: int = 0
    request: int = 0
    head: int = 0
    page_to: int = 0
    slice_to: int = 0
    rows: Sequence[FeedRow] = ()
    fresh: bool = False
    slice_rows: int = SLICE_ROWS_FIRST
    failures: int = 0

    @property
    def caught_up(self) -> bool:
        """True when everything HQ had at the last answer is applied here."""
        return self.cursor >= self.head and not self.rows


class Tick(msgspec.Struct, frozen=True):
    """Time has passed; due at `state.due_ms`."""


class Woken(msgspec.Struct, frozen=True):
    """Somebody knows that there is news, or that the line is back."""


class Page(msgspec.Struct, frozen=True):
    """The answer to request number `request`. `genuine`: HQ's signature over head and body was checked and is right."""

    request: int
    head: PageHead
    rows: Sequence[FeedRow]
    genuine: bool


class Gone(msgspec.Struct, frozen=True):
    """410: the cursor is older than what HQ still has."""

    request: int


class Failed(msgspec.Struct, frozen=True):
    """No usable answer to a pull or a snapshot, or a slice that could not be written."""

    request: int
    retry_after_ms: int = 0


class Applied(msgspec.Struct, frozen=True):
    """The slice that ends at `cursor` is durable; it took this long."""

    cursor: int
    took_ms: int


class SnapshotDone(msgspec.Struct, frozen=True):
    """The snapshot is in use, or the scope was emptied, and the recorded cursor and generation are these."""

    request: int
    cursor: int
    generation: str


Message = Tick | Woken | Page | Gone | Failed | Applied | SnapshotDone


class Pull(msgspec.Struct, frozen=True):
    """GET /v1/pull. Report `Page`, `Gone` or `Failed` with `request`."""

    request: int
    scope: str
    cursor: int
    limit: int
    wait_s: int
    accepts: tuple[str, ...]
    fresh: bool = False


class Apply(msgspec.Struct, frozen=True):
    """Write rows, cursor and generation in one transaction; skip kinds you don't know. Report `Applied`."""

    scope: str
    rows: Sequence[FeedRow]
    cursor: int
    generation: str


class TakeSnapshot(msgspec.Struct, frozen=True):
    """Load the scope anew: a prebuilt file where there is one, else empty the scope and pull from 0.

    Report `SnapshotDone` or `Failed` with `request`.
    """

    request: int
    scope: str


class Notice(msgspec.Struct, frozen=True):
    """For people and counters: `feed.forged_page`, `feed.wrong_page`, `feed.new_generation`."""

    code: str
    scope: str


Action = Pull | Apply | TakeSnapshot | Notice
Step = tuple[FeedState, tuple[Action, ...]]


def start(scope: str, cursor: int, generation: str, accepts: Sequence[str] = (), *, filling: bool = False) -> FeedState:
    """Go on from the recorded cursor; `generation` is "" for a scope never pulled. Due at once.

    `filling`: begun at 0 before the last stop, and not at the head yet.
    """
    return FeedState(scope, tuple(accepts), cursor, generation, fresh=filling or not cursor)


def step(state: FeedState, message: Message, now_ms: int, jitter: float) -> Step:
    """The next state and what to do for it. A message that fits no phase (late, repeated) changes nothing."""
    match message:
        case Tick():
            return _tick(state, now_ms, jitter)
        case Woken():
            return _pull(state, now_ms) if state.phase in {Phase.RESTING, Phase.WAITING} else (state, ())
        case Applied():
            expected = state.phase is Phase.APPLYING and message.cursor == state.slice_to
            return _applied(state, message.took_ms, now_ms) if expected else (state, ())
        case Page() | Gone() | Failed() | SnapshotDone():
            return _replied(state, message, now_ms, jitter) if message.request == state.request else (state, ())
        case _:
            assert_never(message)


def slice_size(rows_now: int, took_ms: int) -> int:
    """Rows of the next slice, so that it takes about `SLICE_TARGET_MS`; at most doubled at a time."""
    wished = rows_now * SLICE_TARGET_MS // max(took_ms, 1)
    return max(SLICE_ROWS_MIN, min(wished, rows_now * 2, SLICE_ROWS_MAX))


def _tick(state: FeedState, now_ms: int, jitter: float) -> Step:
    if now_ms < state.due_ms:
        return state, ()
    if state.phase in {Phase.PULLING, Phase.APPLYING, Phase.SNAPSHOT}:
        return _failed(state, 0, now_ms, jitter)
    return _pull(state, now_ms)


def _pull(state: FeedState, now_ms: int) -> Step:
    # a page that is known to be waiting is asked for without a wait, so that a proxy can't hold it back
    wait_s = MAX_PULL_WAIT_S if state.caught_up else 0
    pulling = replace(state, phase=Phase.PULLING, request=state.request + 1, rows=(), due_ms=now_ms + PULL_TIMEOUT_MS)
    asked = Pull(pulling.request, state.scope, state.cursor, MAX_PULL_LIMIT, wait_s, state.accepts, state.fresh)
    return pulling, (asked,)


def _replied(state: FeedState, message: Page | Gone | Failed | SnapshotDone, now_ms: int, jitter: float) -> Step:
    match message:
        case Page() if state.phase is Phase.PULLING:
            return _page(state, message, now_ms, jitter)
        case Gone() if state.phase is Phase.PULLING:
            return _snapshot(state, now_ms)
        case Failed() if state.phase in {Phase.PULLING, Phase.APPLYING, Phase.SNAPSHOT}:
            return _failed(state, message.retry_after_ms, now_ms, jitter)
        case SnapshotDone() if state.phase is Phase.SNAPSHOT:
            begun = replace(state, cursor=message.cursor, generation=message.generation, head=0, rows=(), failures=0)
            return _pull(replace(begun, fresh=not message.cursor), now_ms)
        case _:
            return state, ()


def _page(state: FeedState, page: Page, now_ms: int, jitter: float) -> Step:
    head = page.head
    if not page.genuine:
        return _distrusted(state, "feed.forged_page", now_ms, jitter)
    if state.generation and head.generation != state.generation:
        again, actions = _snapshot(state, now_ms)
        return again, (Notice("feed.new_generation", state.scope), *actions)
    if head.scope != state.scope or head.from_rev != state.cursor or not _in_order(page):
        return _distrusted(state, "feed.wrong_page", now_ms, jitter)
    received = replace(
        state, generation=head.generation, head=head.head, page_to=head.to_rev, rows=page.rows, failures=0
    )
    if head.to_rev == state.cursor and state.generation:
        return replace(received, phase=Phase.RESTING, fresh=False, due_ms=now_ms + EMPTY_PAUSE_MS), ()
    return _apply(received, now_ms)


def _in_order(page: Page) -> bool:
    revs = [page.head.from_rev, *(row.rev for row in page.rows)]
    return all(a < b for a, b in pairwise(revs)) and revs[-1] <= page.head.to_rev


def _apply(state: FeedState, now_ms: int) -> Step:
    now = state.rows[: state.slice_rows]
    cursor = state.page_to if len(now) == len(state.rows) else now[-1].rev
    applying = replace(state, phase=Phase.APPLYING, slice_to=cursor, due_ms=now_ms + PULL_TIMEOUT_MS)
    return applying, (Apply(state.scope, now, cursor, state.generation),)


def _applied(state: FeedState, took_ms: int, now_ms: int) -> Step:
    done = min(state.slice_rows, len(state.rows))
    rest = state.rows[done:]
    size = slice_size(state.slice_rows, took_ms) if done == state.slice_rows else state.slice_rows
    fresh = state.fresh and state.slice_to < state.head
    after = replace(state, rows=rest, cursor=state.slice_to, slice_rows=size, fresh=fresh)
    return _apply(after, now_ms) if rest else _pull(after, now_ms)


def _snapshot(state: FeedState, now_ms: int) -> Step:
    taking = replace(
        state, phase=Phase.SNAPSHOT, request=state.request + 1, rows=(), due_ms=now_ms + SNAPSHOT_TIMEOUT_MS
    )
    return taking, (TakeSnapshot(taking.request, state.scope),)


def _distrusted(state: FeedState, code: str, now_ms: int, jitter: float) -> Step:
    waiting, _ = _failed(state, 0, now_ms, jitter)
    return waiting, (Notice(code, state.scope),)


def _failed(state: FeedState, retry_after_ms: int, now_ms: int, jitter: float) -> Step:
    failures = state.failures + 1
    due = now_ms + after_failure(failures, retry_after_ms, jitter)
    return replace(state, phase=Phase.WAITING, failures=failures, due_ms=due), ()
