"""Which streams this machine carries to HQ: its own first, then the till beside it, then its neighbours'."""

from collections.abc import Sequence

from retail_core.domain.clock import Clock
from retail_core.wire.envelope import StreamId
from sync_agent.config import COPY_PATIENCE_MS
from sync_agent.storage import streams
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Copy
from sync_agent.till_link import till_copies


def everything(files: Files) -> Sequence[Copy]:
    """The store role carries all it has."""
    return [*till_copies(files), *streams.kept_copies(files)]


class Patient:
    """Without the store role: a neighbour's copy goes up only when HQ has lacked something of it for long.

    Then the machine that should have carried it is gone, and this copy may be the only one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: dict[StreamId, tuple[int, int]] = {}  # (HQ's position, monotonic time when it was first seen)

    def overdue(self, files: Files) -> Sequence[Copy]:
        now_ms = self._clock.monotonic_ms()
        found: list[Copy] = []
        for copy in streams.kept_copies(files):
            if copy.head.seq <= copy.hq.seq:
                self._since.pop(copy.source, None)
                continue
            at, since = self._since.get(copy.source, (-1, now_ms))
            if at != copy.hq.seq:
                at, since = copy.hq.seq, now_ms
            self._since[copy.source] = at, since
            if now_ms - since >= COPY_PATIENCE_MS:
                found.append(copy)
        return found
