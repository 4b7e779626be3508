"""The agent put together: its lines up, down and to its neighbours, and what it does with the store role."""

import asyncio
import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack

import msgspec

from retail_core.domain.clock import Clock, OtherClock
from retail_core.domain.events import TillLocked
from retail_core.domain.ids import IdSource
from retail_core.durable.home import MachineConfig
from retail_core.durable.link import LinkStatusDoc, NodeDoc
from retail_core.sync.alone import DAY_MS
from retail_core.sync.sender import HQ_PEER
from retail_core.sync.storerole import TERM_STEP, StoreRole
from sync_agent.backups import NightlyCopies
from sync_agent.certificate import Certificate
from sync_agent.config import (
    AGENT_KEY,
    HQ_AUDIENCE,
    STATUS_EVERY_MS,
    TELEMETRY_EVERY_MS,
    AgentHome,
    reference_scopes,
    store_scope,
)
from sync_agent.device_line import DeviceLine
from sync_agent.discovery import Announcement, Discovery
from sync_agent.feed_cache import FeedCache
from sync_agent.health import AgentHealth, FeedHealth, HopHealth, SealedHealth, StreamHealth, health_app
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import DATE_STEP_MS, HopFault, Peer
from sync_agent.hq_client.lines import UNREACHABLE
from sync_agent.hq_client.tls import pinned_context
from sync_agent.hq_link.claim_line import ClaimLine
from sync_agent.hq_link.feeds import FeedLine
from sync_agent.hq_link.key_line import KeyLine
from sync_agent.hq_link.lock_line import LOCKED, LockLine
from sync_agent.hq_link.neighbours import Neighbours
from sync_agent.hq_link.receipt_line import ReceiptLine
from sync_agent.hq_link.references import SHRUNK, References
from sync_agent.hq_link.role_line import RoleLine
from sync_agent.hq_link.route import Route
from sync_agent.hq_link.shared_line import SharedLine
from sync_agent.hq_link.start_line import StartLine
from sync_agent.hq_link.trust_line import TrustLine
from sync_agent.hq_link.uplink import Uplink
from sync_agent.hq_link.watch import HqWatch
from sync_agent.lan_desk import Hello, LanDesk
from sync_agent.lan_server import lan_app
from sync_agent.salvage.line import SalvageLine
from sync_agent.segment_watch import SegmentWatch
from sync_agent.serving import QuietServer, listen, plain_server, tls_server
from sync_agent.storage import downlink, reference_files
from sync_agent.storage.figures import figures_here
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Copy
from sync_agent.store_role.acceptance import Acceptance
from sync_agent.store_role.intake import Intake
from sync_agent.store_role.sealing import seal_old_days
from sync_agent.store_role.shared_board import SharedBoard
from sync_agent.store_role.shipper import Patient, everything
from sync_agent.supervisor import Line, Supervisor
from sync_agent.till_link import TillLink, till_copies
from sync_agent.wake import LOOPBACK, Bell

LOG = logging.getLogger(__name__)
HQ_SILENT_MS = 40_000  # a long poll and a retry
HOUSEKEEPING_MS = 30_000


class Agent:
    """Everything one agent does. Open it with `open`, then `run` until told to stop."""

    def __init__(
        self, home: AgentHome, config: MachineConfig, clock: Clock, ids: IdSource, files: Files, role: StoreRole
    ) -> None:
        """`role` says whether this machine has the store role now; the configuration only says how it began."""
        config = msgspec.structs.replace(config, store_role=role.has)
        self.config, self.clock, self.ids, self.files = config, clock, ids, files
        self.term = f"{role.generation // TERM_STEP}.{role.generation % TERM_STEP}.{ids.next()}"
        self.home = home
        self.nodes: Mapping[str, NodeDoc] = {}
        self._key = home.home.keys.signing_key(AGENT_KEY)
        self._ca_pem = home.ca_pem.read_text()
        self._hq_clock = OtherClock()
        self._acceptance: Acceptance | None = None
        self._journal: Acceptance | None = None  # of a machine without the store role, once it has something to say
        self._stopping, self._figures = asyncio.Event(), Bell()
        self._sealed: dict[str, SealedHealth] = {}
        self.lines = Supervisor(clock)
        peer = Peer(HQ_PEER, config.hq_url, HQ_AUDIENCE)
        context = pinned_context(self._ca_pem, clock)
        self.hq, self.aside = (SyncClient(peer, config.agent_node, self._key, context, clock, ids) for _ in range(2))
        self.certificate = Certificate(home, self.hq, clock)
        self.hq.on_back, self.hq.on_date = self._hurry, self._hq_said_when
        self.watch = HqWatch(self.hq, clock, lambda: self.neighbours.store_says is not None)
        direct = {HQ_PEER: self.hq}
        self.up, self.down = (Route(direct, clock) for _ in range(2))
        self.relay, self.copy = Route(direct, clock), Route({}, clock)
        self.neighbours = Neighbours(
            config, self._ca_pem, self._key, clock, ids, lambda: self.locks.of(self.trust.of(self.nodes)), self._neighbours_changed,
            trusting=lambda: not (self.trust.ended or self.locks.locked_here),
            heard=lambda word: self.trust.carried(word), greeted=lambda: self.locks.bell.ring(),  # noqa: PLW0108 - made later
            answered=self._answered,
        )  # fmt: skip
        self.role = RoleLine(role, files, self.neighbours, self.stop)
        self.segments = SegmentWatch(home.home, files)
        self.cache = FeedCache(files, clock)
        self.references = References(files, self.down, self.hq, self._key, clock, ids)
        self._make_lines()

    def _make_lines(self) -> None:
        files, clock, config = self.files, self.clock, self.config
        main = everything if config.store_role else till_copies
        self.uplink = Uplink("up", files, self.up, clock, Bell(), main, self._acked)
        self.relayed = Uplink("relay", files, self.relay, clock, Bell(), Patient(clock).overdue, self._acked)
        self.copied = Uplink("copy", files, self.copy, clock, Bell(), till_copies, self._acked)
        for uplink in (self.uplink, self.relayed, self.copied):
            uplink.on_time = self._hq_said_exactly
        cache = self.cache if config.store_role else None
        self.feeds = [
            FeedLine(scope, files, self.down, clock, cache, self.references, self._brought)
            for scope in reference_scopes(config)
        ]
        self.feeds.append(
            FeedLine(store_scope(config), files, self.down, clock, cache, None, self._brought, self._ask_all)
        )
        self.trust = TrustLine(files, clock, self.aside, lambda: self.feeds[-1].cursor, self._trust_changed)
        self.hq.on_word = self.aside.on_word = self.trust.from_hq
        self.locks = LockLine(
            files, self._key, lambda: self.nodes, self.neighbours.greeted, self._note_lock, self._trust_changed
        )
        self.board = SharedBoard(files, clock) if config.store_role else None
        self.shared = SharedLine(files, clock, self.board, lambda: self.neighbours.with_store_role, self._told)
        self.claims = ClaimLine(
            files, clock, self.board, lambda: self.neighbours.with_store_role, self._told, self.role.take_over
        )
        self.copies = NightlyCopies(self.home.home, config, clock)
        self.keys = KeyLine(files, self.aside)
        self.start = StartLine(files, clock, self.aside, lambda: self.neighbours.everybody, self._told)
        self.salvage = SalvageLine(files, self._key, clock, self.aside, lambda: self.neighbours.everybody, self._told)
        self.receipts = ReceiptLine(files, clock, lambda: self.neighbours.with_store_role, self.hq, self._told)
        self.intake = Intake(files, clock, lambda: self.nodes, lambda: self._offset_ms, self._grown)
        self.desk = LanDesk(
            files, self._key, clock, self.ids, nodes=lambda: self.nodes, admit=self._admit, intake=self.intake, cache=self.cache,
            references=self.references, hq=self.hq, hello=self.hello, hq_age_ms=self._hq_age_ms,
            board=self.board, locks=self.locks,
        )  # fmt: skip

    async def run(self) -> None:
        """Until `stop`. Raises EnvironmentFault for what must be repaired before it can start."""
        config = self.config
        async with AsyncExitStack() as stack:
            lan = listen(config.lan_host, config.lan_port)
            stack.callback(lan.close)
            local = listen(LOOPBACK, config.health_port)
            stack.callback(local.close)
            lan_server = tls_server(lan_app(self.desk), self.home)
            self.certificate.serve_in(lan_server.config.ssl)
            servers = [(lan_server, lan), (plain_server(health_app(self.health, self.clock.now_ms)), local)]
            self.till = await TillLink.open(self.files, self.clock, self._bells())
            stack.callback(self.till.close)
            for client in (self.hq, self.aside):
                stack.push_async_callback(client.close)
            stack.push_async_callback(self.neighbours.close)
            await self._begin()
            async with asyncio.TaskGroup() as tasks:
                serving = [tasks.create_task(server.serve(sockets=[sock])) for server, sock in servers]
                working = [tasks.create_task(self.lines.keep(name, line)) for name, line in self._lines().items()]
                LOG.info("agent of %s %s runs", config.store, config.register, extra={"code": "agent.started"})
                await self._stopping.wait()
                await self._wind_down([server for server, _ in servers], serving, working)

    def _bells(self) -> Sequence[Bell]:
        """What a byte of the till rings."""
        return [
            self.uplink.bell, self.copied.bell, self.watch.bell, self.claims.asked, self.receipts.asked,
            self.salvage.asked, self.start.asked, self.locks.bell, *([self.board.bell] if self.board else []),
        ]  # fmt: skip

    def _lines(self) -> Mapping[str, Line]:
        """What runs side by side, by the names that health and log use."""
        lines: dict[str, Line] = {f"feed {line.scope}": line.run for line in self.feeds}
        lines |= {
            "push": self.uplink.run, "copy": self.copied.run, "neighbours": self.neighbours.run,
            "certificate": self.certificate.run, "status": self._show_status, "telemetry": self._send_figures,
            "housekeeping": self._keep_house, "watch": self.watch.run, "role": self.role.run,
            "shared": self.shared.follow, "claims": self.claims.run, "receipts": self.receipts.run,
            "keys": self.keys.run, "salvage": self.salvage.run, "start": self.start.run, "backup": self.copies.run,
            "trust": self.trust.run, "locks": self.locks.run, "sealing": self._seal, "segments": self.segments.run,
            "devices": DeviceLine(self.files, self.aside, self.clock).run,
        }  # fmt: skip
        lines |= {"board": self.board.run} if self.board else {"relay": self.relayed.run}
        return lines | ({"discovery": self.neighbours.discovery.run} if self.neighbours.discovery else {})

    def stop(self) -> None:
        """Ends `run` promptly; everything acknowledged is durable already."""
        self._stopping.set()

    # ── beginning and end ────────────────────────────────────────────────────────────────────────

    async def _begin(self) -> None:
        config = self.config
        self.nodes = await self.files.run(downlink.nodes)
        await self.trust.open()
        await self.locks.open()
        await self.role.heard_of_hq()
        if config.store_role:
            self._acceptance = await self.files.run(lambda files: Acceptance.open(files, self.clock, self.ids))
            await self._decide()
        if config.discovery:
            role = "store" if config.store_role else "agent"
            own = Announcement(config.agent_node, config.store, role, self.term, config.lan_port)
            self.neighbours.discovery = Discovery(own, config.discovery_interfaces, self.neighbours.bell.ring)

    async def _wind_down(
        self,
        servers: Sequence[QuietServer],
        serving: Sequence[asyncio.Task[None]],
        working: Sequence[asyncio.Task[None]],
    ) -> None:
        for task in working:
            task.cancel()
        await self.cache.close()
        await self.references.close()
        if self.board:
            await self.board.close()
        await self.hq.close()  # whoever waits for HQ on a neighbour's behalf is told
        for server in servers:
            server.should_exit = True
        await asyncio.wait([*working, *serving])
        LOG.info("agent stops", extra={"code": "agent.stopped"})

    # ── what happens when ────────────────────────────────────────────────────────────────────────

    def _hurry(self) -> None:
        """A peer is back or another one is in use: whoever waits looks again now."""
        self.trust.hurry()
        for uplink in (self.uplink, self.relayed, self.copied):
            uplink.hurry()
        for line in self.feeds:
            line.bell.ring()

    def _neighbours_changed(self) -> None:
        hq = {HQ_PEER: self.hq}
        stores, others = self.neighbours.with_store_role, self.neighbours.others
        if not self.config.store_role:
            self.up.offer({**stores, **hq})
            self.down.offer({**stores, **hq})
        # a second machine holds every sale: the store role's own are copied to a neighbour, and so are everybody's
        # while no store role can be reached
        self.copy.offer(others if self.config.store_role or not stores else {})
        self.shared.bell.ring()
        self._hurry()
        self.role.heard_of_neighbours()

    def _answered(self, peer: str) -> None:
        """What went past the store while it was away goes on through it, also where nothing new is to be sent."""
        if self.up.greeted(peer):
            self.uplink.hurry()

    def _trust_changed(self) -> None:
        self.neighbours.bell.ring()
        self._neighbours_changed()
        self.till.brought()

    def _admit(self, node: NodeDoc) -> None:
        self.trust.admit(node)
        self.locks.admit(node)

    async def _note_lock(self, event: TillLocked, by: str) -> None:
        """What a neighbour told stands in this machine's own journal too."""
        journal = self._acceptance or self._journal
        if journal is None:
            journal = self._journal = await self.files.run(lambda files: Acceptance.open(files, self.clock, self.ids))
        await self.files.run(lambda _: journal.note(event, by))
        self._grown()

    def _grown(self) -> None:
        """A neighbour's journal has more here than before."""
        self.watch.bell.ring()
        self.uplink.bell.ring()
        if self.board:
            self.board.bell.ring()

    def _told(self) -> None:
        """The store role told something, or answered."""
        self.till.brought()

    @property
    def _offset_ms(self) -> int:
        """How far HQ's clock is ahead of ours, whatever that shows now."""
        return self._hq_clock.offset_ms(self.clock)

    def _hq_said_when(self, shown_ms: int) -> None:
        """Every answer of HQ has its clock, to a second; an acknowledgement says it more exactly."""
        self._hq_clock = self._hq_clock.shown(shown_ms, self.clock.monotonic_ms(), DATE_STEP_MS)

    def _hq_said_exactly(self, shown_ms: int) -> None:
        self._hq_clock = self._hq_clock.shown(shown_ms, self.clock.monotonic_ms())

    def _acked(self, copy: Copy) -> None:
        if copy.in_till:
            self.till.brought()

    async def _brought(self, scope: str) -> None:
        """A slice of the feed is durable."""
        if scope == store_scope(self.config):
            self.nodes = await self.files.run(downlink.nodes)
            self.neighbours.bell.ring()
            await self.role.heard_of_hq()
            await self._decide()
        self.till.brought()

    def _ask_all(self) -> None:
        """HQ was put back from a copy: nothing we knew of how far it is may be true."""
        for line in (self.uplink, self.relayed, self.copied):
            line.ask_all()

    async def _decide(self) -> None:
        acceptance = self._acceptance
        if acceptance and await self.files.run(lambda _: acceptance.decide(self._offset_ms)):
            self._grown()

    # ── lines of its own ─────────────────────────────────────────────────────────────────────────

    async def _show_status(self) -> None:
        refused = ""
        while True:
            await self.till.show(self.status())
            if refused != (refused := self._catalogue_refused()):
                self._figures.ring()
            await asyncio.sleep(STATUS_EVERY_MS / 1000)

    async def _send_figures(self) -> None:
        """Lossy: a figure that cannot be sent is forgotten."""
        while True:
            await self._figures.wait(int(TELEMETRY_EVERY_MS * (0.5 + random.random())))  # noqa: S311 - jitter
            try:
                figures = {"queued": self.queued(), "oldest_ms": self.oldest_ms(), "clock_offset_ms": self._offset_ms}
                figures |= await self.files.run(figures_here)
                figures["segments_bad"] = sum(len(bad) for bad in self.segments.bad.values())
                if self._catalogue_refused() == SHRUNK:
                    figures["catalogue_shrunk"] = self.references.lacks.items
                await self.hq.telemetry(figures)
            except HopFault as down:
                LOG.debug("no figures sent: %s", down)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_MS / 1000)
            gone = await self.files.run(reference_files.remove_unused)
            if gone:
                LOG.info("removed %s", ", ".join(gone), extra={"code": "reference.removed"})
            await self._decide()

    async def _seal(self) -> None:
        await seal_old_days(self.files, self.clock, self._sealed.update)

    # ── what it knows ────────────────────────────────────────────────────────────────────────────

    def queued(self) -> int:
        return self.uplink.queued + self.relayed.queued

    def oldest_ms(self) -> int:
        return min((at for at in (self.uplink.oldest_ms, self.relayed.oldest_ms) if at), default=0)

    def hello(self) -> Hello:
        config, error = self.config, self.hq.last_error
        return Hello(
            config.agent_node, config.store, config.store_role, self.term, not error, error, self.watch.reach.value,
            self.role.now.generation, self.trust.word, self.locks.digest,
        )  # fmt: skip

    def hq_contact_ms(self) -> int:
        """When HQ last answered this agent, or the neighbour that carries for it."""
        stores = self.neighbours.with_store_role.values()
        return max([self.hq.last_contact_ms, *(client.hq_contact_ms for client in stores)])

    def _hq_age_ms(self) -> int | None:
        at = self.hq_contact_ms()
        return self.clock.now_ms() - at if at else None

    def status(self) -> LinkStatusDoc:
        """For the till's lamp. `error` says why HQ does not get what is sold now; empty when it does."""
        store = next(iter(self.neighbours.with_store_role.values()), None)
        contact_ms, now_ms = self.hq_contact_ms(), self.clock.now_ms()  # read once: the offset is that of `at_ms`
        silent = bool(contact_ms) and now_ms - contact_ms > HQ_SILENT_MS
        says = self.neighbours.store_says
        if says is None:
            error, reach = self.hq.last_error, self.watch.reach.value
        else:
            error, reach = "" if says.hq_up else says.hq_error or UNREACHABLE, says.reach
        return LinkStatusDoc(
            contact_ms,
            store.last_contact_ms if store else 0,
            store.peer.name if store else "",
            self._hq_clock.offset_ms(self.clock, now_ms),
            max(line.contact_ms for line in self.feeds),
            error or ("hq.silent" if silent else ""),
            at_ms=now_ms,
            running_ms=self.clock.monotonic_ms(),
            running_since=self.clock.running_since(),
            store_role=self.config.store_role,
            neighbours=self.neighbours.nodes,
            copies=self._copies(),
            oldest_ms=self.oldest_ms(),
            reach=reach,
            catalogue=self._catalogue_refused(),
            alone_days=self.trust.silent_ms // DAY_MS,
            segments=self.segments.code,
        )

    def _catalogue_refused(self) -> str:
        return next((line.refused for line in self.feeds if line.refused), "")

    def _copies(self) -> tuple[str, ...]:
        """Nodes that have all of this till's journal: the peer in use on the way up, and the neighbour with the second copy."""
        peers = {*self.copied.kept_at(), *self.uplink.kept_at()} - {HQ_PEER}
        return tuple(sorted(peer.partition(":")[2] for peer in peers))

    def _warnings(self) -> tuple[str, ...]:
        return self.certificate.warning, self.segments.code, LOCKED if self.locks.locked_here else ""

    def health(self) -> AgentHealth:
        config, store = self.config, next(iter(self.neighbours.with_store_role.values()), None)
        states = {**self.relayed.states(), **self.uplink.states()}
        return AgentHealth(
            config.store, config.register, config.agent_node, config.store_role, self.term,
            _hop(self.hq, self._offset_ms), _hop(store, 0) if store else HopHealth("unused"),
            self.queued(), self.oldest_ms(),
            tuple(
                StreamHealth(
                    source.node, source.epoch, here, state.peer, state.through.seq, state.hq.seq, state.phase.value
                )
                for source, (here, state) in states.items()
            ),
            {line.scope: FeedHealth(line.cursor, line.contact_ms, line.error) for line in self.feeds},
            self.files.reference_name,
            tuple(self.copied.kept_at()),
            (*self.neighbours.with_store_role, *self.neighbours.others),
            tuple(sorted({*self.lines.faults.values(), *filter(None, self._warnings())})),
            dict(self.desk.refused),
            self.neighbours.silent,
            sealed=self._sealed, restarts=dict(self.lines.restarts),
            segments_bad={name: len(bad) for name, bad in self.segments.bad.items()},
            alone_ms=self.trust.silent_ms,
            pushes=self.desk.turns.health,
        )  # fmt: skip


def _hop(client: SyncClient, offset_ms: int) -> HopHealth:
    state = "down" if client.last_error else "up" if client.last_contact_ms else "unused"
    return HopHealth(state, client.peer.name, client.last_contact_ms, offset_ms, client.last_error)
