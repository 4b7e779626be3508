"""A till that starts asks whether its journal is older than what others have of it; they are all asked at once, and soon."""

import asyncio
from collections.abc import Callable, Mapping

from retail_core.domain.clock import Clock
from retail_core.durable import start
from retail_core.durable.engine import transaction
from retail_core.durable.start import SeenHead, StartAnswer, StartAsk
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage.files import Files
from sync_agent.wake import Bell

PATIENCE_S = 0.35
"""The till waits 500 ms in all."""
ASK_VALID_MS = 2_000


class StartLine:
    """Run with `run`; `asked` says that the till has written something."""

    def __init__(
        self,
        files: Files,
        clock: Clock,
        hq: SyncClient,
        neighbours: Callable[[], Mapping[str, SyncClient]],
        brought: Callable[[], None],
    ) -> None:
        self.asked = Bell()
        self._files, self._clock, self._hq = files, clock, hq
        self._neighbours, self._brought = neighbours, brought
        self._answered = ""

    async def run(self) -> None:
        """Until cancelled: each till that starts gets one answer."""
        while True:
            ask = await self._files.run(self._new_ask)
            if ask is not None:
                await self._answer(ask)
            await self.asked.wait(POLL_TILL_MS)

    def _new_ask(self, files: Files) -> StartAsk | None:
        conn = files.till()
        ask = start.start_ask(conn) if conn is not None else None
        if ask is None or ask.ask_id == self._answered or abs(self._clock.now_ms() - ask.at_ms) > ASK_VALID_MS:
            return None
        return ask

    async def _answer(self, ask: StartAsk) -> None:
        peers = [self._hq, *self._neighbours().values()]
        seen = await asyncio.gather(*(self._seen_by(peer, ask) for peer in peers))
        answer = StartAnswer(ask.ask_id, tuple(one for one in seen if one is not None))

        def write(files: Files) -> None:
            with transaction(files.link, files.link_path):
                start.put_start_answer(files.link, answer)

        await self._files.run(write)
        self._answered = ask.ask_id
        self._brought()

    async def _seen_by(self, peer: SyncClient, ask: StartAsk) -> SeenHead | None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                said = await peer.witness(self._files.config.till_node, ask.epoch)
        except (HopFault, TimeoutError):
            return None
        return SeenHead(said.through, said.through_hash) if said is not None else None
