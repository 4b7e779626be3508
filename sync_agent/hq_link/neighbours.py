"""Agents of the same store that proved themselves, by static address or found by zeroconf, asked again every two seconds."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence

import msgspec

from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource
from retail_core.durable.home import MachineConfig
from retail_core.durable.link import NodeDoc
from retail_core.sync.storerole import NOBODY
from retail_core.trust.keys import SigningKey
from retail_core.wire.unreadable import UNREADABLE
from sync_agent.config import FIND_PEERS_EVERY_MS, GREET_PEERS_EVERY_MS, GREETING_PATIENCE_S, MAX_PEERS
from sync_agent.discovery import Discovery
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault, Peer
from sync_agent.hq_client.tls import name_of_neighbour, pinned_context
from sync_agent.lan_desk import Hello, audience_of
from sync_agent.wake import Bell

LOG = logging.getLogger(__name__)
STORE, COPY = "store", "copy"
AGENT_ROLE = "agent"
MISSES_TO_TELL = 2
FORGET_AFTER_MS = 30_000
"""A machine that is only busy stays a neighbour; that it is silent is told much sooner."""
FIRST_PAUSE_MS = 500
LEAST_PAUSE_S = 0.2


class Neighbours:
    """`changed` is called when somebody came, went, or took the store role."""

    def __init__(
        self,
        config: MachineConfig,
        ca_pem: str,
        key: SigningKey,
        clock: Clock,
        ids: IdSource,
        nodes: Callable[[], Mapping[str, NodeDoc]],
        changed: Callable[[], None],
        *,
        trusting: Callable[[], bool] = lambda: True,
        heard: Callable[[str], None] = lambda _: None,
        greeted: Callable[[], None] = lambda: None,
        answered: Callable[[str], None] = lambda _: None,
    ) -> None:
        """While `trusting` is false they are only greeted. `heard` is told what each says is head office's word; `greeted` is called after
        each round, `answered` with each peer that answered.
        """
        self.discovery: Discovery | None = None
        self.bell = Bell()
        self._config, self._ca_pem, self._key = config, ca_pem, key
        self._clock, self._ids = clock, ids
        self._nodes, self._changed = nodes, changed
        self._trusting, self._heard, self._greeted, self._answered = trusting, heard, greeted, answered
        self._known: dict[str, tuple[SyncClient, Hello]] = {}
        self._missed: dict[str, int] = {}
        self._next = 0
        self._context = pinned_context(ca_pem, clock)

    @property
    def with_store_role(self) -> dict[str, SyncClient]:
        """By peer name; whoever took the role over last comes first."""
        return {client.peer.name: client for client, _ in self._with_role()}

    @property
    def highest(self) -> tuple[int, str]:
        """(generation, node) of the newest store role among the neighbours; NOBODY when none has it."""
        return max(((hello.generation, hello.node) for _, hello in self._with_role()), default=NOBODY)

    def _with_role(self) -> Sequence[tuple[SyncClient, Hello]]:
        found = [known for known in self._trusted() if known[1].store_role]
        return sorted(found, key=lambda known: (known[1].generation, known[1].node), reverse=True)

    def _trusted(self) -> Sequence[tuple[SyncClient, Hello]]:
        return list(self._known.values()) if self._trusting() else ()

    @property
    def others(self) -> dict[str, SyncClient]:
        return {client.peer.name: client for client, hello in self._trusted() if not hello.store_role}

    def greeted(self) -> Sequence[tuple[str, SyncClient, str]]:
        """Everybody that answers, trusted by us or not: node, line, and what it says it knows of locks."""
        return [(node, client, hello.locks) for node, (client, hello) in self._known.items() if self._answers(node)]

    @property
    def everybody(self) -> dict[str, SyncClient]:
        return {client.peer.name: client for client, _ in self._trusted()}

    @property
    def nodes(self) -> tuple[str, ...]:
        """Those that answer."""
        return tuple(sorted(node for node in self._known if self._answers(node)))

    @property
    def silent(self) -> tuple[str, ...]:
        """Those that answered once and do not now."""
        return tuple(sorted(node for node in self._known if not self._answers(node)))

    @property
    def store_says(self) -> Hello | None:
        """The newest word of the machine with the store role; None when none answers."""
        answering = [hello for _, hello in self._with_role() if self._answers(hello.node)]
        return answering[0] if answering else None

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._find_for_ever())
            tasks.create_task(self._greet_for_ever())

    async def _greet_for_ever(self) -> None:
        """Whoever is known is asked often: a line that is down is named within seconds."""
        while True:
            await asyncio.sleep(GREET_PEERS_EVERY_MS * (0.8 + random.random() * 0.4) / 1000)  # noqa: S311 - jitter
            before = self._roles()
            await asyncio.gather(*(self._greet_again(node) for node in list(self._known)))
            self._greeted()
            if before != self._roles():
                self._changed()

    async def _find_for_ever(self) -> None:
        pause_ms = FIRST_PAUSE_MS
        while True:
            await self.look()
            await asyncio.sleep(LEAST_PAUSE_S)  # whoever announces much makes nobody busy
            pause_ms = min(pause_ms * 2, FIND_PEERS_EVERY_MS)  # machines of a store are often started together
            if await self.bell.wait(int(pause_ms * (0.75 + random.random() / 2))):  # noqa: S311 - jitter
                pause_ms = FIRST_PAUSE_MS

    async def look(self) -> None:
        """Ask everybody new, once; forget whoever no longer belongs here."""
        before = self._roles()
        agents = {
            node.node_id
            for node in self._nodes().values()
            if node.role == AGENT_ROLE and node.node_id != self._config.agent_node
        }
        for node in self._known.keys() - agents:
            await self._forget(node)
        await asyncio.gather(*(self._meet(url, agents) for url in self._addresses()))
        if before != self._roles():
            self._changed()

    async def close(self) -> None:
        for node in list(self._known):
            await self._forget(node)

    def _answers(self, node: str) -> bool:
        return self._missed.get(node, 0) < MISSES_TO_TELL

    def _roles(self) -> Mapping[str, bool]:
        return {node: hello.store_role for node, (_, hello) in self._known.items()}

    def _addresses(self) -> Sequence[str]:
        met = {client.peer.url for client, _ in self._known.values()}
        found = [url for one in (self.discovery.neighbours if self.discovery else ()) for url in one.urls]
        new = [url for url in dict.fromkeys((*self._config.peers, *found)) if url not in met]
        if len(new) <= MAX_PEERS:
            return new
        self._next = (self._next + MAX_PEERS) % len(new)
        return [*new, *new][self._next :][:MAX_PEERS]

    async def _greet_again(self, node: str) -> None:
        client, before = self._known[node]
        hello = await self._hello(client)
        if self._known.get(node, (None,))[0] is not client:
            return  # forgotten meanwhile
        self._missed[node] = 0 if hello else self._missed.get(node, 0) + 1
        if hello is None:
            self._known[node] = client, msgspec.structs.replace(before, hq_up=False)
        if (hello or before).store_role != before.store_role or self._silent_ms(client) >= FORGET_AFTER_MS:
            await self._forget(node)
        elif hello is not None:
            self._known[node] = client, hello
            self._answered(client.peer.name)

    def _silent_ms(self, client: SyncClient) -> int:
        return self._clock.monotonic_ms() - client.heard_mono_ms if client.last_error else 0

    async def _meet(self, url: str, agents: set[str]) -> None:
        try:
            name = await name_of_neighbour(url, self._ca_pem, agents, self._clock) if agents else None
        except RuleViolationError:
            return
        node = name.partition(".")[0] if name else ""
        if not name or node in self._known:
            return
        stranger = self._client(COPY, node, url, name)
        hello = await self._hello(stranger)
        await stranger.close()
        if hello is not None and hello.node == node and hello.store == self._config.store and node not in self._known:
            client = self._client(STORE if hello.store_role else COPY, node, url, name)
            client.heard_mono_ms = stranger.heard_mono_ms
            self._known[node] = client, hello
            LOG.info("neighbour %s at %s", node, url, extra={"code": "neighbour.met"})

    def _client(self, kind: str, node: str, url: str, name: str) -> SyncClient:
        peer = Peer(f"{kind}:{node}", url, audience_of(node), name)
        return SyncClient(peer, self._config.agent_node, self._key, self._context, self._clock, self._ids)

    async def _hello(self, client: SyncClient) -> Hello | None:
        try:
            hello = msgspec.json.decode(await client.hello(GREETING_PATIENCE_S), type=Hello)
        except (HopFault, *UNREADABLE):
            return None
        self._heard(hello.word)
        return hello

    async def _forget(self, node: str) -> None:
        client, _ = self._known.pop(node)
        self._missed.pop(node, None)
        await client.close()
