"""Whole days at one terminal, by seed: faults, restarts, people who pay by hand or late. What the till says is true."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from pos_app.devices.fakes.payments import FakePaymentJournal
from pos_app.devices.sim.terminal import Behaviour, ReversalTurn, TerminalSim
from pos_app.devices.sim.terminal_books import Booking
from pos_app.devices.terminal.journal import JournalFault
from pos_app.devices.terminal.zvt.talk import ZvtSettings
from pos_app.devices.terminal.zvt.terminal import ZvtTerminal
from retail_core.domain.payments import IN_DOUBT, PaymentRecord, Stage
from tests.devices.support import CLOCK, no_jitter

DAYS = 30
STEPS = 25
QUICK = [how for how in Behaviour if how not in {Behaviour.SILENT, Behaviour.WAITS}]
TURNS = [turn for turn in ReversalTurn if turn is not ReversalTurn.OTHER]
AMOUNTS_MINOR = (500, 500, 700)  # often the same, so that the amount alone is no proof
BY_HAND_MINOR = 501


class Day:
    """A terminal that remembers which tender each of its bookings was for, and a till that does not."""

    def __init__(self, seed: int, sim: TerminalSim) -> None:
        self.chance, self.sim = random.Random(seed), sim
        self.journal = _LeakyJournal()
        self.booked: dict[str, Booking] = {}
        self.tender, self.alone = "", ""
        self._book = sim.books.book
        sim.books.book = self._booked  # type: ignore[method-assign]
        sim.says_ready, sim.repeats_refused = self.chance.random() < 0.7, self.chance.random() < 0.5
        sim.tells_while_busy = self.chance.random() < 0.5
        self.settings = ZvtSettings(sim.host, sim.port, quiet_s=0.0, ack_ms=500, silence_ms=500, stop_ms=100)
        self.terminal = self._terminal()
        self.count = 0

    def _terminal(self) -> ZvtTerminal:
        return ZvtTerminal("terminal", replace(self.settings), self.journal, CLOCK, no_jitter)

    def _booked(self, amount_minor: int, *, refund: bool = False) -> Booking:
        booking = self._book(amount_minor, refund=refund)
        if self.tender:
            assert self.tender not in self.booked, f"{self.tender} was charged twice"
            self.booked[self.tender] = booking
        return booking

    # ── what happens in a shop ───────────────────────────────────────────────────────────────────

    def pay(self) -> None:
        self.count += 1
        self._pay(f"t-{self.count}", self.chance.choice(QUICK) if self.chance.random() < 0.6 else Behaviour.APPROVE)

    def pay_again(self) -> None:
        if self.count:
            self._pay(f"t-{self.chance.randint(1, self.count)}", Behaviour.APPROVE)

    def _pay(self, tender: str, how: Behaviour) -> None:
        self.tender, self.sim.next = tender, how
        self.journal.loses = 1 if self.chance.random() < 0.1 else 0
        self.terminal.authorise(tender, self.chance.choice(AMOUNTS_MINOR), "EUR")
        self.journal.loses = 0
        self.alone = tender if self.sim._alone and not self.alone else self.alone
        self.tender, self.sim.next = "", Behaviour.APPROVE

    def enquire(self) -> None:
        if self.count:
            self.terminal.enquire(f"t-{self.chance.randint(1, self.count)}")

    def reverse(self) -> None:
        if self.count:
            self.sim.next_reversal = self.chance.choice(TURNS)
            self.terminal.reverse(f"t-{self.chance.randint(1, self.count)}")

    def pay_by_hand(self) -> None:
        if not self.sim._alone:
            self.sim.books.book(BY_HAND_MINOR)

    def customer_pays(self) -> None:
        self.tender, self.alone = self.alone, ""
        self.sim.customer_pays()
        self.tender = ""

    def customer_leaves(self) -> None:
        self.sim._alone, self.alone = None, ""

    def restart_till(self) -> None:
        self.terminal.close()
        self.terminal = self._terminal()

    def restart_terminal(self) -> None:
        if not self.sim._alone:
            self.sim.restart()

    def live(self) -> None:
        acts: list[tuple[Callable[[], None], int]] = [
            (self.pay, 10), (self.pay_again, 2), (self.enquire, 3), (self.reverse, 3), (self.pay_by_hand, 1),
            (self.customer_pays, 2), (self.customer_leaves, 2), (self.restart_till, 1), (self.restart_terminal, 1),
        ]  # fmt: skip
        for _ in range(STEPS):
            self.chance.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()
            self.check()
        self.customer_pays()  # whoever was still there pays in the end
        self.check()

    # ── what is true ─────────────────────────────────────────────────────────────────────────────

    def check(self) -> None:
        for record in self.journal.records.values():
            booking = self.booked.get(record.tender_id)
            has_minor = booking.amount_minor if booking and not booking.reversed else 0
            if record.stage is Stage.APPROVED:
                assert has_minor == record.approved_minor, f"{record}: {booking}"
            elif record.stage not in IN_DOUBT:
                assert has_minor == 0, f"{record}: {booking}"


class _LeakyJournal(FakePaymentJournal):
    """Its disk fills up now and then, after the beginning was written."""

    loses = 0

    def move(self, *args: object, **kwargs: object) -> PaymentRecord:
        if self.loses:
            self.loses -= 1
            raise JournalFault("disk.full")
        return super().move(*args, **kwargs)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(DAYS))
def test_what_the_till_says_of_a_payment_is_what_the_terminal_has_in_its_books(seed: int) -> None:
    with TerminalSim() as sim:
        day = Day(seed, sim)
        day.live()
        for tender in tuple(day.journal.records):
            day.terminal.enquire(tender)
        day.check()
        day.terminal.close()
