"""Streams on their way up one route: a sender machine per stream, at most two requests under way, taken in turn."""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from msgspec.structs import replace

from retail_core.domain.clock import Clock
from retail_core.sync import push, sender
from retail_core.sync.push import Phase, Role, SenderState
from retail_core.sync.schedule import Lane, next_lanes
from retail_core.wire.batch import encode_batch
from retail_core.wire.envelope import Head, StreamId
from retail_core.wire.messages import MAX_COMPRESSED_BYTES, PushAnswer
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import TooLargeAnswer
from sync_agent.hq_client.hop import HopFault
from sync_agent.hq_link.route import Route
from sync_agent.storage import streams
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Copy
from sync_agent.store_role.turns import BUSY
from sync_agent.wake import Bell

LOG = logging.getLogger(__name__)
ASK_AGAIN_MS = 1_000
HURRY_WITHIN_MS = 1_000
MAX_LANES = 4_096
_CALM = (Phase.RESTING, Phase.WAITING)


class Acked(Protocol):
    """Called when a peer (or HQ behind it) has more of a stream than before."""

    def __call__(self, copy: Copy) -> None: ...


@dataclass
class Box:
    """A stream on this line: our copy of it, its machine, and when it had its last turn."""

    copy: Copy
    state: SenderState
    served: int = 0
    owed_since_ms: int = 0
    asked_ms: int = 0
    must_ask: bool = False
    task: asyncio.Task[None] | None = None


class Uplink:
    """Run with `run`; `bell` says that some copy has grown."""

    def __init__(
        self,
        name: str,
        files: Files,
        route: Route,
        clock: Clock,
        bell: Bell,
        copies: Callable[[Files], Sequence[Copy]],
        acked: Acked,
    ) -> None:
        self._name = name
        self._files, self._route, self._clock, self.bell = files, route, clock, bell
        self._copies, self._acked = copies, acked
        self.on_time: Callable[[int], None] | None = None  # told with each acknowledgement what HQ's clock shows
        self._boxes: dict[StreamId, Box] = {}
        self._turn = 0
        self._peer = ""

    @property
    def queued(self) -> int:
        """Entries that HQ is not known to have."""
        return sum(max(0, box.copy.head.seq - box.state.hq.seq) for box in self._boxes.values())

    @property
    def oldest_ms(self) -> int:
        """Since when (wall time) something has been waiting; 0 when nothing is."""
        return min((box.owed_since_ms for box in self._boxes.values() if box.owed_since_ms), default=0)

    def states(self) -> dict[StreamId, tuple[int, SenderState]]:
        """Every stream's head here and its machine."""
        return {source: (box.copy.head.seq, box.state) for source, box in self._boxes.items()}

    def kept_at(self) -> set[str]:
        """Peers that have everything of some stream."""
        return {box.state.peer for box in self._boxes.values() if 0 < box.copy.head.seq <= box.state.through.seq}

    def hurry(self) -> None:
        """A peer may be back: whoever waits after a failure is due within moments, not all at the same one."""
        soon_ms = self._clock.monotonic_ms() + int(random.random() * HURRY_WITHIN_MS)  # noqa: S311 - jitter
        for box in self._boxes.values():
            if box.state.phase is Phase.WAITING and box.state.failures:
                box.state = replace(box.state, due_ms=min(box.state.due_ms, soon_ms))
        self.bell.ring()

    def ask_all(self) -> None:
        """HQ was put back from a copy: every stream asks how far its peer is, and goes on from there."""
        for box in self._boxes.values():
            box.must_ask = True
        self.bell.ring()

    async def run(self) -> None:
        """Until cancelled. A fault of our own files ends it and is raised in a group; a peer's fault never does."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._look()
                for source in self._due():
                    box = self._boxes[source]
                    if box.task is None or box.task.done():
                        self._turn += 1
                        box.served = self._turn
                        box.task = tasks.create_task(self._drive(box), name=f"{self._name} {source.node}")
                        box.task.add_done_callback(lambda _: self.bell.ring())
                await self.bell.wait(self._pause_ms())

    # ── what there is to send ────────────────────────────────────────────────────────────────────

    async def _look(self) -> None:
        found = {copy.source: copy for copy in (await self._files.run(self._copies))[:MAX_LANES]}
        peer, now_ms = self._route.peer, self._clock.now_ms()
        for source in self._boxes.keys() - found.keys():
            box = self._boxes[source]
            if box.task is None or box.task.done():
                del self._boxes[source]
        for source, copy in found.items():
            box = self._boxes.get(source)
            if box is None:
                self._boxes[source] = box = Box(copy, await self._start(copy, peer))
            elif copy.head != box.copy.head:
                box.copy = copy
                box.state = _woken(box.state)
            owed = copy.head.seq > box.state.hq.seq
            box.owed_since_ms = (box.owed_since_ms or now_ms) if owed else 0
        if peer != self._peer:
            await self._move(peer)

    async def _start(self, copy: Copy, peer: str) -> SenderState:
        there, hq = await self._files.run(lambda files: streams.known_at(files, peer, copy))
        # a peer that never had the stream may begin where HQ is; one that had an older part says so
        return sender.start(copy.source, peer, Role.ORIGIN if copy.in_till else Role.RELAY, there, hq, copy.base)

    async def _move(self, peer: str) -> None:
        """Another peer from now on: what is under way is left alone and counts for nothing."""
        self._peer = peer
        for box in self._boxes.values():
            if box.task and not box.task.done():
                box.task.cancel()
                await asyncio.wait([box.task])
            fresh = await self._start(box.copy, peer)
            if box.state.phase is not Phase.FORKED:
                box.state = replace(fresh, hq=max(fresh.hq, box.state.hq, key=_seq), request=box.state.request)

    def _due(self) -> Sequence[StreamId]:
        if not self._route.peer:
            return ()
        own = self._files.config.agent_node
        lanes = [
            Lane(source, box.state, own=source.node == own, oldest_ms=box.owed_since_ms, served=box.served)
            for source, box in self._boxes.items()
        ]
        due = next_lanes(lanes, self._clock.monotonic_ms())
        return [*due, *(source for source, box in self._boxes.items() if source not in due and self._unanswered(box))]

    def _unanswered(self, box: Box) -> bool:
        """The store has everything, and we don't know yet whether HQ has; or what we know of the peer may be wrong."""
        waiting = not self._route.direct and box.state.hq.seq < box.state.through.seq
        return (
            (waiting or box.must_ask)
            and box.state.phase in _CALM
            and self._clock.monotonic_ms() - box.asked_ms >= ASK_AGAIN_MS
        )

    def _pause_ms(self) -> int:
        """Until the next stream is due; one that is due already has its turn or waits for another's end, which rings."""
        now_ms = self._clock.monotonic_ms()
        dues = [box.state.due_ms - now_ms for box in self._boxes.values() if box.state.phase in _CALM]
        return min([POLL_TILL_MS, *(due for due in dues if due > 0)])

    # ── one stream's turn ────────────────────────────────────────────────────────────────────────

    async def _drive(self, box: Box) -> None:
        """One turn: from its due time to the next answer, or to rest. Not due yet: the peer is asked how far things are."""
        message: push.Message | None = push.Tick()
        if box.state.due_ms > self._clock.monotonic_ms():
            message = await self._witnessed(box)
        elif box.state.phase not in _CALM:
            box.state = replace(box.state, phase=Phase.RESTING)
        sent = False
        while message is not None:
            box.state, actions = sender.step(box.state, message, self._clock.monotonic_ms(), random.random())  # noqa: S311 - jitter
            message = None
            for action in actions:
                if isinstance(action, push.Load) and sent and len(self._boxes) > 1:
                    box.state = replace(box.state, phase=Phase.RESTING, due_ms=0)  # the others' turn
                    self.bell.ring()
                    break
                sent = sent or isinstance(action, push.Send)
                message = await self._perform(box, action) or message

    async def _perform(self, box: Box, action: push.Action) -> push.Message | None:
        copy = box.copy
        match action:
            case push.Load(check=check, after=after, limit=limit):
                return await self._files.run(lambda files: streams.load(files, copy, check, after, limit))
            case push.Check(seqs=seqs):
                return await self._files.run(lambda files: streams.own_hashes(files, copy, seqs))
            case push.Send():
                return await self._send(action)
            case push.Record():
                await self._record(box, action)
            case push.OpenEpoch(source=source, theirs=theirs):
                LOG.warning("the till went back in time", extra={"code": "sync.fork"})
                now_ms = self._clock.now_ms()
                await self._files.run(lambda files: streams.tell_fork(files, source, theirs, now_ms))
                self._acked(copy)
            case push.Notice(code=code, stream=stream, seq=seq):
                LOG.warning("%s epoch %s from %d", stream.node, stream.epoch, seq, extra={"code": code})
            case _:
                assert_never(action)
        return None

    async def _send(self, action: push.Send) -> push.Message:
        client = self._route.client
        if client is None or action.peer != self._route.peer:
            return push.Failed(action.request)
        asked_ms, running_ms = self._clock.now_ms(), self._clock.monotonic_ms()
        header = replace(action.header, clock_ms=asked_ms)
        body = await asyncio.to_thread(encode_batch, header.stream, action.entries, full=action.full)
        if len(body) > MAX_COMPRESSED_BYTES:
            return push.TooLarge(action.request)
        try:
            answer = await client.push(header, body)
        except HopFault as down:
            self._note_failure(action.peer, down)
            return push.Failed(action.request, down.retry_after_ms)
        self._route.answered(action.peer)
        if isinstance(answer, TooLargeAnswer):
            return push.TooLarge(action.request)
        if isinstance(answer, PushAnswer) and self.on_time is not None:
            # the offset is that of our clock when we asked; it may have been set since, the time that ran is true
            self.on_time(asked_ms + answer.clock_offset_ms + self._clock.monotonic_ms() - running_ms)
        return push.Answered(action.request, answer)

    async def _record(self, box: Box, done: push.Record) -> None:
        now_ms = self._clock.now_ms()
        await self._files.run(lambda files: streams.record(files, box.copy, done.peer, done, now_ms))
        if done.quarantined:
            LOG.warning(
                "%d entries wait in quarantine up the line", len(done.quarantined), extra={"code": "sync.quarantined"}
            )
        self._acked(box.copy)

    async def _witnessed(self, box: Box) -> push.Witnessed | None:
        """What the peer has of the stream, and how far HQ is as it knows; a peer whose disk was replaced has nothing."""
        box.asked_ms = self._clock.monotonic_ms()
        client, state = self._route.client, box.state
        if client is None or client.peer.name != state.peer:
            return None
        try:
            said = await client.witness(state.source.node, state.source.epoch)
        except HopFault as down:
            self._note_failure(client.peer.name, down)
            return None
        if box.state is not state:
            return None
        box.must_ask = False
        if said is None:
            return push.Witnessed(Head())
        theirs = Head(said.through, bytes.fromhex(said.through_hash))
        news = said.hq_through > state.hq.seq or theirs != state.through
        return push.Witnessed(theirs, Head(said.hq_through, bytes.fromhex(said.hq_through_hash))) if news else None

    def _note_failure(self, peer: str, down: HopFault) -> None:
        LOG.debug("%s: %s", peer, down, extra={"code": down.code})
        if down.code != BUSY:  # it answered, and there will be a place
            self._route.failed(peer)


def _woken(state: SenderState) -> SenderState:
    """Due at once when it rests; a machine that waits after a failure goes on waiting."""
    if state.phase is Phase.RESTING:
        return replace(state, due_ms=0)
    return replace(state, woken=True)


def _seq(head: Head) -> int:
    return head.seq
