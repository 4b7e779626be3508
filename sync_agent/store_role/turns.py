"""The line in which neighbours' batches wait: bounded before a byte of a body is read, and nobody is left out of it.

Who found no place is owed one: half the line is kept for those as long as there are any, so that a machine which sends
without a pause cannot keep others out.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.sync.pace import Load
from retail_core.wire.messages import Pace
from sync_agent.health import PushLine

AT_ONCE = 2
MOST_IN_LINE = 16
"""With bodies of at most 1 MiB, of which two are unpacked at once: what pushing can take of a till's memory."""
BODY_WITHIN_S = 60
BUSY = "push.busy"
OWED_MS = 35_000
"""Longer than a sender's longest pause; a machine that never comes again keeps no place."""
MAX_OWED = 512


class IntakeTurns:
    """Belongs to the agent's event loop."""

    def __init__(self, clock: Clock, at_once: int = AT_ONCE, most: int = MOST_IN_LINE) -> None:
        self._clock, self._at_once, self._most = clock, at_once, most
        self._turns = asyncio.Semaphore(at_once)
        self._load = Load()
        self._owed: dict[str, int] = {}
        self.in_line = self.most_in_line = self.turned_away = 0

    @asynccontextmanager
    async def place(self, caller: str) -> AsyncIterator[None]:
        """A place in the line. Raises EnvironmentFault `push.busy` when there is none for this caller now."""
        now_ms = self._clock.monotonic_ms()
        self._owed = {node: until_ms for node, until_ms in self._owed.items() if until_ms > now_ms}
        kept = 0 if caller in self._owed or not self._owed else self._most // 2
        if self.in_line + kept >= self._most:
            self.turned_away += 1
            if len(self._owed) < MAX_OWED:
                self._owed.setdefault(caller, now_ms + OWED_MS)
            raise EnvironmentFault(BUSY)
        self._owed.pop(caller, None)
        self.in_line += 1
        self.most_in_line = max(self.most_in_line, self.in_line)
        try:
            yield
        finally:
            self.in_line -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The turn to be unpacked, checked and written."""
        async with self._turns:
            began_ms = self._clock.monotonic_ms()
            yield
            self._load = self._load.after(self._clock.monotonic_ms() - began_ms)

    @property
    def health(self) -> PushLine:
        return PushLine(self.in_line, self.most_in_line, self.turned_away)

    def pace(self, events: int) -> Pace:
        """For the sender of so many events that were just taken."""
        return self._load.pace(self.in_line - self._at_once, self._at_once, events)
