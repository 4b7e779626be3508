"""Claims of the till beside us go to the store role, all it waits for in one question; the answers come into link.db."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from retail_core.domain.claims import ClaimKind
from retail_core.domain.clock import Clock
from retail_core.wire.claim_rounds import MAX_ROUND_BYTES, ClaimRound, ClaimRoundReply
from retail_core.wire.messages import ClaimReply
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage import claim_rounds
from sync_agent.storage.claim_rounds import Asked
from sync_agent.storage.files import Files
from sync_agent.store_role.shared_board import SharedBoard
from sync_agent.wake import Bell

CLAIM_PATIENCE_S = 0.15
"""The till waits 200 ms in all, then goes by its written rule."""
NO_ROUNDS = frozenset({"http.404", "http.405"})
"""What a store role answers whose release is older than rounds: it is asked thing by thing."""


class ClaimLine:
    """A line to run. The board is ours when we have the store role, else None."""

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
        self.asked = Bell()
        self._files, self._clock, self._board = files, clock, board
        self._stores, self._brought, self._take_over = stores, brought, take_over

    async def run(self) -> None:
        """Until cancelled: each claim of the till gets an answer, if only that nobody could be asked.

        Whoever is granted something has the newest that was told of it.
        """
        while True:
            now_ms = self._clock.now_ms()
            asked = await self._files.run(lambda files: claim_rounds.asks(files, now_ms))  # noqa: B023 - run at once
            if asked.nothing:
                await self.asked.wait(POLL_TILL_MS)
                continue
            of_role = [ask for ask in asked.claims if ask.request.kind is ClaimKind.STORE_ROLE]
            others = Asked([ask for ask in asked.claims if ask not in of_role], asked.units)
            if not others.nothing:
                await self._answer(others, await self._told(others.round))
            for ask in of_role:  # its holder is looked for, which may take longer
                await self._answer(Asked([ask]), ClaimRoundReply((await self._take_over(),)))

    async def _answer(self, asked: Asked, told: ClaimRoundReply) -> None:
        now_ms = self._clock.now_ms()
        await self._files.run(lambda files: claim_rounds.answer(files, asked, told, now_ms))
        self._brought()

    async def _told(self, asked: ClaimRound) -> ClaimRoundReply:
        """What came in time; whoever has no answer goes by its written rule."""
        if self._board is not None:
            return await self._board.claims(self._files.config.agent_node, asked)
        store = next(iter(self._stores().values()), None)
        singly: list[ClaimReply] = []
        if store is None:
            return ClaimRoundReply()
        try:
            async with asyncio.timeout(CLAIM_PATIENCE_S):
                return await _round(store, asked) or await _one_by_one(store, asked, singly)
        except (HopFault, TimeoutError):
            return ClaimRoundReply(tuple(singly))


async def _one_by_one(store: SyncClient, asked: ClaimRound, answered: list[ClaimReply]) -> ClaimRoundReply:
    """Of a store role of before rounds, which knows nothing of many units at once. What is `answered` stays answered when
    the next is not. Raises HopFault.
    """
    for request in asked.claims:
        answered.append(await store.claim(request))  # noqa: PERF401 - one at a time, each kept
    return ClaimRoundReply(tuple(answered))


async def _round(store: SyncClient, asked: ClaimRound) -> ClaimRoundReply | None:
    """None from a store role that knows no rounds. Raises HopFault."""
    try:
        text = await store.asked("POST", "/v1/claims", content=msgspec.json.encode(asked), limit=MAX_ROUND_BYTES)
    except HopFault as fault:
        if fault.code in NO_ROUNDS:
            return None
        raise
    try:
        return msgspec.json.decode(text, type=ClaimRoundReply)
    except UNREADABLE as bad:
        raise HopFault("hop.bad_answer", why=str(bad)[:100]) from bad
