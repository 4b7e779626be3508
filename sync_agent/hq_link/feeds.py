"""One scope of the feed on its way down: a feed machine driven by a long poll, its slices written as they come."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import assert_never

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.sync import feed
from retail_core.sync.backoff import after_failure
from retail_core.sync.sender import HQ_PEER
from retail_core.trust.keys import PublicKey
from retail_core.wire.messages import FeedRow
from sync_agent.feed_cache import FORGED, FeedCache, checked_rows
from sync_agent.hq_client.client import SnapshotWanted, accepts_of
from sync_agent.hq_client.hop import HopFault
from sync_agent.hq_link.references import SHRUNK, References
from sync_agent.hq_link.route import Route
from sync_agent.storage import downlink
from sync_agent.storage.downlink import STALE, SkippedRow
from sync_agent.storage.files import Files
from sync_agent.wake import Bell

LOG = logging.getLogger(__name__)
FIND_STORE_MS = 4_000
TOLD = frozenset({"disk.full", "disk.failing", "snapshot.damaged", "snapshot.forged", SHRUNK})
"""Why there is no newer catalogue, where people can do something about it."""
Changed = Callable[[str], Awaitable[None]]
"""Called with the scope after a slice is durable."""


class FeedLine:
    """Keeps one scope up to date. Run with `run`; `bell` says that the line may be back."""

    def __init__(
        self,
        scope: str,
        files: Files,
        route: Route,
        clock: Clock,
        cache: FeedCache | None,
        references: References | None,
        changed: Changed,
        renewed: Callable[[], None] = lambda: None,
    ) -> None:
        """`cache` where pages are kept for neighbours (store role); `references` for scopes of ref.db.

        `renewed` is called when HQ speaks with another generation than before: it was put back from a copy.
        """
        self.scope = scope
        self.bell = Bell()
        self.contact_ms = 0
        self.error = ""
        self.refused = ""
        self._files, self._route, self._clock = files, route, clock
        self._cache, self._references, self._changed, self._renewed = cache, references, changed, renewed
        self._key = PublicKey(files.config.feed_public_key)
        self._state = feed.start(scope, 0, "")
        self._file = ""
        self._outdated = False

    @property
    def cursor(self) -> int:
        """The revision up to which this scope is applied here."""
        return self._state.cursor

    async def run(self) -> None:
        """Until cancelled. A fault of our own files is raised; a peer's fault never is."""
        await self._first_file()
        accepts = accepts_of(self.scope)
        self._outdated = await self._files.run(lambda files: downlink.outdated(files, self.scope, accepts))
        await self._restart()
        message: feed.Message = feed.Tick()
        while True:
            try:
                message = await self._turn(message) or await self._rest()
            except EnvironmentFault as fault:
                if fault.code != STALE:
                    raise
                await self._restart()  # the other scope of this file loaded a snapshot
                message = feed.Tick()

    async def _turn(self, message: feed.Message) -> feed.Message | None:
        now_ms = self._clock.monotonic_ms()
        self._state, actions = feed.step(self._state, message, now_ms, random.random())  # noqa: S311 - jitter
        answer: feed.Message | None = None
        for action in actions:
            answer = await self._perform(action) or answer
        return answer

    async def _rest(self) -> feed.Message:
        left_ms = self._state.due_ms - self._clock.monotonic_ms()
        if left_ms > 0 and await self.bell.wait(left_ms):
            return feed.Woken()
        return feed.Tick()

    async def _perform(self, action: feed.Action) -> feed.Message | None:
        match action:
            case feed.Pull():
                return await self._pull(action)
            case feed.Apply():
                return await self._apply(action)
            case feed.TakeSnapshot(request=request):
                return await self._begin_again(request)
            case feed.Notice(code=code, scope=scope):
                self.error = code
                LOG.warning("feed %s", scope, extra={"code": code})
                return None
            case _:
                assert_never(action)

    async def _pull(self, action: feed.Pull) -> feed.Message:
        client = self._route.client
        if client is None:
            return feed.Failed(action.request)
        if self._outdated:
            return feed.Gone(action.request)
        peer = client.peer.name
        try:
            page = await client.pull(
                action.scope, action.cursor, action.limit, action.wait_s, fresh=action.fresh,
                generation=self._state.generation,
            )  # fmt: skip
        except HopFault as down:
            self.error = down.code
            self._route.failed(peer)
            return feed.Failed(action.request, down.retry_after_ms)
        self._route.answered(peer)
        if isinstance(page, SnapshotWanted):
            return feed.Gone(action.request)
        try:
            rows = await asyncio.to_thread(checked_rows, page, self._key)
        except EnvironmentFault as bad:
            self._route.failed(peer)
            return (
                feed.Page(action.request, page.head, (), genuine=False)
                if bad.code == FORGED
                else feed.Failed(action.request)
            )
        self.contact_ms, self.error = self._clock.now_ms(), ""
        if self._state.generation not in ("", page.head.generation):
            self._renewed()
        if self._cache is not None:
            await self._cache.keep(page)
            self._cache.stands_at(self.scope, page.head.to_rev)
        return feed.Page(action.request, page.head, rows, genuine=True)

    async def _apply(self, action: feed.Apply) -> feed.Message:
        began_ms = self._clock.monotonic_ms()
        before = self._state.cursor
        skipped = await self._files.run(
            lambda files: self._write(files, action.rows, before, action.cursor, action.generation)
        )
        for row in skipped:
            LOG.warning("row %s %s: %s", row.kind, row.key[:60], row.why, extra={"code": "feed.row_skipped"})
        self.refused = ""
        took_ms = self._clock.monotonic_ms() - began_ms
        await self._changed(self.scope)
        return feed.Applied(action.cursor, took_ms)

    def _write(
        self, files: Files, rows: Sequence[FeedRow], before: int, after: int, generation: str
    ) -> list[SkippedRow]:
        if self._references is None:
            at_head = after >= self._state.head
            return downlink.apply_store(files, self.scope, rows, before, after, generation, at_head=at_head)
        if files.reference_name != self._file:
            raise EnvironmentFault(STALE, scope=self.scope)
        return downlink.apply_reference(files, self.scope, rows, before, after, generation)

    async def _begin_again(self, request: int) -> feed.Message:
        try:
            if self._references is None:
                await self._files.run(lambda files: downlink.begin_store_again(files, self.scope))
            else:
                await self._references.load(self._file)
        except EnvironmentFault as fault:
            self.error = fault.code
            self.refused = fault.code if fault.code in TOLD else self.refused
            LOG.warning("no snapshot: %s", fault, extra={"code": fault.code})
            return feed.Failed(request, fault.retry_after_ms if isinstance(fault, HopFault) else 0)
        self.refused = ""
        if self._outdated:
            self._outdated = False
            await self._files.run(lambda files: downlink.note_accepts(files, self.scope, accepts_of(self.scope)))
        self._file = self._files.reference_name
        cursor, generation = await self._files.run(lambda files: downlink.cursor(files, self.scope))
        await self._changed(self.scope)
        return feed.SnapshotDone(request, cursor, generation)

    async def _first_file(self) -> None:
        """A new machine begins with a snapshot; until there is one it asks again, with pauses."""
        await self._find_store()
        failures = 0
        while self._references is not None and self._files.reference is None:
            try:
                await self._references.load("")
                self.refused = ""
                await self._changed(self.scope)
            except EnvironmentFault as fault:
                failures += 1
                self.error = fault.code
                self.refused = fault.code if fault.code in TOLD else self.refused
                if self._route.client is not None:
                    self._route.failed(self._route.peer)
                LOG.info("no reference data yet: %s", fault, extra={"code": fault.code})
                await self.bell.wait(after_failure(failures, 0, random.random()))  # noqa: S311 - jitter

    async def _find_store(self) -> None:
        """A new machine looks for its neighbours first: the store may have the file already."""
        end_ms = self._clock.monotonic_ms() + FIND_STORE_MS
        while self._references is not None and self._files.reference is None and not self._files.config.store_role:
            left_ms = end_ms - self._clock.monotonic_ms()
            if left_ms <= 0 or self._route.peer != HQ_PEER:
                return
            await self.bell.wait(left_ms)

    async def _restart(self) -> None:
        self._file = self._files.reference_name
        cursor, generation = await self._files.run(lambda files: downlink.cursor(files, self.scope))
        filling = await self._files.run(lambda files: downlink.is_filling(files, self.scope))
        self._state = feed.start(self.scope, cursor, generation, filling=filling)
        if self._cache is not None:
            self._cache.stands_at(self.scope, cursor)
