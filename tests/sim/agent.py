"""An agent: it reads the till beside it, keeps what others send, and drives one sender per copy and peer."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from retail_core.sync import feed, path, push, schedule, sender
from retail_core.sync.inbox import Keeper, answer_of
from retail_core.wire.batch import encode_lines
from retail_core.wire.envelope import Head, StreamEntry, StreamId
from retail_core.wire.messages import PushAnswer, PushHeader
from tests.sim.desk import Desk
from tests.sim.disks import Copies, Kept
from tests.sim.downlink import Downlink
from tests.sim.faults import Planted
from tests.sim.hq import Answer, read_batch, receive
from tests.sim.keyed import KeyedCopies

if TYPE_CHECKING:
    from tests.sim.till import Till
    from tests.sim.world import World

Lane = tuple[StreamId, str]
"""A copy and where it goes: WAY is whatever peer the path picks, any other text is a fixed peer."""
WAY = "way"
AT_ONCE = 3
PATIENCE_MS = 60_000
ASK_MS = 10_000
RESTART_MS = 50


class Agent:
    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.till: Till | None = None
        self.disk = world.empty_agent()
        self.clock = world.clock(name)
        self.up = False
        self.life = 0
        self.second: str | None = None
        self._hq_at_zero_ms: int | None = None  # what HQ's clock showed when the world's began to run
        self.lacking: dict[StreamId, tuple[Head, int]] = {}
        self.compared: set[StreamId] = set()
        self.ask_ms = 0
        self.senders: dict[Lane, push.SenderState] = {}
        self.served: dict[Lane, int] = {}
        self.turn = 0
        self.way = path.path((sender.HQ_PEER,))
        self._next_ms = -1
        self.desk = Desk(self)
        self.downlink = Downlink(self)

    # ── life ─────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Power on; nothing when it is on already."""
        if self.up:
            return
        self.up = True
        self.life += 1
        self.senders = {}
        self.served = {}
        self.lacking = {}
        self.compared = set()
        self.way = path.path((sender.HQ_PEER,))
        self.second = None
        self.downlink.start()
        self._next_ms = -1
        self.desk.start()
        self.go()

    def stop(self) -> None:
        self.up = False

    def restart(self) -> None:
        """An orderly end, and a new beginning a moment later."""
        self.stop()
        self.world.clockwork.after(RESTART_MS, self.start)

    def crash(self) -> None:
        self.world.count("crashes")
        self.world.clockwork.note(f"{self.name} crash")
        self.stop()
        self.world.clockwork.after(self.world.chance.randint(100, 5_000), self.start)

    @property
    def offset_ms(self) -> int:
        """How far HQ's clock is ahead of ours, by running time: setting ours changes nothing of what HQ's shows."""
        if self._hq_at_zero_ms is None:
            return 0
        return self._hq_at_zero_ms + self.world.clockwork.now_ms - self.clock.now_ms()

    def wake(self) -> None:
        """The wake byte of the till beside; now and then it is lost."""
        if self.up and self.world.chance.random() > 0.1:
            self.grown()

    def grown(self) -> None:
        """A journal of this machine has more than before."""
        for lane in [lane for lane in self.senders if self._owns(lane[0])]:
            self._give(lane, push.Woken())
        if self.up:
            self.desk.grown()
            self.go()

    def offer(self, peers: tuple[str, ...]) -> None:
        """Who may carry our sales has changed; a new best one is tried at once."""
        if peers[0] not in self.way.peers:
            self._chose(path.path(peers))
        elif peers != self.way.peers:
            self._chose(path.known(self.way, peers))
        self.world.clockwork.after(1, self.go)

    def greeted(self, peer: str) -> None:
        """A neighbour answers: one that is better than who carries our sales now is gone back to."""
        self._chose(path.greeted(self.way, peer, self.world.clockwork.now_ms))
        self.world.clockwork.after(1, self.go)

    def go(self) -> None:
        """Do what is due, then see to it that we come back when more is."""
        if not self.up:
            return
        now = self.world.clockwork.now_ms
        lanes = {StreamId(lane[0].node, f"{lane[0].epoch} to {lane[1]}"): lane for lane in self._lanes()}
        shown = [
            schedule.Lane(name, self.senders[lane], own=self._owns(lane[0]), served=self.served.get(lane, 0))
            for name, lane in lanes.items()
        ]
        for chosen in schedule.next_lanes(shown, now, AT_ONCE):
            self.turn += 1
            self.served[lanes[chosen]] = self.turn
            self._give(lanes[chosen], push.Tick())
        if self.up and self.downlink.state.due_ms <= now:
            self.downlink.pull(feed.Tick())
        if now >= self.ask_ms:
            self.ask_ms = now + ASK_MS
            for lane in [lane for lane, state in self.senders.items() if self._unsure(lane, state)]:
                self._ask(lane)
        for source in [source for source in self.disk.refill if self._refilled(source)]:
            self.disk.refill.remove(source)
            del self.senders[source, sender.HQ_PEER]
        self._come_back()

    def _come_back(self) -> None:
        now = self.world.clockwork.now_ms
        due = min(
            [
                self.ask_ms,
                self.downlink.state.due_ms,
                *(state.due_ms for state in self.senders.values() if state.due_ms > now),
            ]
        )
        when = max(due, now + 1)
        if self._next_ms <= now or when < self._next_ms:
            self._next_ms = when
            life = self.life
            self.world.clockwork.at(when, lambda: self._again(life, when))

    def _again(self, life: int, when: int) -> None:
        if life == self.life and when == self._next_ms:
            self.go()

    @property
    def _till_name(self) -> str:
        return self.till.name if self.till else ""

    # ── copies and lanes ─────────────────────────────────────────────────────────────────────────

    @property
    def has_store_role(self) -> bool:
        return self.desk.role.has

    def journals(self) -> list[tuple[Copies, StreamId]]:
        """Everything that is written down here: our own journal, the till's newest, and what is kept for others."""
        mine: list[tuple[Copies, StreamId]] = [(self.disk.own, source) for source in self.disk.own.streams]
        if self.till and self.till.disk.epochs:
            mine.append((self.till.disk, self.till.stream))
        return [*mine, *((self.disk.kept, source) for source in self.disk.kept.streams)]

    def wanted(self) -> list[Lane]:
        """What goes up from here: the till's current epoch, a second copy of it, and what is kept for others."""
        lanes: list[Lane] = [(source, WAY) for source in self.disk.own.streams]
        if self.second:
            lanes += [(source, self.second) for source in self.disk.own.streams]
        if self.till and self.till.disk.epochs:
            lanes.append((self.till.stream, WAY))
            if self.second:
                lanes.append((self.till.stream, self.second))
            if (
                not self.has_store_role
                and self.till.stream not in self.disk.refill
                and self._long_lacking(self.till.stream)
            ):
                lanes.append((self.till.stream, sender.HQ_PEER))
        for source in self.disk.kept.streams:
            if self.has_store_role:
                lanes.append((source, WAY))
            elif source not in self.disk.refill and self._long_lacking(source):
                lanes.append((source, sender.HQ_PEER))
        return [*lanes, *((source, sender.HQ_PEER) for source in self.disk.refill)]

    def owes(self, source: StreamId) -> bool:
        """True when HQ is not known to have all of a copy."""
        head = self._file(source).head(source) or Head()
        return self.disk.hq_acks.get(source, Head()).seq < head.seq

    def _long_lacking(self, source: StreamId) -> bool:
        """HQ has lacked something of a copy for long: then whoever should have carried it is gone or can't."""
        if not self.owes(source):
            self.lacking.pop(source, None)
            return (source, sender.HQ_PEER) in self.senders
        now, at = self.world.clockwork.now_ms, self.disk.hq_acks.get(source, Head())
        known = self.lacking.setdefault(source, (at, now))
        if known[0] != at:
            known = self.lacking[source] = at, now
        return now - known[1] >= PATIENCE_MS

    def _owns(self, source: StreamId) -> bool:
        return source.node in (self._till_name, self.name)

    def _file(self, source: StreamId) -> Copies:
        """Where a copy lies. Old streams of our own may lie here and come back from neighbours too."""
        if source.node == self.name:
            return self.disk.own
        return self.till.disk if self.till and source.node == self._till_name else self.disk.kept

    def _lanes(self) -> list[Lane]:
        wanted = self.wanted()
        for lane in [lane for lane in self.senders if lane not in wanted]:
            del self.senders[lane]  # the till has a new epoch: what the old one owed was published again
        for lane in wanted:
            if lane not in self.senders or self.senders[lane].role is not self._role(lane[0]):
                self.senders[lane] = self._sender(*lane)
        return wanted

    def _role(self, source: StreamId) -> push.Role:
        """The till's own word goes for the epoch it writes now; for an earlier one its agent is a relay as any other."""
        current = self.till is not None and bool(self.till.disk.epochs) and source == self.till.stream
        return push.Role.ORIGIN if current else push.Role.RELAY

    def _sender(self, source: StreamId, target: str) -> push.SenderState:
        peer = self.way.peer if target == WAY else target
        through, hq = self.disk.sent.get((peer, source), (None, None))
        base = self._file(source).streams.get(source, Kept(Head())).base
        hq = hq or self.disk.hq_acks.get(source, Head())
        return sender.start(
            source, peer, self._role(source), through or base, hq if hq.seq >= base.seq else Head(), base
        )

    def head(self, source: StreamId) -> Head | None:
        """How far our copy reaches."""
        return self._file(source).head(source)

    # ── senders ──────────────────────────────────────────────────────────────────────────────────

    def _give(self, lane: Lane, message: push.Message) -> None:
        """Step a sender and perform its actions one by one; the machine may die between any two."""
        messages = [message]
        while messages and self.up and lane in self.senders:
            before = self.senders[lane]
            now, jitter = self.world.clockwork.now_ms, self.world.chance.random()
            state, actions = sender.step(before, messages.pop(0), now, jitter)
            self.senders[lane] = state
            if state.failures > before.failures and not isinstance(message, push.Answered):
                self._lost_answer(lane, state)
            for action in actions:
                if self.world.chance_of_crash():
                    self.crash()
                    return
                reply = self._perform(lane, action)
                if reply is not None:
                    messages.append(reply)

    def _perform(self, lane: Lane, action: push.Action) -> push.Message | None:
        match action:
            case push.Load():
                return self._load(lane, action)
            case push.Check():
                return self._check(lane, action)
            case push.Send():
                self._send(lane, action)
            case push.Record():
                self._record(action)
            case push.OpenEpoch():
                assert action.source.node == self._till_name  # our own journal goes up as a relay's
                self.world.count("forks seen")
                self.world.clockwork.note(f"{self.name} fork {action.source.node}")
                self.disk.forks[action.source.epoch] = action.theirs
            case push.Notice():
                self.world.count(action.code)
                self.world.clockwork.note(f"{self.name} {action.code} {action.stream.node}")
                if action.code == "sync.salvage" and self.world.planted is Planted.NO_SALVAGE:
                    self.senders[lane] = replace(self.senders[lane], phase=push.Phase.FORKED, due_ms=sender.NEVER_MS)
        return None

    def _load(self, lane: Lane, action: push.Load) -> push.Loaded:
        disk = self._file(action.source)
        own = tuple(disk.hash_at(action.source, seq) for seq in action.check)
        if self.world.planted is Planted.NO_CHAIN_CHECK:
            state = self.senders[lane]
            own = (state.through.chain_hash, state.hq.chain_hash)
        entries = disk.entries_after(action.source, action.after, action.limit)
        if self.world.planted is Planted.PURGE_ON_AGENTS_ACK and entries and entries[0].seq != action.after + 1:
            entries = ()  # what was asked for has been forgotten
        return push.Loaded(own, entries)

    def _check(self, lane: Lane, action: push.Check) -> push.Checked:
        if self.world.planted is Planted.NO_CHAIN_CHECK and self.senders[lane].why is not push.Why.GAP:
            return push.Checked(tuple(claim.chain_hash for claim in self.senders[lane].claims))
        return push.Checked(tuple(self._file(action.source).hash_at(action.source, seq) for seq in action.seqs))

    def _record(self, done: push.Record) -> None:
        if done.clock_offset_ms is not None:
            self._hq_at_zero_ms = self.clock.now_ms() + done.clock_offset_ms - self.world.clockwork.now_ms
        self.disk.sent[done.peer, done.source] = done.through, done.hq
        if done.hq.seq or done.source not in self.disk.hq_acks:
            self.disk.hq_acks[done.source] = done.hq
        self.world.check_ack(self._file(done.source), done.source, done.hq)
        for lane, state in self.senders.items():
            if lane[0] == done.source:
                self.senders[lane] = sender.acked(state, done.hq)
        if (
            self.world.planted is Planted.PURGE_ON_AGENTS_ACK
            and (done.source, WAY) in self.senders
            and self._owns(done.source)
        ):
            disk = self._file(done.source)
            safe = min(state.through.seq for lane, state in self.senders.items() if lane[0] == done.source)
            for event_id, _ in disk.streams[done.source].rows[:safe]:
                disk.events.pop(event_id, None)

    def _send(self, lane: Lane, action: push.Send) -> None:
        data = encode_lines(action.header.stream, action.entries, full=action.full)
        life = self.life

        def answered(answer: Answer | None) -> None:
            if self.up and self.life == life and lane in self.senders:
                self._heard(lane, action.request, answer)

        header = replace(action.header, clock_ms=self.clock.now_ms())
        self.world.request(self.name, action.peer, header, data, answered)

    def _unsure(self, lane: Lane, state: push.SenderState) -> bool:
        refilling = lane[1] == sender.HQ_PEER and lane[0] in self.disk.refill
        return sender.unanswered(state) or (refilling and lane[0] not in self.compared)

    def _ask(self, lane: Lane) -> None:
        """The peer has it all; does it still, and how far is HQ?"""
        peer, life, generation = self.senders[lane].peer, self.life, self.disk.generation

        def answered(theirs: Head, hq: Head) -> None:
            if self.up and self.life == life and lane in self.senders and self.senders[lane].peer == peer:
                self._give(lane, push.Witnessed(theirs, hq))
                if peer == sender.HQ_PEER and generation == self.disk.generation:
                    self.compared.add(lane[0])
                self.go()

        self.world.ask(self.name, peer, lane[0], answered)

    def _refilled(self, source: StreamId) -> bool:
        """HQ, asked after it came back, has all of a copy."""
        state = self.senders.get((source, sender.HQ_PEER))
        if source not in self.compared or state is None or state.phase is not push.Phase.RESTING:
            return False
        return state.through == (self._file(source).head(source) or Head())

    def hq_came_back(self) -> None:
        """HQ has another generation: what it was known to have counts no more, and every copy is compared with it."""
        if self.world.planted is Planted.NOT_COMPARED_AGAIN:
            return
        own = [*(self.till.disk.streams if self.till else ()), *self.disk.own.streams]
        self.disk.refill = [*own, *(source for source in self.disk.kept.streams if source not in own)]
        self.world.clockwork.note(f"{self.name} compares {len(self.disk.refill)} copies with HQ")
        self.disk.hq_acks.clear()
        others = {key: heads for key, heads in self.disk.sent.items() if key[0] != sender.HQ_PEER}
        self.disk.sent = {key: (through, Head()) for key, (through, _) in others.items()}
        self.senders.clear()
        self.compared = set()

    def witness(self, source: StreamId) -> tuple[Head, Head]:
        return self.disk.kept.head(source) or Head(), self.disk.hq_acks.get(source, Head())

    def _heard(self, lane: Lane, request: int, answer: Answer | None) -> None:
        if answer is None:
            self._give(lane, push.Failed(request, self.world.chance.choice((0, 0, 1_000))))
        else:
            if lane[1] == WAY and self.senders[lane].request == request:
                self._chose(path.answered(self.way, self.world.clockwork.now_ms))
            if lane in self.senders:
                self._give(lane, push.Answered(request, answer))
        self.go()

    def _lost_answer(self, lane: Lane, state: push.SenderState) -> None:
        if self.world.planted is Planted.RESENT_FROM_HEAD:
            self.senders[lane] = replace(state, through=state.sent)
        if lane[1] == WAY:
            self._chose(path.failed(self.way, self.world.clockwork.now_ms))

    def _chose(self, way: path.PathState) -> None:
        """The path has decided; where it leads elsewhere now, the senders go along."""
        moved = way.peer != self.way.peer
        self.way = way
        if not moved:
            return
        for lane in [lane for lane in self.senders if lane[1] == WAY]:
            state = self.senders[lane]
            through, _ = self.disk.sent.get((way.peer, lane[0]), (state.base, None))
            self.senders[lane] = sender.moved(state, way.peer, through)

    # ── as a receiver ────────────────────────────────────────────────────────────────────────────

    def push(self, header: PushHeader, data: bytes) -> Answer | None:
        """A neighbour's batch. None when the answer is lost with the machine."""
        if self.world.chance_of_crash():
            self.crash()
            return None
        kept, source = self.disk.kept, header.stream
        got = self._received(kept, header, data)
        if not isinstance(got, list):
            return got
        self.world.ledger.wrote(self.name, [placed.entry.id for placed in got])
        if kept.hash_at(source, header.acked_seq) == header.acked_hash:
            known = self.disk.hq_acks.get(source, Head())
            if header.acked_seq > known.seq:
                self.disk.hq_acks[source] = Head(header.acked_seq, header.acked_hash)
        if self.world.chance_of_crash():
            self.crash()
            return None
        for lane in [lane for lane in self.senders if lane[0] == source]:
            self._give(lane, push.Woken())
        self.desk.grown()
        self.world.clockwork.after(1, self.go)
        head, hq = kept.head(source) or Head(), self.disk.hq_acks.get(source, Head())
        if self.world.planted is Planted.RELAY_SPEAKS_FOR_HQ:
            hq = head
        offset_ms = self.clock.now_ms() - header.clock_ms + self.offset_ms
        return PushAnswer(head.seq, head.chain_hash.hex(), hq.seq, hq.chain_hash.hex(), (), offset_ms)

    def _received(self, kept: Copies, header: PushHeader, data: bytes) -> Answer | list[StreamEntry]:
        """The entries that were written down, or the answer when none were."""
        if isinstance(kept, KeyedCopies):
            entries = read_batch(self.world, header, data)
            answer = kept.receive(header, entries, self.clock.now_ms())
            return entries if isinstance(answer, PushAnswer) else answer
        got = receive(self.world, Keeper.RELAY, kept, header, data)
        if not isinstance(got, list):
            return answer_of(got)  # type: ignore[arg-type] # Accept was turned into the list
        for placed in got:
            kept.put(header.stream, placed, keep_sig=self.world.planted is not Planted.SIGNATURE_LOST)
        return got
