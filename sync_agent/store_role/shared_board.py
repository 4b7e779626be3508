"""The store role's word to its tills: what it read in everybody's journal, told within moments, and claims decided."""

import asyncio
from collections.abc import Sequence

from retail_core.domain.clock import Clock
from retail_core.wire.claim_rounds import ClaimRound, ClaimRoundReply
from retail_core.wire.messages import SharedPage, SharedRow
from sync_agent.config import POLL_TILL_MS
from sync_agent.storage import claim_rounds, shared
from sync_agent.storage.files import Files
from sync_agent.wake import Bell

MAX_WAITING = 256
TIDY_EVERY_MS = 3_600_000


class SharedBoard:
    """Run with `run` on the machine that has the store role; `bell` says that a journal has grown."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self.bell = Bell()
        self._files, self._clock = files, clock
        self._news = asyncio.Condition()
        self._waiting = 0
        self._closing = False
        self._tidied_ms = 0

    async def run(self) -> None:
        """Until cancelled."""
        began_ms = self._clock.now_ms()
        await self._files.run(lambda files: shared.begin(files, began_ms))
        while True:
            now_ms = self._clock.now_ms()
            news = await self._files.run(lambda files: shared.fold(files, now_ms))  # noqa: B023 - run at once
            if self._clock.monotonic_ms() - self._tidied_ms >= TIDY_EVERY_MS:
                self._tidied_ms = self._clock.monotonic_ms()
                news = await self._files.run(lambda files: shared.tidy(files, now_ms)) or news  # noqa: B023
            if news:
                await self._tell()
            await self.bell.wait(POLL_TILL_MS)

    async def close(self) -> None:
        """Whoever waits is told that nothing is new."""
        self._closing = True
        await self._tell()

    async def page(self, source: str, cursor: int, wait_s: float) -> SharedPage | None:
        """What is new above `cursor`, waiting for it; None when nothing came in time. Beyond a bound nobody waits."""
        if self._waiting >= MAX_WAITING or wait_s <= 0:  # a wait of nothing would end before the look
            return await self._files.run(lambda files: shared.page(files, source, cursor))
        self._waiting += 1
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    async with self._news:
                        found = await self._files.run(lambda files: shared.page(files, source, cursor))
                        if found is not None or self._closing:
                            return found
                        await self._news.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1

    async def remember(self, rows: Sequence[SharedRow]) -> None:
        """What a neighbour remembers of the machine that had the store role before."""
        now_ms = self._clock.now_ms()
        if await self._files.run(lambda files: shared.remember(files, rows, now_ms)):
            await self._tell()

    async def claims(self, holder: str, asked: ClaimRound) -> ClaimRoundReply:
        """Decided here, for every machine of the store."""
        now_ms = self._clock.now_ms()
        return await self._files.run(lambda files: claim_rounds.decide(files, holder, asked, now_ms))

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()
