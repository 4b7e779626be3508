"""Receipts the till beside us asks for: looked for at head office, and in this store's journals while it is away."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from retail_core.domain.clock import Clock
from retail_core.domain.receipts import FoundReceipt
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
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

    async def find(self, receipt: str) -> FoundReceipt | None:
        """At head office, in the journals here, at the machine with the store role; None when none of them has it."""
        return await receipt_found(self._files, (self._hq, *list(self._stores().values())[:1]), receipt)


async def receipt_found(files: Files, peers: Sequence[SyncClient], receipt: str) -> FoundReceipt | None:
    """Head office comes first: it alone knows what came back in other stores. A peer that was silent just now comes last."""
    for peer in (peer for peer in peers if not peer.last_error):
        found = await _asked(peer, receipt)
        if found is not None:
            return found
    here = await files.run(lambda files: receipts.receipt_here(files, receipt))
    for peer in (peer for peer in peers if peer.last_error):
        here = here or await _asked(peer, receipt)
    return here


async def _asked(peer: SyncClient, receipt: str) -> FoundReceipt | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await peer.receipt(receipt)
    except (HopFault, TimeoutError):
        return None
