"""Which stream goes next on one line: the agent's own first, then the others in turn, the longest waiting first."""

from collections.abc import Sequence

import msgspec

from retail_core.sync.push import Phase, SenderState
from retail_core.wire.envelope import StreamId

MAX_AT_ONCE = 2
"""Requests in flight on one line, over all streams. One slow answer must not stop the others."""


class Lane(msgspec.Struct, frozen=True):
    """A stream that shares the line. `oldest_ms` is the time of its oldest owed entry, `served` its last turn (0 never)."""

    stream: StreamId
    state: SenderState
    own: bool = False
    oldest_ms: int = 0
    served: int = 0


def next_lanes(lanes: Sequence[Lane], now_ms: int, at_once: int = MAX_AT_ONCE) -> tuple[StreamId, ...]:
    """The streams to tick now, best first, so that no more than `at_once` are under way.

    The driver gives each chosen lane the next turn number as `served`. A lane under way whose time has come is ticked
    too: that is how its time-out is noticed.
    """
    busy = [lane for lane in lanes if _under_way(lane.state)]
    late = sorted((lane for lane in busy if lane.state.due_ms <= now_ms), key=_turn)
    idle = sorted((lane for lane in lanes if not _under_way(lane.state) and lane.state.due_ms <= now_ms), key=_turn)
    free = max(0, at_once - len(busy))
    return tuple(lane.stream for lane in (*late, *idle[:free]))


def _under_way(state: SenderState) -> bool:
    return state.phase in {Phase.LOADING, Phase.IN_FLIGHT, Phase.CHECKING}


def _turn(lane: Lane) -> tuple[bool, int, int, StreamId]:
    return not lane.own, lane.served, lane.oldest_ms, lane.stream
