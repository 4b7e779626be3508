"""What the store role tells comes into link.db, and the claims of the till beside us go to it. Needs the LAN, never HQ."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from retail_core.domain.claims import ClaimKind
from retail_core.domain.clock import Clock
from retail_core.wire.messages import ClaimReply, SharedPage
from sync_agent.config import LONG_POLL_S, POLL_TILL_MS
from sync_agent.hq_client.client import HopFault, SyncClient
from sync_agent.storage import shared
from sync_agent.storage.files import Files
from sync_agent.storage.shared import Ask
from sync_agent.store_role.shared_board import SharedBoard
from sync_agent.wake import Bell

CLAIM_PATIENCE_S = 0.15
"""The till waits 200 ms in all, then goes by its written rule."""
RETRY_MS = 500


class SharedLine:
    """Two lines to run: `follow` and `serve_claims`. The board is ours when we have the store role, else None."""

    def __init__(
        self,
        files: Files,
        clock: Clock,
        board: SharedBoard | None,
        stores: Callable[[], Mapping[str, SyncClient]],
        brought: Callable[[], None],
        take_over: Callable[[], Awaitable[ClaimReply]],
    ) -> None:
        """`take_over` makes this machine the one with the store role, if nobody else has it."""
        self.bell, self.asked = Bell(), Bell()
        self._take_over = take_over
        self._files, self._clock, self._board = files, clock, board
        self._stores, self._brought = stores, brought

    async def follow(self) -> None:
        """Until cancelled: whatever is new in the store lies in link.db a moment later."""
        if self._board is not None:  # taken over from another machine, whose word we may remember
            for page in await self._files.run(shared.remembered):
                await self._board.remember(page.rows)
        while True:
            source, cursor = await self._files.run(shared.cursor)
            try:
                told = await self._page(source, cursor)
                if told is not None and source and told.source != source:
                    told = await self._from_another(told)
            except HopFault:
                told = None
                await self.bell.wait(RETRY_MS)
            if told is not None:
                await self._keep(told)

    async def serve_claims(self) -> None:
        """Until cancelled: each claim of the till gets an answer, if only that nobody could be asked.

        Whoever is granted something has the newest that was told of it.
        """
        while True:
            now_ms = self._clock.now_ms()
            for ask in await self._files.run(lambda files: shared.asks(files, now_ms)):  # noqa: B023 - run at once
                reply = await self._claim(ask)
                await self._files.run(lambda files: shared.answer(files, ask.ask_id, reply, now_ms))  # noqa: B023
                self._brought()
            await self.asked.wait(POLL_TILL_MS)

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
        for page in await self._files.run(shared.remembered):
            await store.remember(page)
        return await store.shared("", 0, 0) or told

    async def _keep(self, told: SharedPage) -> None:
        await self._files.run(lambda files: shared.apply(files, told))
        self._brought()

    async def _claim(self, ask: Ask) -> ClaimReply | None:
        if ask.request.kind is ClaimKind.STORE_ROLE:
            return await self._take_over()
        if self._board is not None:
            return await self._board.claim(self._files.config.agent_node, ask.request)
        store = next(iter(self._stores().values()), None)
        if store is None:
            return None
        try:
            async with asyncio.timeout(CLAIM_PATIENCE_S):
                return await store.claim(ask.request)
        except (HopFault, TimeoutError):
            return None
