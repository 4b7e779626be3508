"""The words of the sender: its state, the messages a driver gives it, the actions it asks for. Moves are in `sender`."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from retail_core.wire.envelope import Head, StreamEntry, StreamId
from retail_core.wire.messages import (
    MAX_EVENTS_PER_BATCH,
    DamagedAnswer,
    ForkAnswer,
    GapAnswer,
    PushAnswer,
    PushHeader,
)


class Role(StrEnum):
    ORIGIN = "origin"
    RELAY = "relay"


class Phase(StrEnum):
    RESTING = "resting"
    LOADING = "loading"
    IN_FLIGHT = "in_flight"
    CHECKING = "checking"
    WAITING = "waiting"
    FORKED = "forked"


class Why(StrEnum):
    """Why our own chain is looked up."""

    ACCEPTED = "accepted"
    FORK = "fork"
    GAP = "gap"
    WITNESS = "witness"


class SenderState(msgspec.Struct, frozen=True):
    """Made by `sender.start`. `source` is our own copy, `stream` its name on the wire; they differ in a salvage."""

    source: StreamId
    stream: StreamId
    peer: str
    role: Role
    through: Head
    hq: Head
    base: Head  # our copy begins above it
    joined: bool = True  # False: HQ lacks what lies below our base, so nothing of ours counts as acknowledged by HQ
    phase: Phase = Phase.RESTING
    due_ms: int = 0
    request: int = 0
    sent: Head = Head()
    claims: tuple[Head, ...] = ()
    why: Why = Why.ACCEPTED
    answer: PushAnswer = PushAnswer(0, "")
    woken: bool = False
    max_events: int = MAX_EVENTS_PER_BATCH
    failures: int = 0
    damaged_at: int = 0
    damaged_tries: int = 0
    stand_ins: tuple[int, ...] = ()

    @property
    def salvaging(self) -> bool:
        return self.stream != self.source


class Tick(msgspec.Struct, frozen=True):
    """Time has passed. Due when now has reached `state.due_ms`; an earlier tick changes nothing."""


class Woken(msgspec.Struct, frozen=True):
    """Our copy has grown."""


class Loaded(msgspec.Struct, frozen=True):
    """Answer to `Load`: our chain hashes at `check` (None where our copy has no such position) and the entries."""

    own: tuple[bytes | None, ...]
    entries: Sequence[StreamEntry]


class Checked(msgspec.Struct, frozen=True):
    """Answer to `Check`: our chain hashes, None where our copy has no such position."""

    own: tuple[bytes | None, ...]


class Answered(msgspec.Struct, frozen=True):
    """The peer's answer to request number `request`."""

    request: int
    answer: PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer


class Failed(msgspec.Struct, frozen=True):
    """No usable answer: unreachable, cut, 401, 429, 5xx. `retry_after_ms` when the peer named a time."""

    request: int
    retry_after_ms: int = 0


class TooLarge(msgspec.Struct, frozen=True):
    """413, or the encoded batch broke a byte limit."""

    request: int


class Witnessed(msgspec.Struct, frozen=True):
    """What the peer has of this stream, asked outside a push; `Head()` when it never had it. `hq` as far as it knows.

    To be asked at start, after HQ came back from a backup, and again and again while `sender.unanswered`: a peer whose
    disk was replaced would else never be sent again what HQ still lacks.
    """

    theirs: Head
    hq: Head = Head()


Message = Tick | Woken | Loaded | Checked | Answered | Failed | TooLarge | Witnessed


class Load(msgspec.Struct, frozen=True):
    """Read our copy, in one snapshot: its chain hashes at `check`, and up to `limit` entries above `after`.

    The chain hash at position 0 is GENESIS, and at the position where a copy begins it is that of its base.
    Report `Loaded`.
    """

    source: StreamId
    check: tuple[int, ...]
    after: int
    limit: int


class Check(msgspec.Struct, frozen=True):
    """Read our chain hashes at these positions, by the same rules. Report `Checked`."""

    source: StreamId
    seqs: tuple[int, ...]


class Send(msgspec.Struct, frozen=True):
    """Push the batch to `peer` with `clock_ms` filled in. Report `Answered`, `Failed` or `TooLarge` with `request`."""

    peer: str
    request: int
    header: PushHeader
    entries: Sequence[StreamEntry]
    full: bool


class Record(msgspec.Struct, frozen=True):
    """Persist: `peer` has our copy of `source` up to `through`, HQ up to `hq`. Either may go back (HQ restored).

    In a salvage the events are there under another stream's name; for our copy it comes to the same.
    """

    peer: str
    source: StreamId
    through: Head
    hq: Head
    quarantined: tuple[int, ...] = ()
    clock_offset_ms: int | None = None


class OpenEpoch(msgspec.Struct, frozen=True):
    """Our till went back in time: it must begin a new epoch (see `epoch`). The peer holds `theirs` instead."""

    source: StreamId
    theirs: Head


class Notice(msgspec.Struct, frozen=True):
    """For people and counters: `sync.salvage`, `sync.damaged`, `sync.too_many_branches`."""

    code: str
    stream: StreamId
    seq: int


Action = Load | Check | Send | Record | OpenEpoch | Notice
Step = tuple[SenderState, tuple[Action, ...]]
