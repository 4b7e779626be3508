"""A till: one journal on one disk, sales, the guard file, and what it does after going back in time."""

from typing import TYPE_CHECKING

from retail_core.domain.events import EpochOpened, Event, SaleCompleted, SoldLine
from retail_core.domain.ids import SaleId, Sku
from retail_core.domain.tender import Tender, TenderKind
from retail_core.sync import epoch
from retail_core.wire.envelope import Draft, Entry, Head, StreamId, place, seal_entry
from retail_core.wire.events import encode_event
from tests.sim.disks import GuardFile, TillDisk, fast_sign
from tests.sim.faults import Planted

if TYPE_CHECKING:
    from tests.sim.agent import Agent
    from tests.sim.world import World

SKUS = tuple(Sku(f"SKU{n}") for n in range(8))
LOOK_MS = 2_000
"""A till with nothing to sell looks at its agent's notices this often."""


class Till:
    def __init__(self, world: "World", name: str, agent: "Agent") -> None:
        self.world = world
        self.name = name
        self.agent = agent
        self.disk = TillDisk()
        self.guard = GuardFile()
        self.up = False
        self.sales_left = self.sold = 0
        self.waited_on = 0
        self.starts = 0

    @property
    def stream(self) -> StreamId:
        return StreamId(self.name, self.disk.epochs[-1])

    @property
    def head(self) -> Head:
        return self.disk.head(self.stream) or Head()

    def start(self) -> None:
        """Power on: begin an epoch if there is none or if this journal has been here before."""
        self.up = True
        self.starts += 1
        if not self.disk.epochs:
            self._open_epoch(epoch.Reason.FIRST_START, 0)
        elif self._guard_saw_more():
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
        self.disk.receipts += 1
        lines = tuple(
            SoldLine(n, chance.choice(SKUS), 1000 * chance.randint(1, 3), 100, 100, "A", 0)
            for n in range(1, chance.randint(2, 4))
        )
        total = 100 * len(lines)
        sale_id = SaleId(self.world.next_id())
        receipt = f"{self.name}-{len(self.disk.epochs)}-{self.disk.receipts}"
        cash = (Tender(TenderKind.CASH, total, total),)
        entry = self._append(SaleCompleted(sale_id, receipt, "EUR", lines, (), cash, total))
        self.world.count("sales")
        self.world.clockwork.note(f"{self.name} sold {entry.seq}")
        if not self.world.chance_of_crash():
            self.agent.wake()
        else:  # killed after the commit: the sale is there, the wake byte was never sent
            self.stop()
            self.world.clockwork.after(chance.randint(100, 3_000), self.start)

    # ── epochs ───────────────────────────────────────────────────────────────────────────────────

    def _look(self, start: int) -> None:
        if self.up and self.starts == start:
            self._obey_notice()
            self.world.clockwork.after(LOOK_MS, lambda: self._look(start))

    def _obey_notice(self) -> None:
        if self.stream.epoch in self.agent.disk.forks:
            self._react(epoch.Standing.FORKED)

    def _guard_saw_more(self) -> bool:
        if self.guard.epoch != self.stream.epoch:
            return bool(self.guard.epoch)
        return epoch.guard_saw_more(self.guard.reserved_upto, self.disk.origin.seq)

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
        old = self.stream if self.disk.epochs else None
        again = [placed.entry for placed in self.disk.entries_after(old, above, 1 << 30)] if old else []
        opened = EpochOpened(f"{len(self.disk.epochs)}", why.value, old.epoch if old else "")
        self.disk.epochs.append(self.world.next_id())
        self.disk.origin = Head()
        self._append(opened)
        for entry in again:
            self._publish(entry)
        self.agent.wake()

    # ── journal ──────────────────────────────────────────────────────────────────────────────────

    def _append(self, event: Event) -> Entry:
        type_, version, body = encode_event(event)
        wall = self.world.clockwork.wall_ms
        draft = Draft(
            self.world.next_id(), self.name, self.stream.epoch, type_, version, wall, "2026-01-01", "op", body
        )
        seq = self.disk.origin.seq + 1
        entry = seal_entry(draft, seq, self.disk.origin.chain_hash, lambda data: fast_sign(self.name, data))
        if self.guard.epoch != self.stream.epoch or seq > self.guard.reserved_upto:
            self.guard = GuardFile(self.stream.epoch, seq + epoch.GUARD_RESERVE - 1)
        self.disk.origin = Head(seq, entry.entry_hash)
        self._publish(entry)
        self.world.ledger.wrote(self.name, [entry.id])
        return entry

    def _publish(self, entry: Entry) -> None:
        self.disk.begin(self.stream, Head())
        self.disk.put(self.stream, place(entry, self.head))
