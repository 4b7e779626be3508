"""The sync lamp: where the sales of this till are, in one state that names what is down, and two figures."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from pos_app.service.way import Part, PartState, way
from pos_app.storage.readers import Links
from retail_core.domain.clock import Clock
from retail_core.durable.link import LinkStatusDoc
from retail_core.sync.alone import days_left
from retail_core.wire.envelope import StreamId

CATCHING_UP_FROM = 5
CLOCK_ALERT_MS = 600_000
"""From here on a wrong clock is not only told on the page: every screen says so, and head office has a case."""


class LinkState(StrEnum):
    STARTING = "starting"
    SYNCED = "synced"
    AGENT_DOWN = "agent_down"
    NO_NETWORK = "no_network"
    NO_INTERNET = "no_internet"
    HQ_OFFLINE = "hq_offline"
    LOCKED = "locked"
    ALONE = "alone"
    ALONE_SOON = "alone_soon"
    OTHERS_SILENT = "others_silent"
    CLOCK_WRONG = "clock_wrong"
    CATCHING_UP = "catching_up"


class LinkView(msgspec.Struct, frozen=True):
    """`queued`: entries HQ has not confirmed; `last_contact_ms`: wall time of HQ's last answer, 0 for never."""

    state: LinkState
    queued: int
    last_contact_ms: int


class LinkStatus:
    def __init__(self, facts: Links, clock: Clock, own_agent: str) -> None:
        self._facts, self._own_agent = facts, own_agent
        self._clock = clock
        self._head_seq = 0
        self._stream: StreamId | None = None

    def wrote(self, stream: StreamId, head_seq: int) -> None:
        """The till's own journal reached this position."""
        self._stream, self._head_seq = stream, head_seq

    @property
    def epoch(self) -> str:
        """The epoch the till writes in now; empty while it is starting."""
        return self._stream.epoch if self._stream else ""

    def read(self) -> LinkView:
        """Cheap enough for every second."""
        status = self._facts.status()
        if self._stream is None:
            return LinkView(LinkState.STARTING, 0, status.hq_contact_ms)
        acked = self._facts.acked(self._stream).seq
        queued = max(0, self._head_seq - acked)
        return LinkView(self._state(status, queued), queued, status.hq_contact_ms)

    def _state(self, status: LinkStatusDoc, queued: int) -> LinkState:
        if not status.at_ms or not (status.hq_contact_ms or status.error):
            return LinkState.STARTING
        lock = self._facts.locks().get(self._own_agent)
        if lock and lock.locked:
            return LinkState.LOCKED
        others = self._facts.other_agents(self._own_agent)
        found = lamp(way(status, others, self._clock.now_ms()), queued)
        return clock_first(alone_first(found, status.alone_days if others else 0), status.hq_offset_ms)


def alone_first(found: LinkState, alone_days: int) -> LinkState:
    """That the tills stop helping one another, or will within a week, is said before what else is down in front of head office."""
    left = days_left(alone_days)
    if left is None or found is LinkState.AGENT_DOWN:
        return found
    return LinkState.ALONE_SOON if left else LinkState.ALONE


def clock_first(found: LinkState, offset_ms: int) -> LinkState:
    """A clock far off is said before what is well; what is down is said before that."""
    well = found in (LinkState.SYNCED, LinkState.OTHERS_SILENT, LinkState.CATCHING_UP)
    return LinkState.CLOCK_WRONG if well and abs(offset_ms) >= CLOCK_ALERT_MS else found


def lamp(parts: Mapping[Part, PartState], queued: int) -> LinkState:
    """The nearest part that keeps sales from head office names the trouble."""
    if parts[Part.AGENT] is PartState.DOWN:
        return LinkState.AGENT_DOWN
    if parts[Part.HQ] is PartState.OK:
        if queued > CATCHING_UP_FROM:
            return LinkState.CATCHING_UP
        return LinkState.OTHERS_SILENT if parts[Part.LAN] is PartState.DOWN else LinkState.SYNCED
    if parts[Part.INTERNET] is PartState.DOWN:
        return LinkState.NO_INTERNET
    if parts[Part.LAN] is PartState.DOWN and parts[Part.INTERNET] is PartState.UNKNOWN:
        return LinkState.NO_NETWORK
    return LinkState.HQ_OFFLINE
