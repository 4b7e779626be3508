"""Card payments over ZVT: every way a payment can go wrong ends in the truth, or is left to people, and is never guessed."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from threading import Thread

import msgspec
import pytest

from pos_app.devices.fakes.payments import FakePaymentJournal
from pos_app.devices.ports import DeviceState, PaymentOutcome, PaymentState
from pos_app.devices.sim.terminal import Behaviour, ReversalTurn, TerminalSim
from pos_app.devices.sim.terminal_books import Booking
from pos_app.devices.terminal.events import TerminalEvents
from pos_app.devices.terminal.journal import JournalFault
from pos_app.devices.terminal.zvt.talk import ZvtSettings
from pos_app.devices.terminal.zvt.terminal import ZvtTerminal
from retail_core.domain.payments import PaymentRecord, Stage
from tests.devices.support import CLOCK, eventually, no_jitter
from tests.devices.test_zvt_bytes import luhn

APPROVED, DECLINED, ABORTED, UNKNOWN = (
    PaymentState.APPROVED, PaymentState.DECLINED, PaymentState.ABORTED, PaymentState.UNKNOWN,
)  # fmt: skip
FIRST_MINOR = 100


@dataclass
class Desk:
    """A till's terminal, its journal, and the machine on the counter."""

    sim: TerminalSim
    journal: FakePaymentJournal
    terminal: ZvtTerminal
    doing: list[str] = field(default_factory=list[str])
    settled: list[PaymentOutcome] = field(default_factory=list[PaymentOutcome])

    def pay(self, tender: str, minor: int = 1000, how: Behaviour = Behaviour.APPROVE) -> PaymentOutcome:
        self.sim.next = how
        return self.terminal.authorise(tender, minor, "EUR")

    def reverse(self, tender: str, how: ReversalTurn = ReversalTurn.DONE) -> PaymentOutcome:
        self.sim.next_reversal = how
        return self.terminal.reverse(tender)

    @property
    def taken_minor(self) -> int:
        """What the terminal's own books have, without the first payment of the day."""
        return self.sim.balance_minor - FIRST_MINOR

    def start_again(self) -> None:
        """The till's program ends and begins anew; its journal stays."""
        self.terminal.close()
        self.terminal = _terminal(self)


def _settings(sim: TerminalSim) -> ZvtSettings:
    return ZvtSettings(sim.host, sim.port, quiet_s=0.01, ack_ms=600, silence_ms=800, stop_ms=300)


def _terminal(desk: Desk, settings: ZvtSettings | None = None) -> ZvtTerminal:
    events = TerminalEvents(lambda code, _text: desk.doing.append(code), desk.settled.append)
    return ZvtTerminal(
        "terminal", settings or _settings(desk.sim), desk.journal, CLOCK, no_jitter, events, watch_s=0.05, busy_s=0.2
    )


@pytest.fixture
def sim() -> Iterator[TerminalSim]:
    with TerminalSim() as made:
        yield made


@pytest.fixture
def fresh(sim: TerminalSim) -> Iterator[Desk]:
    """A till that has never seen this terminal."""
    journal = FakePaymentJournal()
    desk = Desk(sim, journal, None)  # type: ignore[arg-type] - made from itself on the next line
    desk.terminal = _terminal(desk)
    yield desk
    desk.terminal.close()


@pytest.fixture
def desk(fresh: Desk) -> Desk:
    """The day has begun."""
    assert fresh.pay("first", FIRST_MINOR).state is APPROVED
    return fresh


# ── what can happen to a payment ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("how", "state", "taken"),
    [
        (Behaviour.APPROVE, APPROVED, 1000),
        (Behaviour.DECLINE, DECLINED, 0),
        (Behaviour.TIMEOUT, ABORTED, 0),
        (Behaviour.PARTIAL, APPROVED, 500),
        (Behaviour.DUPLICATE, APPROVED, 1000),
        (Behaviour.BUSY, ABORTED, 0),
        (Behaviour.SLOW, APPROVED, 1000),
        (Behaviour.DIES_BEFORE, ABORTED, 0),
        (Behaviour.PAID_THEN_DIES, APPROVED, 1000),
        (Behaviour.DIES_AT_END, APPROVED, 1000),
        (Behaviour.SILENT, APPROVED, 1000),
        (Behaviour.FORGETS_TILL, APPROVED, 1000),
    ],
)
def test_traps_24_26_and_27_the_till_learns_the_truth_and_the_money_moves_once(
    desk: Desk, how: Behaviour, state: PaymentState, taken: int
) -> None:
    outcome = desk.pay("t-1", 1000, how)
    assert outcome.state is state
    assert desk.taken_minor == taken
    if state is APPROVED:
        assert outcome.amount_minor == taken
    again = desk.terminal.authorise("t-1", 1000, "EUR")
    assert (again.state, desk.taken_minor) == (state, taken)
    assert desk.pay("t-2", 300).state is APPROVED
    assert desk.taken_minor == taken + 300


def test_trap_24_in_doubt_nothing_is_sent_again_and_the_answer_comes_when_the_terminal_is_back(desk: Desk) -> None:
    outcome = _pay_and_lose_the_terminal(desk)
    assert outcome.state is UNKNOWN
    assert desk.terminal.authorise("t-1", 1000, "EUR").state is UNKNOWN
    desk.sim.mend()
    assert desk.terminal.enquire("t-1").state is APPROVED
    assert desk.taken_minor == 1000


def _pay_and_lose_the_terminal(desk: Desk) -> PaymentOutcome:
    """The payment is booked, and from then on the terminal is off."""
    booked = desk.sim.books.book

    def book_and_go(amount_minor: int, *, refund: bool = False) -> Booking:
        desk.sim.off = True
        return booked(amount_minor, refund=refund)

    desk.sim.next = Behaviour.PAID_THEN_DIES
    desk.sim.books.book = book_and_go  # type: ignore[method-assign] - the terminal's own power goes off at this moment
    try:
        return desk.terminal.authorise("t-1", 1000, "EUR")
    finally:
        desk.sim.books.book = booked  # type: ignore[method-assign]


def test_trap_24_nothing_goes_out_that_could_not_be_written_down(desk: Desk) -> None:
    desk.journal.full = True
    outcome = desk.pay("t-1")
    assert (outcome.state, outcome.reason) == (ABORTED, "disk.full")
    assert desk.taken_minor == 0


def test_trap_24_an_answer_that_could_not_be_written_down_is_asked_for_before_the_next_payment(desk: Desk) -> None:
    """Else the next payment's number would stand for "the one before was not taken"."""
    settle = desk.journal.move
    desk.journal.move = _full  # type: ignore[method-assign] - the disk fills up while the customer pays
    assert desk.pay("a", 700).reason == "disk.full"
    desk.journal.move = settle  # type: ignore[method-assign]
    assert desk.pay("b", 800).state is APPROVED
    assert desk.terminal.enquire("a").state is APPROVED
    assert desk.taken_minor == 1500


def _full(*_: object, **__: object) -> PaymentRecord:
    raise JournalFault("disk.full")


def test_trap_24_while_an_earlier_payment_cannot_be_asked_about_nothing_new_is_sent(desk: Desk) -> None:
    _pay_and_lose_the_terminal(desk)
    refused = desk.terminal.authorise("t-2", 500, "EUR")
    assert (refused.state, refused.reason) == (ABORTED, "terminal.earlier_in_doubt")
    assert desk.journal.find("t-2") is None
    desk.sim.mend()
    assert desk.terminal.authorise("t-2", 500, "EUR").state is APPROVED
    assert desk.terminal.enquire("t-1").state is APPROVED
    assert desk.taken_minor == 1500


def test_trap_24_a_crash_is_cleared_up_at_the_next_start_without_anybody_asking(desk: Desk) -> None:
    _pay_and_lose_the_terminal(desk)
    desk.start_again()
    desk.sim.mend()
    desk.terminal.start()
    assert eventually(lambda: [(o.tender_id, o.state) for o in desk.settled] == [("t-1", APPROVED)], within_s=3)


def test_trap_24_a_customer_who_is_still_in_front_of_the_terminal_is_not_taken_for_gone(desk: Desk) -> None:
    outcome = desk.pay("t-1", 1000, Behaviour.GOES_ON)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.busy")
    assert desk.terminal.authorise("t-2", 1000, "EUR").reason == "terminal.earlier_in_doubt"
    desk.sim.customer_pays()
    assert desk.terminal.enquire("t-1").state is APPROVED
    assert desk.taken_minor == 1000


def test_trap_24_a_terminal_that_does_not_say_whether_it_is_ready_is_not_believed_at_once(desk: Desk) -> None:
    desk.sim.says_ready, desk.sim.tells_while_busy = False, True
    outcome = desk.pay("t-1", 1000, Behaviour.GOES_ON)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.may_still_run")
    desk.sim.customer_pays()
    assert desk.terminal.enquire("t-1").state is APPROVED
    assert desk.pay("t-2", 300, Behaviour.DIES_BEFORE).reason == "terminal.may_still_run"
    desk.journal.records["t-2"] = _older(desk, "t-2", 121_000)
    assert desk.terminal.enquire("t-2").reason == "terminal.not_taken"


def _older(desk: Desk, tender: str, by_ms: int) -> PaymentRecord:
    record = desk.journal.records[tender]
    return msgspec.structs.replace(record, at_ms=record.at_ms - by_ms)


def test_trap_25_a_payment_the_terminal_took_back_by_itself_is_not_counted_as_paid(desk: Desk) -> None:
    """Its last doing is then a reversal of the same amount: people have to look."""
    outcome = desk.pay("t-1", 1000, Behaviour.TAKES_BACK)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.other_payment")
    assert desk.taken_minor == 0
    assert desk.pay("t-2", 1000).state is APPROVED  # only that tender is blocked
    assert desk.terminal.enquire("t-1").state is UNKNOWN


def test_trap_25_a_first_payment_is_judged_by_what_the_terminal_did_before_us(fresh: Desk) -> None:
    fresh.sim.books.book(1000)  # made by hand, by chance of the same amount
    outcome = fresh.pay("t-1", 1000, Behaviour.DIES_BEFORE)
    assert (outcome.state, outcome.reason) == (ABORTED, "terminal.not_taken")
    assert fresh.pay("t-2", 1000, Behaviour.PAID_THEN_DIES).state is APPROVED


def test_trap_25_the_very_first_payment_of_a_new_terminal_is_left_to_people_when_in_doubt(fresh: Desk) -> None:
    outcome = fresh.pay("t-1", 1000, Behaviour.PAID_THEN_DIES)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.no_earlier_payment")
    assert fresh.pay("t-2", 500).state is APPROVED


def test_trap_26_paid_and_then_aborted_is_neither(desk: Desk) -> None:
    outcome = desk.pay("t-1", 1000, Behaviour.CONTRADICTS)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.contradiction")
    assert desk.terminal.enquire("t-1").state is UNKNOWN


def test_trap_27_a_payment_made_by_hand_meanwhile_is_not_taken_for_ours(desk: Desk) -> None:
    desk.sim.books.book(5000)
    outcome = desk.pay("t-1", 1000, Behaviour.DIES_BEFORE)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.other_payment")


def test_trap_27_part_of_it_paid_and_the_link_dead_is_left_to_people(desk: Desk) -> None:
    desk.sim.obey(["terminal", "partial", "4.00"])
    dies = desk.sim._tell_paid
    desk.sim._tell_paid = lambda link, how: False  # type: ignore[method-assign] - the link dies with the news
    outcome = desk.terminal.authorise("t-1", 1000, "EUR")
    desk.sim._tell_paid = dies  # type: ignore[method-assign]
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.other_payment")


def test_trap_28_only_what_was_approved_counts_as_paid(desk: Desk) -> None:
    outcomes = [desk.pay("a", 700, Behaviour.DECLINE), desk.pay("b", 700), desk.pay("c", 300, Behaviour.TIMEOUT)]
    paid = sum(outcome.amount_minor for outcome in outcomes if outcome.state is APPROVED)
    assert paid == desk.taken_minor == 700


@pytest.mark.parametrize("repeats_refused", [True, False])
def test_trap_28_a_declined_payment_in_between_does_not_blur_what_came_after(desk: Desk, repeats_refused: bool) -> None:
    desk.sim.repeats_refused = repeats_refused
    assert desk.pay("a", 700, Behaviour.DECLINE).state is DECLINED
    assert desk.pay("b", 700, Behaviour.DIES_BEFORE).reason == "terminal.not_taken"
    assert desk.pay("c", 700, Behaviour.DECLINE).state is DECLINED
    assert desk.pay("d", 700, Behaviour.PAID_THEN_DIES).state is APPROVED
    assert desk.taken_minor == 700


# ── giving back, stopping ────────────────────────────────────────────────────────────────────────


def test_trap_29_a_cancel_reverses_its_own_payment_and_a_second_one_changes_nothing(desk: Desk) -> None:
    desk.pay("a", 700)
    desk.pay("b", 800)
    assert desk.reverse("a").state is ABORTED
    assert desk.taken_minor == 800
    assert desk.reverse("a").state is ABORTED
    assert desk.reverse("b").state is ABORTED
    assert desk.taken_minor == 0


def test_trap_29_a_reversal_is_not_taken_for_the_payment_after_it(desk: Desk) -> None:
    """It has a number of its own and, by chance, the amount of the next sale."""
    desk.pay("a", 700)
    desk.reverse("a")
    outcome = desk.pay("b", 700, Behaviour.DIES_BEFORE)
    assert (outcome.state, desk.taken_minor) == (ABORTED, 0)


@pytest.mark.parametrize(
    ("how", "state", "taken"),
    [
        (ReversalTurn.REFUSED, APPROVED, 700),
        (ReversalTurn.DIES_BEFORE, APPROVED, 700),
        (ReversalTurn.DONE_THEN_DIES, ABORTED, 0),
    ],
)
def test_trap_29_a_reversal_in_doubt_is_asked_about_and_not_sent_again(
    desk: Desk, how: ReversalTurn, state: PaymentState, taken: int
) -> None:
    desk.pay("a", 700)
    assert desk.reverse("a", how).state is state
    assert desk.taken_minor == taken
    assert desk.reverse("a").state is ABORTED  # whoever asks again gets it back, once
    assert desk.taken_minor == 0


def test_trap_29_a_terminal_that_reverses_another_payment_is_noticed(desk: Desk) -> None:
    desk.pay("a", 700)
    desk.pay("b", 800)
    outcome = desk.reverse("a", ReversalTurn.OTHER)
    assert (outcome.state, outcome.reason) == (UNKNOWN, "terminal.other_reversed")
    assert desk.reverse("a").state is UNKNOWN
    assert desk.taken_minor == 700


def test_trap_29_without_a_receipt_number_nothing_is_reversed(desk: Desk) -> None:
    desk.pay("a", 700)
    desk.journal.records["a"] = _without_receipt(desk, "a")
    desk.pay("b", 800)
    outcome = desk.reverse("a")
    assert (outcome.state, outcome.reason) == (APPROVED, "terminal.no_receipt_number")
    assert desk.taken_minor == 1500


def _without_receipt(desk: Desk, tender: str) -> PaymentRecord:
    return msgspec.structs.replace(desk.journal.records[tender], receipt=0)


def test_trap_29_an_abort_may_be_refused_and_the_payment_counts(desk: Desk) -> None:
    desk.sim.refuse_abort = True
    desk.terminal._events = TerminalEvents(lambda _code, _text: desk.terminal.abort())
    assert desk.pay("t-1", 1000, Behaviour.WAITS).state is APPROVED
    desk.sim.refuse_abort = False
    assert desk.pay("t-2", 1000, Behaviour.WAITS).state is ABORTED
    assert desk.taken_minor == 1000


def test_trap_29_a_payment_nobody_comes_for_is_stopped_before_the_till_lets_go(desk: Desk) -> None:
    outcome = desk.pay("t-1", 1000, Behaviour.WAITS)
    assert (outcome.state, outcome.reason) == (ABORTED, "terminal.aborted_there")


def test_money_goes_back_to_a_card_once(desk: Desk) -> None:
    assert desk.terminal.refund("r-1", 60, "EUR").state is APPROVED
    assert desk.terminal.refund("r-1", 60, "EUR").state is APPROVED
    assert desk.taken_minor == -60
    desk.sim.next = Behaviour.PAID_THEN_DIES
    assert desk.terminal.refund("r-2", 10, "EUR").state is APPROVED
    assert desk.taken_minor == -70


# ── the line ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("late", [False, True])
def test_trap_30_a_banner_is_passed_over_whenever_it_comes(late: bool) -> None:
    banner = b"\x00\x00\x00>VER|APP 19|MODEL two\r\n"
    with TerminalSim(banner=b"" if late else banner) as sim:
        sim.noise = banner if late else b""
        terminal = ZvtTerminal("terminal", _settings(sim), FakePaymentJournal(), CLOCK, no_jitter)
        assert terminal.authorise("t-1", 1000, "EUR").state is APPROVED
        terminal.close()


def test_trap_30_a_terminal_that_was_restarted_is_registered_again(desk: Desk) -> None:
    desk.sim.restart()
    assert desk.pay("t-1").state is APPROVED


def test_one_order_at_a_time_and_the_same_tender_twice_is_one(desk: Desk) -> None:
    desk.terminal._one.acquire()
    desk.terminal._under_way = "t-1"
    answers: list[PaymentOutcome] = []
    asks: list[Callable[[], PaymentOutcome]] = [
        lambda: desk.terminal.authorise("t-1", 1000, "EUR"),
        lambda: desk.terminal.authorise("t-2", 1000, "EUR"),
    ]
    threads = [Thread(target=lambda ask=ask: answers.append(ask())) for ask in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.terminal._one.release()
    assert {a.tender_id: (a.state, a.reason) for a in answers} == {
        "t-1": (UNKNOWN, "terminal.busy"),
        "t-2": (ABORTED, "terminal.busy"),
    }


def test_what_another_terminal_took_is_not_asked_of_this_one(desk: Desk) -> None:
    other = replace(_settings(desk.sim), port=1)
    elsewhere = ZvtTerminal("second", other, desk.journal, CLOCK, no_jitter)
    _pay_and_lose_the_terminal(desk)
    desk.sim.mend()
    assert elsewhere.enquire("t-1").reason == "terminal.other_terminal"
    assert elsewhere.authorise("t-5", 100, "EUR").reason == "terminal.unreachable"
    assert desk.terminal.enquire("t-1").state is APPROVED
    assert elsewhere.reverse("t-1").reason == "terminal.other_terminal"


def test_what_the_customer_does_and_the_receipt_are_told(fresh: Desk) -> None:
    fresh.terminal.close()
    fresh.terminal = _terminal(fresh, replace(_settings(fresh.sim), terminal_prints=False))
    outcome = fresh.pay("t-1", 1000, Behaviour.SLOW)
    assert outcome.lines == ("CARD PAYMENT", "APPROVED")
    again = fresh.pay("t-2", 1000, Behaviour.PAID_THEN_DIES)
    assert (again.state, again.lines) == (APPROVED, ("CARD PAYMENT", "APPROVED"))
    assert fresh.doing[:4] == [
        "terminal.insert_card", "terminal.remove_card", "terminal.asking_bank", "terminal.working",
    ]  # fmt: skip


@pytest.mark.parametrize(("minor", "currency"), [(0, "EUR"), (-5, "EUR"), (10**12, "EUR"), (100, "XXX")])
def test_an_impossible_amount_is_refused_before_anything_is_sent(desk: Desk, minor: int, currency: str) -> None:
    assert desk.terminal.authorise("t-1", minor, currency).state is ABORTED
    assert desk.journal.find("t-1") is None


def test_its_health_follows_the_terminal_without_a_payment(desk: Desk) -> None:
    desk.terminal.start()
    assert desk.terminal.status().state is DeviceState.READY
    desk.sim.status = 0xC2
    assert desk.terminal.status().code == "terminal.needs_diagnosis"
    desk.sim.mend()
    assert desk.terminal.status().state is DeviceState.READY
    desk.sim.close()
    assert eventually(lambda: desk.terminal.health.code == "terminal.unreachable")


def test_looking_after_a_terminal_does_not_register_with_it_again(desk: Desk) -> None:
    known = desk.sim.registrations
    assert desk.terminal.status().state is DeviceState.READY
    assert desk.sim.registrations == known
    desk.sim.restart()
    assert desk.terminal.status().state is DeviceState.READY
    assert desk.sim.registrations == known + 1


def test_no_card_number_is_in_what_is_answered_kept_or_logged(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(1)
    for n, number in enumerate(luhn(chance) for _ in range(10)):
        desk.sim.card = bytes.fromhex(number)
        outcome = desk.pay(f"card-{n}", 100)
        kept = repr(outcome) + repr(desk.journal.records) + repr(desk.journal.logs) + caplog.text
        assert outcome.masked_card == "••" + number[-4:]
        assert number[:12] not in kept
    assert desk.journal.records["card-0"].stage is Stage.APPROVED


def test_the_panel_can_do_all_of_it(desk: Desk) -> None:
    for button in desk.sim.buttons:
        line = button.line.split() + (["5.00"] if button.ask else [])
        answer = desk.sim.obey(line)
        assert answer == "ok" or "bookings" in str(answer), line
    desk.sim.mend()
    assert desk.sim.obey(["scale", "zero"]) is None
