"""Tills that a manager of the store locked: told from machine to machine, with no head office and no store role needed.

A greeting says by a digest what a machine knows. Whoever knows other things tells, and hears in the answer what it lacks.
Each lock is signed by the machine whose till decided it; whoever takes one up on another's word writes that down.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import TillLocked
from retail_core.durable.link import NodeDoc
from retail_core.trust.keys import SigningKey
from retail_core.trust.locks import LockPage, TillLock, check_lock, digest, news, sign_lock
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import POLL_TILL_MS
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault
from sync_agent.storage import locks as stored
from sync_agent.storage.files import Files
from sync_agent.wake import Bell

LOG = logging.getLogger(__name__)
LOCKED = "node.locked"
TELL_WITHIN_S = 2.0
MAX_TOLD = 100
Greeted = Callable[[], Sequence[tuple[str, SyncClient, str]]]
"""The neighbours that answer: node, line, and the digest of what each knows."""


class LockLine:
    """Open with `open`, run with `run`; `bell` says that the till's journal has grown or that a neighbour may know more."""

    def __init__(
        self,
        files: Files,
        key: SigningKey,
        nodes: Callable[[], Mapping[str, NodeDoc]],
        greeted: Greeted,
        note: Callable[[TillLocked, str], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """`note` writes a lock that a neighbour told into this machine's own journal; `changed` is called after."""
        self.bell = Bell()
        self._files, self._key, self._nodes = files, key, nodes
        self._greeted, self._note, self._changed = greeted, note, changed
        self._known: Mapping[str, TillLock] = {}
        self._told: dict[str, tuple[str, str]] = {}
        self._taking = asyncio.Lock()

    async def open(self) -> None:
        self._known = await self._files.run(stored.known)

    @property
    def digest(self) -> str:
        return digest(self._in_use())

    @property
    def locked_here(self) -> bool:
        """Whether this very machine is locked, as far as it has heard."""
        own = self._known.get(self._files.config.agent_node)
        return own is not None and own.locked

    def of(self, nodes: Mapping[str, NodeDoc]) -> Mapping[str, NodeDoc]:
        """Those of `nodes` that are not locked."""
        shut = {node for lock in self._in_use() if lock.locked for node in lock.nodes}
        return {node_id: node for node_id, node in nodes.items() if node_id not in shut}

    def admit(self, node: NodeDoc) -> None:
        """Raises RuleViolationError `node.locked`, with the lock, so that the machine can say it to whoever stands at it."""
        for lock in self._in_use():
            if lock.locked and node.node_id in lock.nodes:
                raise RuleViolationError(LOCKED, lock=msgspec.json.encode(lock).decode())

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._read_own()
            await self._tell()
            await self.bell.wait(POLL_TILL_MS)

    async def take(self, told: LockPage) -> LockPage:
        """What a neighbour knows comes in; what is known here goes back."""
        await self._merge([lock for lock in told.locks[:MAX_TOLD] if self._genuine(lock)])
        return LockPage(tuple(self._in_use()[:MAX_TOLD]))

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _in_use(self) -> list[TillLock]:
        """Of machines that are still the store's."""
        nodes = self._nodes()
        return [lock for node, lock in sorted(self._known.items()) if node in nodes]

    async def _read_own(self) -> None:
        acts = await self._files.run(stored.own_acts)
        if not acts:
            return
        origin = self._files.config.agent_node
        made = [
            TillLock(e.nodes, e.register, e.locked, e.n, e.why, e.by, act.at_ms, origin)
            for act in acts
            for e in [act.event]
        ]
        await self._merge([sign_lock(self._key, lock) for lock in made])
        await self._files.run(lambda files: stored.note_read(files, acts[-1].n))

    def _genuine(self, lock: TillLock) -> bool:
        """Said by a machine of the store, of one machine of the store: nobody is locked under another's name."""
        known = self._nodes()
        origin = known.get(lock.origin)
        try:
            if origin is None or not lock.nodes or lock.agent not in known:
                return False
            if {known[node].register for node in lock.nodes if node in known} != {lock.register}:
                return False
            check_lock(origin.public_key, lock)
        except RuleViolationError as odd:
            LOG.warning("a lock of %s is not taken", lock.register[:20], extra={"code": odd.code})
            return False
        return True

    async def _merge(self, offered: Sequence[TillLock]) -> None:
        async with self._taking:
            taken: dict[str, TillLock] = {}
            for lock in offered:
                if news({**self._known, **taken}, lock):
                    taken[lock.agent] = lock
            if not taken:
                return
            for lock in taken.values():  # first the trace: nobody is kept out without one
                LOG.warning("till %s: locked %s", lock.register, lock.locked, extra={"code": "till.locked"})
                if lock.origin != self._files.config.agent_node:
                    event = TillLocked(lock.nodes, lock.register, lock.locked, lock.n, lock.why, lock.by, lock.origin)
                    await self._note(event, lock.by)
            await self._files.run(lambda files: stored.keep(files, list(taken.values())))
            self._known = {**self._known, **taken}
        self._changed()
        self.bell.ring()

    async def _tell(self) -> None:
        ours = self.digest
        new = [
            (node, client, theirs)
            for node, client, theirs in self._greeted()
            if theirs != ours and self._told.get(node) != (ours, theirs)
        ]
        await asyncio.gather(*(self._tell_one(node, client, (ours, theirs)) for node, client, theirs in new))

    async def _tell_one(self, node: str, client: SyncClient, told: tuple[str, str]) -> None:
        content = msgspec.json.encode(LockPage(tuple(self._in_use()[:MAX_TOLD])))
        try:
            async with asyncio.timeout(TELL_WITHIN_S):
                answer = await client.asked("POST", "/v1/locks", content=content)
            page = msgspec.json.decode(answer, type=LockPage)
        except TimeoutError:
            return
        except HopFault as refused:
            if "status" in refused.facts:  # it answered; asked again when it or we know something else
                self._told[node] = told
            await self._locked_out(refused)
            return
        except UNREADABLE:
            self._told[node] = told
            return
        self._told[node] = told
        await self._merge([lock for lock in page.locks[:MAX_TOLD] if self._genuine(lock)])

    async def _locked_out(self, refused: HopFault) -> None:
        """A neighbour says that this machine is locked, and by what."""
        text = refused.facts.get("lock")
        if refused.code != LOCKED or not isinstance(text, str):
            return
        try:
            lock = msgspec.json.decode(text, type=TillLock)
        except UNREADABLE:
            return
        if self._genuine(lock) and self._files.config.agent_node in lock.nodes:
            await self._merge([lock])
