"""Notices within seconds that head office does not answer, and how far this machine gets on the way there.

Asked only while nothing else has been heard from it for a moment, and never on the way of anything: one small question on a
connection of its own. No other host in the world is asked; see `reach_probe`.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from retail_core.domain.clock import Clock
from retail_core.sync.reach import Reach
from sync_agent.config import IDLE_AFTER_MS, WATCH_HQ_EVERY_MS, WATCH_IDLE_EVERY_MS, WATCH_PATIENCE_S
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.hq_client.lines import NO_NETWORK, UNREACHABLE
from sync_agent.hq_client.tls import parse_address
from sync_agent.hq_link.reach_probe import probe, resolved
from sync_agent.wake import Bell

LOG = logging.getLogger(__name__)
SILENT = frozenset({UNREACHABLE, NO_NETWORK})
NAME_PATIENCE_S = 1.0


class HqWatch:
    """Run with `run`; `bell` says that somebody works in the store. `carried` is true while a neighbour speaks to head office for this machine."""

    def __init__(self, hq: SyncClient, clock: Clock, carried: Callable[[], bool]) -> None:
        self.reach = Reach.UNKNOWN
        self.bell = Bell()
        self._busy_ms = clock.monotonic_ms()
        self._hq, self._clock, self._carried = hq, clock, carried
        self._host, self._port = parse_address(hq.peer.url)
        self._address: tuple[int, str] | None = None
        self._naming: asyncio.Task[tuple[int, str] | None] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            pause_ms = int(WATCH_HQ_EVERY_MS * (0.8 + random.random() * 0.4))  # noqa: S311 - jitter
            await asyncio.sleep(pause_ms / 1000)
            if await self.bell.wait(0):
                self._busy_ms = self._clock.monotonic_ms()
            if not self._carried():
                await self.look()

    async def look(self) -> None:
        """Ask once, unless it has just been heard."""
        now_ms = self._clock.monotonic_ms()
        patience_ms = WATCH_HQ_EVERY_MS if now_ms - self._busy_ms < IDLE_AFTER_MS else WATCH_IDLE_EVERY_MS
        if now_ms - self._hq.heard_mono_ms < patience_ms and not self._hq.last_error:
            return
        try:
            await self._hq.hello(WATCH_PATIENCE_S)
        except HopFault as down:
            LOG.debug("HQ: %s", down)
            self.reach = await self._how_far() if down.code in SILENT else Reach.UNKNOWN
        else:
            self.reach = Reach.UNKNOWN
            if self._address is None:
                await self._where()

    async def _how_far(self) -> Reach:
        await self._where()
        if self._address is None:
            return Reach.UNKNOWN
        return await asyncio.to_thread(probe, *self._address, self._port)

    async def _where(self) -> None:
        """The address of its name; the last one known while nobody can be asked. A resolver may take its time, we do not."""
        if self._naming is None:
            self._naming = asyncio.create_task(asyncio.to_thread(resolved, self._host, self._port))
        done, _ = await asyncio.wait([self._naming], timeout=NAME_PATIENCE_S)
        if done:
            self._address, self._naming = self._naming.result() or self._address, None
