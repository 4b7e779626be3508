"""One stream of an old disk on its way to head office, by the sender every relay uses: gaps, forks and damage included.

What disagrees with head office's copy goes up beside it, as `node~fork`, and is told from the rest by its ids.
"""

import asyncio
import logging
import random
from collections.abc import Callable

from msgspec.structs import replace

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.durable.engine import Connection
from retail_core.sync import push, sender
from retail_core.sync.push import Phase, Role
from retail_core.sync.sender import HQ_PEER
from retail_core.wire.batch import encode_batch
from retail_core.wire.envelope import Head
from retail_core.wire.messages import MAX_COMPRESSED_BYTES
from sync_agent.hq_client.client import SyncClient, TooLargeAnswer
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage import old_disk
from sync_agent.storage.old_disk import OldStream

LOG = logging.getLogger(__name__)
MAX_FAILURES = 8
"""In a row. Then the manager is told, and may try again; what has arrived stays."""


async def send_stream(
    conn: Connection, stream: OldStream, hq: SyncClient, clock: Clock, heard: Callable[[int], None]
) -> int:
    """Have head office hold the whole stream; how many of its entries wait there in quarantine.

    `heard` is told the position that was reached. Raises HopFault when head office gives no usable answer for long.
    """
    lane = _Lane(conn, stream, hq, clock, heard)
    while not await lane.turn():
        pass
    return lane.quarantined


class _Lane:
    def __init__(
        self, conn: Connection, stream: OldStream, hq: SyncClient, clock: Clock, heard: Callable[[int], None]
    ) -> None:
        self.quarantined = 0
        self._conn, self._stream, self._hq, self._clock, self._heard = conn, stream, hq, clock, heard
        self._state = sender.start(stream.source, HQ_PEER, Role.RELAY, stream.base, Head(), stream.base)
        self._why = HopFault("hq.unreachable")

    async def turn(self) -> bool:
        """From one due time to the next; True when everything has arrived."""
        now_ms = self._clock.monotonic_ms()
        if self._state.due_ms > now_ms:
            await asyncio.sleep((self._state.due_ms - now_ms) / 1000)
        message: push.Message | None = push.Tick()
        while message is not None:
            self._state, actions = sender.step(self._state, message, self._clock.monotonic_ms(), random.random())  # noqa: S311 - jitter
            message = None
            for action in actions:
                message = await self._perform(action) or message
        if self._state.failures >= MAX_FAILURES:
            raise self._why
        resting = self._state.phase is Phase.RESTING
        if resting and self._state.through.seq < self._stream.head.seq:  # there is nothing to read where there was
            raise EnvironmentFault("salvage.unreadable")
        return resting

    async def _perform(self, action: push.Action) -> push.Message | None:
        match action:
            case push.Load(check=check, after=after, limit=limit):
                return await asyncio.to_thread(old_disk.load, self._conn, self._stream, check, after, limit)
            case push.Check(seqs=seqs):
                return await asyncio.to_thread(old_disk.hashes, self._conn, self._stream, seqs)
            case push.Send():
                return await self._push(action)
            case push.Record(through=through, quarantined=quarantined):
                self.quarantined += len(quarantined)
                self._heard(through.seq)
            case push.Notice(code=code, stream=stream, seq=seq):
                LOG.warning("%s epoch %s from %d", stream.node, stream.epoch, seq, extra={"code": code})
            case push.OpenEpoch():
                raise AssertionError  # asked of an origin; an old disk is a relay
        return None

    async def _push(self, action: push.Send) -> push.Message:
        header = replace(action.header, clock_ms=self._clock.now_ms())
        body = await asyncio.to_thread(encode_batch, header.stream, action.entries, full=action.full)
        if len(body) > MAX_COMPRESSED_BYTES:
            return push.TooLarge(action.request)
        try:
            answer = await self._hq.push(header, body)
        except HopFault as down:
            self._why = down
            return push.Failed(action.request, down.retry_after_ms)
        return (
            push.TooLarge(action.request)
            if isinstance(answer, TooLargeAnswer)
            else push.Answered(action.request, answer)
        )
