"""What the store role tells comes into link.db. Needs the LAN, never HQ."""

from collections.abc import Callable, Mapping, Sequence

from retail_core.domain.clock import Clock
from retail_core.wire.messages import SharedPage
from sync_agent.config import LONG_POLL_S, POLL_TILL_MS
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage import shared
from sync_agent.storage.files import Files
from sync_agent.store_role.shared_board import SharedBoard
from sync_agent.wake import Bell

RETRY_MS = 500


class SharedLine:
    """Run it with `follow`. The board is ours when we have the store role, else None."""

    def __init__(
        self,
        files: Files,
        clock: Clock,
        board: SharedBoard | None,
        stores: Callable[[], Mapping[str, SyncClient]],
        brought: Callable[[], None],
    ) -> None:
        self.bell = Bell()
        self._files, self._clock, self._board = files, clock, board
        self._stores, self._brought = stores, brought

    async def follow(self) -> None:
        """Until cancelled: whatever is new in the store lies in link.db a moment later."""
        if self._board is not None:  # taken over from another machine, whose word we may remember
            for page in await self._remembered():
                await self._board.remember(page.rows)
        while True:
            source, cursor = await self._files.run(shared.cursor)
            try:
                told = await self._page(source, cursor)
                if told is not None and told.source != source:
                    told = await self._from_another(told)
            except HopFault:
                told = None
                await self.bell.wait(RETRY_MS)
            if told is not None:
                await self._keep(told)

    async def _page(self, source: str, cursor: int) -> SharedPage | None:
        if self._board is not None:
            return await self._board.page(source, cursor, LONG_POLL_S)
        store = next(iter(self._stores().values()), None)
        if store is None:
            await self.bell.wait(POLL_TILL_MS)
            return None
        return await store.shared(source, cursor, LONG_POLL_S)

    async def _from_another(self, told: SharedPage) -> SharedPage | None:
        """Another machine has the store role now: first it hears what we remember, then we take its word."""
        store = next(iter(self._stores().values()), None)
        if self._board is not None or store is None:
            return told
        for page in await self._remembered():
            await store.remember(page)
        return await store.shared("", 0, 0) or told

    async def _remembered(self) -> Sequence[SharedPage]:
        now_ms = self._clock.now_ms()
        return await self._files.run(lambda files: shared.remembered(files, now_ms))

    async def _keep(self, told: SharedPage) -> None:
        await self._files.run(lambda files: shared.apply(files, told))
        self._brought()
