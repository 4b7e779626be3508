"""The line in which batches wait for HQ's writer: bounded, with a word to each sender on when to come again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hq_server.service.ingest import Taken
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.sync.pace import Load
from retail_core.wire.messages import Pace

AT_ONCE = 8
MOST_IN_LINE = 64


class PushTurns:
    """Belongs to the event loop of one process."""

    def __init__(self, clock: Clock, at_once: int = AT_ONCE, most: int = MOST_IN_LINE) -> None:
        self._clock, self._at_once, self._most = clock, at_once, most
        self._turns = asyncio.Semaphore(at_once)
        self._load = Load()
        self.in_line = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the line, taken before the body is read. Raises EnvironmentFault `push.busy` when there is none."""
        if self.in_line >= self._most:
            raise EnvironmentFault("push.busy")
        self.in_line += 1
        try:
            yield
        finally:
            self.in_line -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The turn to be written; what it takes tells the next ones how fast things go."""
        async with self._turns:
            began_ms = self._clock.monotonic_ms()
            yield
            self._load = self._load.after(self._clock.monotonic_ms() - began_ms)

    def pace(self, taken: Taken) -> Pace:
        """For the sender of what was just taken."""
        return self._load.pace(self.in_line - self._at_once, self._at_once, taken.new + taken.repeated)
