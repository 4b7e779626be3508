"""What time it is for the dates of prices and offers: head office's, as the agent measured it, else this machine's.

Facts are written with this machine's own time and the offset beside it; only what begins and ends at head office's word is asked
of this clock.
"""

from retail_core.domain.clock import Clock, OtherClock
from retail_core.durable.link import LinkStatusDoc

FRESH_MS = 30_000
"""A word without running time that is older, or from a time to come, was said under another setting of the clock."""
STEP_MS = 1_000


class ShopTime:
    """A clock. `heard` tells it what the agent knows."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._hq = clock, OtherClock()

    def heard(self, status: LinkStatusDoc) -> None:
        """The agent's latest word. Both of us count this machine's running time, so an old one is as good as a new one,
        however the clock was set in between; one of before the machine was started says at least that it is no earlier
        now than it was then.
        """
        if not status.hq_contact_ms:
            return
        now_ms = self._clock.now_ms()  # read once: it may be set at any moment
        said_ms = status.at_ms + status.hq_offset_ms
        if status.running_since and status.running_since == self._clock.running_since():
            self._hq = self._hq.shown(said_ms, status.running_ms, STEP_MS)
        elif 0 <= now_ms - status.at_ms <= FRESH_MS:
            self._hq = self._hq.shown(now_ms + status.hq_offset_ms, self._clock.monotonic_ms(), STEP_MS)
        elif said_ms > self.now_ms():
            self._hq = self._hq.shown(said_ms, self._clock.monotonic_ms())

    @property
    def offset_ms(self) -> int:
        """How far head office's clock is ahead of this machine's; 0 when nobody knows."""
        return self._hq.offset_ms(self._clock)

    def now_ms(self) -> int:
        return self._hq.now_ms(self._clock)

    def monotonic_ms(self) -> int:
        return self._clock.monotonic_ms()

    def running_since(self) -> str:
        return self._clock.running_since()
