"""Pages of the feed: checked against HQ's signature, kept, and handed to neighbours exactly as HQ signed them."""

import asyncio
from collections.abc import Sequence

import msgspec

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.trust.keys import PublicKey, b64
from retail_core.wire.batch import expand
from retail_core.wire.messages import FeedRow
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.storage import pages
from sync_agent.storage.files import Files
from sync_agent.storage.pages import PulledPage

_ROW = msgspec.json.Decoder(FeedRow)
FORGED = "feed.forged_page"
MAX_WAITING = 256
"""Neighbours that may wait for a page at a time."""


def checked_rows(page: PulledPage, feed_key: PublicKey) -> Sequence[FeedRow]:
    """The rows of a page. Raises EnvironmentFault `feed.forged_page` unless HQ signed exactly this, or `feed.bad_page`."""
    try:
        body = expand([page.packed]) if page.packed else b""
    except RuleViolationError as damage:
        raise EnvironmentFault("feed.bad_page", scope=page.head.scope, why=damage.code) from damage
    if not feed_key.verify(page.head.signed_bytes(body), page.signature):
        raise EnvironmentFault(FORGED, scope=page.head.scope)
    try:
        return [_ROW.decode(line) for line in body.split(b"\n") if line]
    except UNREADABLE as bad:
        raise EnvironmentFault("feed.bad_page", scope=page.head.scope, why=str(bad)[:100]) from bad


class FeedCache:
    """Kept pages and the news that there is another one."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self.feed_key = PublicKey(files.config.feed_public_key)
        self._files = files
        self._clock = clock
        self._news = asyncio.Condition()
        self._waiting = 0
        self._closing = False
        self._own: dict[str, int] = {}

    def own_cursor(self, scope: str) -> int | None:
        """Where this agent's own line of `scope` waits: the next page kept begins there. None when it does not run."""
        return self._own.get(scope)

    def stands_at(self, scope: str, cursor: int) -> None:
        """The agent's own line of `scope` has come so far."""
        self._own[scope] = cursor

    async def close(self) -> None:
        """Whoever waits is told that nothing is new."""
        self._closing = True
        async with self._news:
            self._news.notify_all()

    async def keep(self, page: PulledPage) -> None:
        """Keep a checked page and tell whoever waits for it. An empty page is only news of nothing."""
        if page.head.to_rev <= page.head.from_rev:
            return
        now_ms = self._clock.now_ms()
        await self._files.run(lambda files: pages.keep(files, page, now_ms))
        async with self._news:
            self._news.notify_all()

    async def page_from(self, scope: str, cursor: int) -> PulledPage | None:
        return await self._files.run(lambda files: pages.page_from(files, scope, cursor))

    async def wait_from(self, scope: str, cursor: int, wait_s: float) -> PulledPage | None:
        """The page that begins at `cursor`, waiting for it; None when it did not come in time."""
        if self._waiting >= MAX_WAITING:
            return None
        self._waiting += 1
        try:
            async with asyncio.timeout(wait_s):
                while True:
                    async with self._news:
                        found = await self.page_from(scope, cursor)
                        if found is not None or self._closing:
                            return found
                        await self._news.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1


def page_headers(page: PulledPage) -> dict[str, str]:
    """What a page is served with; the same words HQ uses."""
    return {
        "Sync-Cursor": str(page.head.to_rev),
        "Sync-Head": str(page.head.head),
        "Sync-Generation": page.head.generation,
        "Sync-Signature": b64(page.signature),
    }
