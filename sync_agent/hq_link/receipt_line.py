"""Receipts the till beside us asks for: looked for in this store's journals first, then at head office."""

import asyncio
from collections.abc import Callable, Mapping

from retail_core.domain.clock import Clock
from retail_core.domain.receipts import PaidReceipt
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import HopFault, SyncClient
from sync_agent.storage import receipts
from sync_agent.storage.files import Files
from sync_agent.wake import Bell

PATIENCE_S = 2.0
"""With one neighbour and head office asked in turn, the till has its answer before it gives up."""


class ReceiptLine:
    """Run with `run`; `asked` says that the till has written something."""

    def __init__(
        self, files: Files, clock: Clock, stores: Callable[[], Mapping[str, SyncClient]], hq: SyncClient,
        brought: Callable[[], None],
    ) -> None:  # fmt: skip
        self.asked = Bell()
        self._files, self._clock = files, clock
        self._stores, self._hq, self._brought = stores, hq, brought

    async def run(self) -> None:
        """Until cancelled: each question gets an answer, if only that nobody has it."""
        while True:
            now_ms = self._clock.now_ms()
            for ask in await self._files.run(lambda files: receipts.receipt_asks(files, now_ms)):  # noqa: B023 - run at once
                found = await self.find(ask.receipt)
                await self._files.run(lambda files: receipts.answer_receipt(files, ask.ask_id, found, now_ms))  # noqa: B023
                self._brought()
            await self.asked.wait(POLL_TILL_MS)

    async def find(self, receipt: str) -> PaidReceipt | None:
        """In the journals here, at the machine with the store role, at head office; None when none of them has it."""
        found = await self._files.run(lambda files: receipts.receipt_here(files, receipt))
        for peer in (*list(self._stores().values())[:1], self._hq):
            if found is None:
                found = await _asked(peer, receipt)
        return found


async def _asked(peer: SyncClient, receipt: str) -> PaidReceipt | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await peer.receipt(receipt)
    except (HopFault, TimeoutError):
        return None
