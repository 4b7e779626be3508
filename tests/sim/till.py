"""A till: one journal on one disk, sales, receipt numbers, the guard file, and what it does after going back in time."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from retail_core.domain.claims import WAIT_MS, ClaimAnswer, ClaimKind, Granted, NobodyAnswered, Refused, Thing
from retail_core.domain.events import Event, SaleCompleted, SoldLine
from retail_core.domain.ids import SaleId
from retail_core.domain.tender import Tender, TenderKind
from retail_core.sync import epoch
from retail_core.wire.claim_rounds import ClaimRound, ClaimRoundReply, UnitsRequest
from retail_core.wire.envelope import Entry, Head, StreamId
from retail_core.wire.messages import ClaimRequest
from tests.sim.counter import Counter
from tests.sim.disks import GuardFile
from tests.sim.faults import Planted
from tests.sim.journal import Journal
from tests.sim.keyed import KeyedTill
from tests.sim.payments import Payments
from tests.sim.truth import SKUS

if TYPE_CHECKING:
    from tests.sim.agent import Agent
    from tests.sim.world import World

LOOK_MS = 2_000
"""A till with nothing to sell looks at its agent's notices this often."""
SPARES = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
"""Number series that HQ granted this register."""


class Till:
    def __init__(self, world: "World", name: str, agent: "Agent") -> None:
        self.world = world
        self.name = name
        self.agent = agent
        self.disk = world.empty_till(name)
        self.guard = GuardFile()
        self.up = False
        self.sales_left = self.sold = 0
        self.waited_on = 0
        self.starts = 0
        self.clock = world.clock(name)
        self.journal = Journal(
            world, name, self.clock, lambda: self.disk, lambda: self.guard, lambda: self.agent.offset_ms
        )
        self.counter = Counter(self)
        self.payments = Payments(self)
        self.put_back = False
        self.blind = False  # it went back in time, and nothing on the machine told it

    @property
    def stream(self) -> StreamId:
        return self.journal.stream

    @property
    def head(self) -> Head:
        return self.journal.head

    def start(self) -> None:
        """Power on: begin an epoch if there is none or if this journal has been here before."""
        if self.up:
            return
        self.up = True
        self.starts += 1
        self.blind = self.blind or (self.put_back and not self.journal.guard_saw_more)
        self.put_back = False
        self.payments.start()
        if isinstance(self.disk, KeyedTill):
            self.disk.read_again()
        if not self.disk.epochs:
            self._open_epoch(epoch.Reason.FIRST_START, 0)
        elif self.journal.guard_saw_more:
            self._react(epoch.Standing.ROLLED_BACK)
        else:
            self._react(self._ask().seen)
        self._look(self.starts)

    def stop(self) -> None:
        self.up = False

    def sell(self) -> None:
        """One sale, acknowledged to the cashier when this returns."""
        if not self.up or not self.sales_left:
            return
        self.sales_left -= 1
        self.sold += 1
        chance = self.world.chance
        lines = tuple(
            SoldLine(n, chance.choice(SKUS), 1000 * chance.randint(1, 3), 100, 100, "A", 0)
            for n in range(1, chance.randint(2, 4))
        )
        total = 100 * len(lines)
        cash = (Tender(TenderKind.CASH, total, total),)
        sale_id = SaleId(self.world.next_id(self.clock))
        receipt = self.next_receipt()
        self.world.sold += [(receipt, line) for line in lines]
        entry = self.write(SaleCompleted(sale_id, receipt, "EUR", lines, (), cash, total))
        self.world.count("sales")
        self.world.clockwork.note(f"{self.name} sold {entry.seq}")

    def write(self, event: Event) -> Entry:
        """One fact. The till may be killed after the commit: the fact is there, the wake byte was never sent."""
        entry = self.journal.append(event)
        if not self.world.chance_of_crash():
            self.agent.wake()
        else:
            self.stop()
            self.world.clockwork.after(self.world.chance.randint(100, 3_000), self.start)
        return entry

    def next_receipt(self) -> str:
        """The next number of the current series: store-register-series-counter."""
        series = self.disk.epochs_series[-1]
        self.disk.counters[series] = self.disk.counters.get(series, 0) + 1
        receipt = f"S1-{self.name}-{series}-{self.disk.counters[series]:06d}"
        self.world.truth.receipts.setdefault(receipt, []).append(self.name)
        return receipt

    # ── claims ───────────────────────────────────────────────────────────────────────────────────

    def claim(self, kind: ClaimKind, key: str, done: Callable[[ClaimAnswer], None]) -> None:
        """Ask the store role for one thing."""
        self.claim_all([(kind, key)], lambda answers: done(answers[kind, key]))

    def claim_all(self, things: Sequence[Thing], done: Callable[[Mapping[Thing, ClaimAnswer]], None]) -> None:
        """Ask for all at once; whoever stands at the counter waits no longer than `WAIT_MS`."""
        start, answered = self.starts, [False]
        asked = _round(things, self.world.plan.claim_ms)
        self.world.checks.claims.asked(self.agent.name, things)

        def give(reply: ClaimRoundReply) -> None:
            if not answered[0]:
                answered[0] = True
                answers = _answers(asked, reply, self.clock.now_ms())
                for answer in answers.values():
                    self.world.count(f"claims {type(answer).__name__}")
                if self.up and self.starts == start:
                    done(answers)

        self.world.clockwork.after(WAIT_MS, lambda: give(ClaimRoundReply()))
        if self.agent.up:
            self.agent.desk.ask_claims(asked, give)

    def give_back(self, things: Sequence[Thing]) -> None:
        """They are not needed any more; nobody waits for the answer."""
        if self.world.planted is Planted.NOTHING_GIVEN_BACK:
            return
        self.world.checks.claims.gives_back(self.agent.name, things)
        if self.agent.up:
            self.agent.desk.ask_claims(_round(things, 0), lambda _: self.world.count("claims given back"))

    # ── epochs ───────────────────────────────────────────────────────────────────────────────────

    def _look(self, start: int) -> None:
        if self.up and self.starts == start:
            self._obey_notice()
            self.world.clockwork.after(LOOK_MS, lambda: self._look(start))

    def _obey_notice(self) -> None:
        if self.stream.epoch in self.agent.disk.forks:
            self._react(epoch.Standing.FORKED)

    def _ask(self) -> epoch.Question:
        """Ask agent and HQ what they have of this epoch; sometimes nobody answers in time."""
        now = self.world.clockwork.now_ms
        question = epoch.ask(now)
        witnesses = [at for (_, source), (at, _) in self.agent.disk.sent.items() if source == self.stream]
        if self.world.chance.random() < 0.5:
            witnesses.append(self.world.hq.witness(self.stream)[0])
        if self.world.chance.random() < 0.7:
            return epoch.waited(question, now + epoch.START_QUESTION_MS)
        for witness in witnesses:
            own = self.disk.hash_at(self.stream, witness.seq)
            question = epoch.answered(question, epoch.standing(self.head.seq, own, witness))
        return question

    def _react(self, seen: epoch.Standing) -> None:
        acked = self.agent.disk.hq_acks.get(self.stream, Head())
        reaction = epoch.react(seen, acked, self.disk.hash_at(self.stream, acked.seq))
        if reaction is None or self.world.planted is Planted.NO_EPOCH:
            return
        if acked.seq and reaction.republish_above == 0:
            self.world.clockwork.note(f"{self.name} ack {acked.seq} is of another branch than {self.head.seq}")
        self.world.count("epochs opened again")
        above = reaction.republish_above
        if self.world.planted is Planted.ACK_BY_NUMBER:
            above = min(acked.seq, self.head.seq)
        self.world.clockwork.note(f"{self.name} {reaction.why.value}, again above {above}")
        self._open_epoch(reaction.why, above)

    def _open_epoch(self, why: epoch.Reason, above: int) -> None:
        used = {*self.disk.epochs_series, *self.guard.series}
        series = next(one for one in SPARES if one not in used)
        if self.world.planted is Planted.SERIES_AGAIN and self.disk.epochs_series:
            series = self.disk.epochs_series[-1]
        self.guard.series.append(series)
        self.disk.epochs_series.append(series)
        self.journal.open_epoch(why, above, series)
        self.agent.wake()


def _round(things: Sequence[Thing], for_ms: int) -> ClaimRound:
    singly = tuple(ClaimRequest(kind, key, for_ms) for kind, key in things if kind is not ClaimKind.RFID_UNIT)
    tags = tuple(key for kind, key in things if kind is ClaimKind.RFID_UNIT)
    return ClaimRound(singly, (UnitsRequest(tags, for_ms),) if tags else ())


def _answers(asked: ClaimRound, reply: ClaimRoundReply, now_ms: int) -> Mapping[Thing, ClaimAnswer]:
    """Of what has no answer nobody could be asked."""
    found: dict[Thing, ClaimAnswer] = {}
    for n, one in enumerate(asked.claims):
        said = reply.claims[n] if n < len(reply.claims) else None
        given = said and (Granted(now_ms + said.for_ms) if said.granted else Refused(said.holder))
        found[one.kind, one.key] = given or NobodyAnswered()
    for n, many in enumerate(asked.units):
        told = reply.units[n] if n < len(reply.units) else None
        taken = {one.epc: Refused(one.holder, one.receipt) for one in told.taken} if told else {}
        others = Granted(now_ms + told.for_ms) if told else NobodyAnswered()
        found.update({(ClaimKind.RFID_UNIT, tag): taken.get(tag, others) for tag in many.epcs})
    return found
