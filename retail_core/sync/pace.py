"""How a receiver asks for the next batch, by its own load: who sends much waits while others do, who sends little never does."""

from typing import Self

import msgspec

from retail_core.wire.messages import MAX_EVENTS_PER_BATCH, Pace

MAX_DELAY_MS = 10_000
WORTH_MS = 50
"""A shorter pause is none: the way there and back takes as long."""
SLOW_MS = 5_000
"""From here on batches become smaller, so that an answer comes long before its sender gives up (30 s)."""
FEWEST_EVENTS = 50
NEWEST_WEIGHT = 0.125


class Load(msgspec.Struct, frozen=True):
    """What the last batches took from their turn to their commit, the newest counting most."""

    took_ms: float = 0.0

    def after(self, took_ms: float) -> Self:
        if not self.took_ms:
            return msgspec.structs.replace(self, took_ms=max(0.0, took_ms))
        return msgspec.structs.replace(self, took_ms=self.took_ms + NEWEST_WEIGHT * (max(0.0, took_ms) - self.took_ms))

    def pace(self, waiting: int, at_once: int, events: int) -> Pace:
        """For the sender of `events`, with `waiting` batches in line and `at_once` being worked on.

        The pause is the time in which the line is done, in the share of a full batch that was sent: one sale alone goes
        on without any, and whoever has a backlog comes back when those who waited behind it have had their turn.
        """
        ahead_ms = max(0, waiting) * self.took_ms / max(1, at_once)
        delay_ms = int(ahead_ms * min(1.0, events / MAX_EVENTS_PER_BATCH))
        slower = max(1.0, self.took_ms / SLOW_MS)
        fewer = max(FEWEST_EVENTS, int(MAX_EVENTS_PER_BATCH / slower))
        return Pace(fewer, 0 if delay_ms < WORTH_MS else min(delay_ms, MAX_DELAY_MS))
