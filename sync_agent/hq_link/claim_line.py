"""Claims of the till beside us go to the store role, all it waits for in one question; the answers come into link.db."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from retail_core.domain.claims import ClaimKind
from retail_core.domain.clock import Clock
from retail_core.wire.claim_rounds import MAX_ROUND_BYTES, ClaimRound, ClaimRoundReply
from retail_core.wire.messages import ClaimReply
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import HopFault, SyncClient
from sync_agent.storage import claim_rounds
from sync_agent.storage.claim_rounds import Ask
from sync_agent.storage.files import Files
from sync_agent.store_role.shared_board import SharedBoard
from sync_agent.wake import Bell

CLAIM_PATIENCE_S = 0.15
"""The till waits 200 ms in all, then goes by its written rule."""
NO_ROUNDS = frozenset({"http.404", "http.405"})
"""What a store role answers whose release is older than rounds: it is asked thing by thing."""
Replies = Sequence[tuple[Ask, ClaimReply | None]]


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
            of_role = [ask for ask in asked if ask.request.kind is ClaimKind.STORE_ROLE]
            await self._answer(await self._replies([ask for ask in asked if ask not in of_role]))
            for ask in of_role:  # its holder is looked for, which may take longer
                await self._answer([(ask, await self._take_over())])
            if not asked:
                await self.asked.wait(POLL_TILL_MS)

    async def _answer(self, replies: Replies) -> None:
        if replies:
            now_ms = self._clock.now_ms()
            await self._files.run(lambda files: claim_rounds.answer(files, replies, now_ms))
            self._brought()

    async def _replies(self, asked: Sequence[Ask]) -> Replies:
        told = ClaimRound(tuple(ask.request for ask in asked))
        found: list[ClaimReply] = []
        if asked and self._board is not None:
            found += (await self._board.claims(self._files.config.agent_node, told)).claims
        elif asked and (store := next(iter(self._stores().values()), None)):
            try:
                async with asyncio.timeout(CLAIM_PATIENCE_S):
                    await _ask(store, told, found)
            except (HopFault, TimeoutError):
                pass  # whoever has no answer goes by its written rule
        return [(ask, found[n] if n < len(found) else None) for n, ask in enumerate(asked)]


async def _ask(store: SyncClient, told: ClaimRound, found: list[ClaimReply]) -> None:
    """Gather the answers in `found`, so that those that came in time count. Raises HopFault."""
    try:
        found += (await _round(store, told)).claims
    except HopFault as fault:
        if fault.code not in NO_ROUNDS:
            raise
        for request in told.claims:
            found.append(await store.claim(request))


async def _round(store: SyncClient, told: ClaimRound) -> ClaimRoundReply:
    text = await store.asked("POST", "/v1/claims", content=msgspec.json.encode(told), limit=MAX_ROUND_BYTES)
    try:
        return msgspec.json.decode(text, type=ClaimRoundReply)
    except UNREADABLE as bad:
        raise HopFault("hop.bad_answer", why=str(bad)[:100]) from bad
