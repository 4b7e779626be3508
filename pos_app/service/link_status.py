"""The sync lamp: where the sales of this till are, in one of four states and two figures."""

from enum import StrEnum

import msgspec

from pos_app.storage.readers import Links
from retail_core.domain.clock import Clock
from retail_core.wire.envelope import StreamId

AGENT_SILENT_MS = 10_000
HQ_SILENT_MS = 40_000  # a long poll of 25 s and a retry


class LinkState(StrEnum):
    STARTING = "starting"
    SYNCED = "synced"
    HQ_OFFLINE = "hq_offline"
    CATCHING_UP = "catching_up"


class LinkView(msgspec.Struct, frozen=True):
    """`queued`: entries HQ has not confirmed; `last_contact_ms`: wall time of HQ's last answer, 0 for never."""

    state: LinkState
    queued: int
    last_contact_ms: int


class LinkStatus:
    def __init__(self, facts: Links, clock: Clock) -> None:
        self._facts = facts
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
        silent = self._clock.now_ms() - status.hq_contact_ms > HQ_SILENT_MS
        if not status.hq_contact_ms:
            state = LinkState.STARTING if not status.error else LinkState.HQ_OFFLINE
        elif silent or status.error:
            state = LinkState.HQ_OFFLINE
        else:
            state = LinkState.CATCHING_UP if queued > 5 else LinkState.SYNCED
        return LinkView(state, queued, status.hq_contact_ms)
