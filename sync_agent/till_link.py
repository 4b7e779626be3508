"""The till beside this agent: its journal goes up, acknowledgements and the state of the line come back in link.db."""

import logging
from collections.abc import Sequence
from typing import Self

from retail_core.domain.clock import Clock
from retail_core.durable.engine import transaction
from retail_core.durable.link import LinkStatusDoc, put_status
from sync_agent.storage import streams
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Copy
from sync_agent.wake import Bell, WakeLine

LOG = logging.getLogger(__name__)
CONTACT_STEP_MS = 3_000
"""A contact, and that this agent runs, is written down again when it is this much newer: the lamp needs no more."""


def till_copies(files: Files) -> Sequence[Copy]:
    """What this machine says itself: its agent's journal and the stream its till writes now."""
    mine = streams.till_copy(files)
    return [*streams.own_copies(files), *([mine] if mine else [])]


class TillLink:
    """The wake line to the till, and the status row its lamp shows."""

    def __init__(self, files: Files, clock: Clock, wake: WakeLine) -> None:
        self._files, self._clock, self._wake = files, clock, wake
        self._written = LinkStatusDoc()

    @classmethod
    async def open(cls, files: Files, clock: Clock, bells: Sequence[Bell]) -> Self:
        """Every byte of the till rings every bell."""

        def ring() -> None:
            for bell in bells:
                bell.ring()

        config = files.config
        return cls(files, clock, await WakeLine.open(ring, config.agent_wake_port, config.till_wake_port))

    def brought(self) -> None:
        """Something new lies in link.db or ref.db."""
        self._wake.wake_till()

    async def show(self, status: LinkStatusDoc) -> None:
        """Write the status when it says something new."""
        if not _says_more(self._written, status):
            return
        self._written = status

        def write(files: Files) -> None:
            with transaction(files.link, files.link_path):
                put_status(files.link, status)

        await self._files.run(write)
        self.brought()

    def close(self) -> None:
        self._wake.close()


def _says_more(before: LinkStatusDoc, now: LinkStatusDoc) -> bool:
    if _plain(before) != _plain(now) or now.at_ms - before.at_ms >= CONTACT_STEP_MS:
        return True
    if abs(now.hq_offset_ms - before.hq_offset_ms) > 1_000:
        return True
    pairs = (
        (before.hq_contact_ms, now.hq_contact_ms),
        (before.store_contact_ms, now.store_contact_ms),
        (before.feed_contact_ms, now.feed_contact_ms),
    )
    return any(new - old >= CONTACT_STEP_MS or (new and not old) for old, new in pairs)


def _plain(status: LinkStatusDoc) -> tuple[object, ...]:
    """What is news whenever it differs."""
    return (
        status.error,
        status.reach,
        status.store_peer,
        status.store_role,
        status.neighbours,
        status.copies,
        bool(status.oldest_ms),
        status.catalogue,
        status.alone_days,
    )
