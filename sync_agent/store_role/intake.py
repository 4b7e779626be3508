"""A neighbour's batch comes in: checked, stored byte for byte, answered when it is durable here."""

import asyncio
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.durable.link import NodeDoc
from retail_core.trust.keys import PublicKey
from retail_core.wire.batch import WireDamageError, decode_batch, expand, signatures_to_check
from retail_core.wire.envelope import Head, StreamEntry
from retail_core.wire.messages import DamagedAnswer, PushAnswer, PushHeader
from sync_agent.storage import streams
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Answer


class Intake:
    """Every agent has one: the store role's takes everybody's journal, any other the second copy of a neighbour's."""

    def __init__(
        self,
        files: Files,
        clock: Clock,
        nodes: Callable[[], Mapping[str, NodeDoc]],
        offset_ms: Callable[[], int],
        grown: Callable[[], None],
    ) -> None:
        """`nodes` are the enrolled nodes of this store; `offset_ms` is HQ's clock beside ours; `grown` is called after."""
        self._files, self._clock = files, clock
        self._nodes, self._offset_ms, self._grown = nodes, offset_ms, grown

    async def take(self, caller: NodeDoc, header: PushHeader, body: bytes) -> Answer:
        """Raises RuleViolationError `push.other_store` and WireDamageError `wire.too_large`."""
        nodes = self._nodes()
        origin = nodes.get(header.stream.origin_node)
        if origin is None:
            raise RuleViolationError("push.other_store", node=header.node)
        try:
            entries = await asyncio.to_thread(_decode, header, body)
        except WireDamageError as damage:
            if damage.code == "wire.too_large":
                raise
            seq = damage.facts.get("seq")
            return DamagedAnswer(seq if isinstance(seq, int) else None)
        forged = _first_unsigned(nodes, entries)
        if forged is not None:
            return DamagedAnswer(forged)
        now_ms = self._clock.now_ms()
        done = await self._files.run(lambda files: streams.receive(files, header, entries, now_ms))
        if isinstance(done, PushAnswer):
            self._grown()
            return replace(done, clock_offset_ms=done.clock_offset_ms + self._offset_ms())
        return done


def _decode(header: PushHeader, body: bytes) -> list[StreamEntry]:
    return decode_batch(header.stream, Head(header.from_seq, header.prev_hash), expand([body]))


def _first_unsigned(nodes: Mapping[str, NodeDoc], entries: list[StreamEntry]) -> int | None:
    """The first signature that does not hold, or None. Each covers its run through the hash chain."""
    for placed in signatures_to_check(entries):
        origin = nodes.get(placed.entry.node)
        if origin is None or not PublicKey(origin.public_key).verify(placed.entry.entry_hash, placed.entry.sig):
            return placed.seq
    return None
