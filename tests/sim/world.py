"""One simulated store and HQ: who there is, what goes wrong and when, and what must hold at the end."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from retail_core.domain.events import SoldLine
from retail_core.domain.ids import uuid7
from retail_core.domain.stock import fold, movements_of
from retail_core.sync import push
from retail_core.trust.keys import PublicKey, SigningKey
from retail_core.wire.envelope import GENESIS, Head, Signer, StreamId, chain_hash, entry_hash
from retail_core.wire.events import decode_event
from retail_core.wire.messages import PushHeader
from tests.sim.agent import Agent
from tests.sim.checks import Checks
from tests.sim.clockwork import Clockwork, Line, MachineClock
from tests.sim.disks import AgentDisk, Copies, HqDisk, TillDisk, fast_sign
from tests.sim.faults import Planted
from tests.sim.hq import Answer, Hq
from tests.sim.keyed import KeyedCopies, KeyedTill, Shelf
from tests.sim.keyed_hq import KeyedHq
from tests.sim.till import Till
from tests.sim.truth import Truth
from tests.sim.violation import ViolationError

if TYPE_CHECKING:
    from tests.sim.plan import Plan

SETTLE_MS = 20 * 60_000
SETTLE_STEP_MS = 5_000
DOUBT_MS = 5_000
"""How wrong a clock may be before a count near to a sale is in doubt; shops take longer, and have longer days."""


class Ledger:
    """Which disks each event has been written to, and which of them were destroyed. Knows nothing of the protocol."""

    def __init__(self) -> None:
        self.copies: dict[str, set[str]] = {}

    def wrote(self, disk: str, ids: Iterable[str]) -> None:
        for event_id in ids:
            self.copies.setdefault(event_id, set()).add(disk)

    def destroyed(self, disk: str, surviving: Iterable[str] = ()) -> None:
        """The disk now holds nothing but `surviving`."""
        left = set(surviving)
        for event_id, disks in self.copies.items():
            if event_id not in left:
                disks.discard(disk)
        self.wrote(disk, left)

    def owed(self) -> list[str]:
        """Events that no disaster has destroyed everywhere: HQ must have them."""
        return [event_id for event_id, disks in self.copies.items() if disks]


class World:
    """Drives one plan to its end; `run()` raises ViolationError when something was lost, doubled or stuck."""

    def __init__(self, plan: "Plan", planted: Planted | None = None, shelf: Shelf | None = None) -> None:
        """`shelf` is where the files of a keyed day lie."""
        self.shelf = shelf
        self._keys: dict[str, SigningKey] = {}
        self.plan = plan
        self.planted = planted
        self.clockwork = Clockwork(plan.seed)
        self.chance = self.clockwork.chance
        self.line = Line(self.clockwork, plan.loss, plan.repeat)
        self.crash_rate = plan.crash_rate
        self.doubt_ms = DOUBT_MS
        self.ledger = Ledger()
        self.truth = Truth(self)
        self.checks = Checks(self)
        self.cards: dict[str, int] = {}
        self.went_back: set[str] = set()  # machines whose disk was replaced by an old copy, or an empty one
        self.sold: list[tuple[str, SoldLine]] = []
        self.odd_orders: set[str] = set()  # whose steps HQ itself lost
        self._clocks = {n: MachineClock(self.clockwork) for n in "123"}
        self.counts: dict[str, int] = {}
        self.hq = Hq(self)
        self.agents = [Agent(self, f"A{n}") for n in (1, 2, 3)]
        self.tills = [Till(self, f"T{n}", agent) for n, agent in enumerate(self.agents, start=1)]
        self.by_name: dict[str, Agent | Hq] = {"hq": self.hq, **{agent.name: agent for agent in self.agents}}
        for agent, till in zip(self.agents, self.tills, strict=True):
            agent.till = till

    # ── disks and keys ───────────────────────────────────────────────────────────────────────────

    def empty_till(self, node: str) -> TillDisk:
        """A new disk for a till: a real file on keyed days."""
        return KeyedTill(self.shelf, node, self.signer(node)) if self.shelf else TillDisk()

    def empty_agent(self) -> AgentDisk:
        """A new disk for an agent."""
        return AgentDisk(kept=KeyedCopies(self.shelf)) if self.shelf else AgentDisk()

    def empty_hq(self) -> HqDisk:
        """A new disk for HQ: a real database on keyed days."""
        return KeyedHq(self, self.shelf) if self.shelf else HqDisk()

    def key(self, node: str) -> SigningKey:
        """A node's key on keyed days; ES256 would take most of the time of the others."""
        if node not in self._keys:
            self._keys[node] = SigningKey.new()
        return self._keys[node]

    def signer(self, node: str) -> Signer:
        return self.key(node).sign if self.shelf else lambda data: fast_sign(node, data)

    def signed(self, node: str, data: bytes, signature: bytes) -> bool:
        if not self.shelf:
            return signature == fast_sign(node, data)
        return PublicKey(self.key(node).public_text).verify(data, signature)

    def clock(self, name: str) -> MachineClock:
        """The clock of the machine that a till or an agent runs on."""
        return self._clocks[name[1:]]

    def agent(self, name: str) -> Agent:
        return next(agent for agent in self.agents if agent.name == name)

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def figures(self) -> dict[str, int]:
        """What happened on this day, for reports."""
        excused = len(self.ledger.copies) - len(self.ledger.owed())
        line = {"messages lost": self.line.lost, "messages repeated": self.line.repeated}
        return {**self.counts, **line, "events": len(self.ledger.copies), "events destroyed everywhere": excused}

    # ── what the parties ask for ─────────────────────────────────────────────────────────────────

    def next_id(self, clock: MachineClock) -> str:
        return uuid7(clock.now_ms(), self.chance.randbytes(10))

    def chance_of_crash(self, times: int = 1) -> bool:
        return self.chance.random() < times * self.crash_rate

    def request(
        self, source: str, target: str, header: PushHeader, data: bytes, answered: Callable[[Answer | None], None]
    ) -> None:
        """Carry a push there and its answer back. A machine that is off refuses at once, now and then."""
        party = self.by_name[target]

        def arrived() -> None:
            if not party.up:
                if self.chance.random() < 0.5:
                    self.line.carry(target, source, lambda: answered(None))
                return
            answer = party.push(header, data)
            if answer is not None or party.up:
                self.line.carry(target, source, lambda: answered(answer))

        self.line.carry(source, target, arrived)

    def ask(self, source: str, target: str, stream: StreamId, answered: Callable[[Head, Head], None]) -> None:
        """Carry a question for a party's heads there and its answer back."""
        party = self.by_name[target]

        def arrived() -> None:
            if party.up:
                heads = party.witness(stream)
                self.line.carry(target, source, lambda: answered(*heads))

        self.line.carry(source, target, arrived)

    def check_ack(self, disk: Copies, source: StreamId, hq: Head) -> None:
        """HQ's acknowledgement never lies: everything of this copy up to it has been at HQ."""
        kept = disk.streams.get(source)
        if kept is None or self.hq.restored or kept.hash_at(hq.seq) != hq.chain_hash:
            return
        known, told = (max(0, seq - kept.base.seq) for seq in (kept.told, hq.seq))
        for event_id, _ in kept.rows[known:told]:
            if event_id not in self.hq.disk.effects:
                raise ViolationError(f"{source.node} was told that HQ has {event_id}, and it has not")
        kept.told = hq.seq

    # ── the day ──────────────────────────────────────────────────────────────────────────────────

    def run(self) -> None:
        self.plan.prepare(self)
        self.clockwork.run_until(self.plan.day_ms)
        self.clockwork.note("all heals")
        self.line.heal()
        self.crash_rate = 0.0
        for party in (*self.agents, *self.tills):
            if not party.up:
                party.start()
        self.hq.up = True
        for machine in self._clocks.values():
            machine.wrong_ms = 0
        end = self.plan.day_ms + SETTLE_MS
        while not self.settled():
            if self.clockwork.now_ms >= end:
                raise ViolationError(
                    f"not settled {SETTLE_MS // 60_000} min after everything healed: {self._unsettled()}"
                )
            self.clockwork.run_until(self.clockwork.now_ms + SETTLE_STEP_MS)
        self.check()

    def settled(self) -> bool:
        return not self._unsettled()

    def _unsettled(self) -> str:
        told = self.checks.unsettled()
        if told:
            return told
        for agent in self.agents:
            till = agent.till
            if till and till.stream.epoch in agent.disk.forks:
                return f"{till.name} has not opened a new epoch"
            newest = (
                agent.disk.generation == self.hq.disk.generation and agent.downlink.state.cursor >= self.hq.disk.rev
            )
            if not agent.up or not agent.downlink.state.caught_up or not newest:
                return f"{agent.name} has not the newest feed"
            if agent.disk.refill:
                return f"{agent.name} has not compared {len(agent.disk.refill)} copies with HQ"
            for lane in agent.wanted():
                source, state = lane[0], agent.senders.get(lane)
                if state is None or state.phase is not push.Phase.RESTING or state.through != agent.head(source):
                    return f"{agent.name} still owes {lane[1]} a part of {source.node}: {state}"
            for source in agent.disk.kept.streams:
                if agent.owes(source) and not any(lane[0] == source for lane in agent.senders):
                    return f"{agent.name} does not know that HQ has {source.node}"
        return ""

    # ── the end ──────────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        effects = self.hq.disk.effects
        lost = self._lost()
        if lost:
            raise ViolationError(f"{len(lost)} events on disks that survived are not at HQ, the first is {lost[0]}")
        doubled = [event_id for event_id, times in effects.items() if times != 1]
        if doubled:
            raise ViolationError(f"{len(doubled)} events were applied twice, the first is {doubled[0]}")
        if self.hq.disk.conflicts:
            raise ViolationError(f"other content under a known id: {self.hq.disk.conflicts[0]}")
        self._check_stock()
        self.checks.run()
        for name, disk in self._disks():
            check_chains(name, disk)
        odd = [f"{name}: {one}" for name, disk in self._disks() for one in differences(disk)]
        if odd:
            raise ViolationError(f"a file is not what it must be: {odd[0]}")
        for agent in self.agents:
            wanted = {key: doc for key, (_, doc) in self.hq.disk.docs.items()}
            if agent.disk.docs != wanted:
                raise ViolationError(f"{agent.name} shows other documents than HQ")

    def _lost(self) -> list[str]:
        return [event_id for event_id in self.ledger.owed() if event_id not in self.hq.disk.effects]

    def _check_stock(self) -> None:
        moves = [
            move
            for entry in self.hq.disk.events.values()
            for move in movements_of(decode_event(entry.type, entry.v, entry.body))
        ]
        expected = {(str(sku), state.value): qty for (sku, state), qty in fold(moves).items()}
        found = {(str(sku), str(state)): qty for (sku, state), qty in self.hq.disk.stock.items() if qty}
        if found != expected:
            raise ViolationError("stock at HQ is not the sum of the movements")

    def _disks(self) -> list[tuple[str, Copies]]:
        kept = [(agent.name, disk) for agent in self.agents for disk in (agent.disk.kept, agent.disk.own)]
        return [("hq", self.hq.disk), *kept, *((till.name, till.disk) for till in self.tills)]


def differences(disk: Copies) -> list[str]:
    """Streams of a keyed file that are not what was put there."""
    return disk.differences() if isinstance(disk, KeyedCopies | KeyedTill | KeyedHq) else []


def check_chains(name: str, disk: Copies) -> None:
    """Every stream's chain and every entry's hash, computed anew from the content."""
    for stream, kept in disk.streams.items():
        before = kept.base.chain_hash if kept.base.seq else GENESIS
        for event_id, chained in kept.rows:
            entry = disk.events.get(event_id)
            if entry is None:
                raise ViolationError(f"{name} has forgotten {event_id}")
            if entry_hash(entry, entry.seq, entry.prev_hash) != entry.entry_hash:
                raise ViolationError(f"{name}: {event_id} is not what was signed")
            before = chain_hash(before, entry.entry_hash)
            if before != chained:
                raise ViolationError(f"{name}: the chain of {stream.node} breaks at {event_id}")
