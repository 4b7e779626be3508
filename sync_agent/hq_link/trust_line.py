"""Whom this machine lets in: the store's machines as head office last told, and nobody when that is too long ago.

Head office's word comes with its feed, or by way of a neighbour that can neither make nor change one. When none comes,
head office is asked itself: a store's machine that is shut out cannot keep that from the others by carrying their feed.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable.link import NodeDoc
from retail_core.sync.alone import Alone
from retail_core.trust.keys import PublicKey
from retail_core.trust.word import HqWord, check_word, read_word
from sync_agent.config import ASK_HQ_EVERY_MS, COUNT_EVERY_MS, KEEP_COUNT_EVERY_MS, PULL_LIMIT, WORD_OLD_MS, store_scope
from sync_agent.feed_cache import checked_rows
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import NEVER_MS, HopFault
from sync_agent.storage import alone, downlink
from sync_agent.storage.files import Files
from sync_agent.storage.pages import PulledPage

LOG = logging.getLogger(__name__)
ALONE_TOO_LONG = "trust.alone_too_long"


class TrustLine:
    """Open with `open`, run with `run`. `word` is head office's newest, to pass on; empty when there is none."""

    def __init__(
        self, files: Files, clock: Clock, hq: SyncClient, cursor: Callable[[], int], changed: Callable[[], None]
    ) -> None:
        """`cursor` is how far the store's feed is here; `changed` is called when trust ends, comes back, or somebody is shut out."""
        self.word = ""
        self.shut_out: frozenset[str] = frozenset()
        """Nodes that head office itself named, ahead of the feed."""
        self._files, self._clock, self._hq = files, clock, hq
        self._cursor, self._changed = cursor, changed
        self._scope, self._key = store_scope(files.config), PublicKey(files.config.feed_public_key)
        self._alone = Alone.begun(None, clock.now_ms(), clock.monotonic_ms())
        self._waiting: tuple[str, HqWord, bool] | None = None
        self._kept_ms = clock.monotonic_ms()
        self._heard_ms = self._asked_ms = NEVER_MS

    async def open(self) -> None:
        """Go on counting where the last run ended."""
        kept = await self._files.run(alone.read)
        self._alone = Alone.begun(kept, self._clock.now_ms(), self._clock.monotonic_ms())

    @property
    def silent_ms(self) -> int:
        """Since head office's word."""
        return self._alone.silent_ms

    @property
    def ended(self) -> bool:
        return self._alone.ended

    def of(self, nodes: Mapping[str, NodeDoc]) -> Mapping[str, NodeDoc]:
        """Those of `nodes` that head office has not shut out since."""
        return {node_id: node for node_id, node in nodes.items() if node_id not in self.shut_out}

    def admit(self, node: NodeDoc) -> None:
        """Raises RuleViolationError `trust.alone_too_long` or `node.revoked`."""
        if self.ended:
            raise RuleViolationError(ALONE_TOO_LONG)
        if node.node_id in self.shut_out:
            raise RuleViolationError("node.revoked")

    def from_hq(self, scope: str, text: str) -> None:
        """Head office itself answered a pull. An older release of it says no word."""
        if scope != self._scope:
            return
        if text:
            self._offered(text, directly=True)
        else:
            self._count(self._alone.heard(0))

    def carried(self, text: str) -> None:
        """A neighbour says this is head office's word."""
        if text and text != self.word:
            self._offered(text, directly=False)

    def hurry(self) -> None:
        """Head office answers again: if its word is old, ask for one now."""
        self._asked_ms = NEVER_MS

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(COUNT_EVERY_MS / 1000)

    async def look(self) -> None:
        """Count, take what was offered, ask head office when it is time."""
        wall_ms, now_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        was_set = self._alone.clock_set(wall_ms, now_ms)
        before = self._alone.said_ms
        self._count(self._alone.counted(wall_ms, now_ms))
        self._take()
        due = now_ms - self._kept_ms >= KEEP_COUNT_EVERY_MS
        if was_set or due or (before == 0 != self._alone.said_ms):
            self._kept_ms, kept = now_ms, self._alone.kept()
            await self._files.run(lambda files: alone.put(files, kept))
        patience_ms = ASK_HQ_EVERY_MS * (0.8 + random.random() * 0.4)  # noqa: S311 - jitter
        if now_ms - self._heard_ms >= WORD_OLD_MS and now_ms - self._asked_ms >= patience_ms:
            self._asked_ms = now_ms
            await self._ask()

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _offered(self, text: str, *, directly: bool) -> None:
        try:
            said = read_word(text)
            waiting_ms = self._waiting[1].at_ms if self._waiting else 0
            if said.scope != self._scope or (not directly and said.at_ms <= max(self._alone.said_ms, waiting_ms)):
                return
            check_word(self._key, text)
        except RuleViolationError as odd:
            LOG.warning("no word of head office", extra={"code": odd.code})
            return
        self._waiting = text, said, directly
        self._take()

    def _take(self) -> None:
        """A word counts for who has the feed as far as it goes."""
        if self._waiting is None or self._cursor() < self._waiting[1].rev:
            return
        text, said, directly = self._waiting
        self._waiting, self.word = None, text
        self._heard_ms = self._clock.monotonic_ms()
        self._count(self._alone.heard(said.at_ms) if directly else self._alone.carried(said.at_ms))

    def _count(self, now: Alone) -> None:
        before, self._alone = self._alone, now
        if before.ended is not now.ended:
            if now.ended:
                LOG.warning("no word of head office for too long: nobody is let in", extra={"code": ALONE_TOO_LONG})
            self._changed()

    async def _ask(self) -> None:
        cursor = self._cursor()
        try:
            page = await self._hq.pull(self._scope, cursor, PULL_LIMIT, 0)
            if not isinstance(page, PulledPage):
                return
            rows = await asyncio.to_thread(checked_rows, page, self._key)
        except (HopFault, EnvironmentFault) as down:
            LOG.debug("head office's word: %s", down)
            return
        named = downlink.shut_out(rows)
        if not named <= self.shut_out:
            self.shut_out |= named
            self._changed()
