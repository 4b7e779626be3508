"""Wakes those who wait for a change, in whichever process it was made: long polls of the feed and open Today pages.

A topic has a count that only grows. Whoever waits takes a ticket first, then reads the database, then waits for a count
above the ticket, so a change between reading and waiting is never missed.
"""

import asyncio
from collections.abc import Callable, Iterable

from hq_server.web.siblings import EVERYTHING

MAX_WAITERS = 5_000


class Bell:
    """One per process. `ring` may be called from any thread; everything else belongs to the server's event loop."""

    def __init__(self, tell: Callable[[frozenset[str]], None] = lambda _: None) -> None:
        """`tell` passes on to the other processes what was changed in this one."""
        self._tell = tell
        self._everything = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._counts: dict[str, int] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self.closing = False

    def attach(self) -> None:
        """Belong to the running event loop from now on."""
        self._loop = asyncio.get_running_loop()

    def ring(self, topics: Iterable[str]) -> None:
        """Tell everybody who waits for one of these topics, here and in the other processes."""
        changed = frozenset(topics)
        self.heard(changed)
        self._tell(changed)

    def heard(self, topics: frozenset[str]) -> None:
        """Another process says that these changed, `{"*"}` that anything may have."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._ring, topics)

    def close(self) -> None:
        """End every wait, now and from now on: the server is stopping."""
        self.closing = True
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._ring_all)

    def ticket(self, topic: str) -> int:
        return self._counts.get(topic, 0) + self._everything

    async def wait(self, topic: str, ticket: int, timeout_s: float) -> bool:
        """True when the topic changed after `ticket`; False after the time, when stopping, or with too many waiting."""
        if self.ticket(topic) > ticket:
            return True
        if self.closing or sum(map(len, self._waiting.values())) >= MAX_WAITERS:
            return False
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(topic, set()).add(waiter)
        try:
            await asyncio.wait_for(waiter, timeout_s)
        except TimeoutError:
            return False
        finally:
            waiters = self._waiting.get(topic, set())
            waiters.discard(waiter)
            if not waiters:
                self._waiting.pop(topic, None)
        return self.ticket(topic) > ticket

    async def pause(self, seconds: float) -> None:
        """Let time pass, but no longer than until the server stops."""
        await self.wait("", self.ticket(""), seconds)

    def _ring(self, topics: frozenset[str]) -> None:
        if EVERYTHING in topics:
            self._everything += 1
            self._ring_all()
        for topic in topics:
            self._counts[topic] = self._counts.get(topic, 0) + 1
            self._wake(self._waiting.get(topic, set()))

    def _ring_all(self) -> None:
        for waiters in list(self._waiting.values()):
            self._wake(waiters)

    @staticmethod
    def _wake(waiters: set[asyncio.Future[None]]) -> None:
        for waiter in list(waiters):
            if not waiter.done():
                waiter.set_result(None)
