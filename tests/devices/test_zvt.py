"""Card payments over ZVT: every way a payment can go wrong ends in the truth, and no card number is ever kept."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.devices.fakes.payments import FakePaymentJournal
from pos_app.devices.ports import DeviceState, PaymentOutcome, PaymentState
from pos_app.devices.sim.terminal import Behaviour, TerminalSim
from pos_app.devices.terminal.zvt import apdu
from pos_app.devices.terminal.zvt.apdu import Apdu, Framer, ZvtError
from pos_app.devices.terminal.zvt.conversation import Conversation, End
from pos_app.devices.terminal.zvt.terminal import TerminalEvents, ZvtSettings, ZvtTerminal
from retail_core.domain.payments import Stage
from tests.devices.support import CLOCK, eventually, foreign_vectors, no_jitter


@dataclass
class Desk:
    sim: TerminalSim
    journal: FakePaymentJournal
    terminal: ZvtTerminal
    doing: list[int] = field(default_factory=list[int])
    lines: list[str] = field(default_factory=list[str])

    def pay(self, tender: str, minor: int = 1000, how: Behaviour = Behaviour.APPROVE) -> PaymentOutcome:
        self.sim.next = how
        return self.terminal.authorise(tender, minor, "EUR")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with TerminalSim() as sim:
        yield from _desk(sim)


def _desk(sim: TerminalSim, **settings: object) -> Iterator[Desk]:
    journal, doing, lines = FakePaymentJournal(), list[int](), list[str]()
    events = TerminalEvents(lambda code, _text: doing.append(code), lines.extend)
    where = ZvtSettings(sim.host, sim.port, silence_ms=1_500, **settings)  # type: ignore[arg-type]
    terminal = ZvtTerminal("terminal", where, journal, CLOCK, no_jitter, events)
    made = Desk(sim, journal, terminal, doing, lines)
    assert made.pay("first", 100).state is PaymentState.APPROVED
    yield made
    terminal.close()


# ── what can happen to a payment ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("how", "state", "taken"),
    [
        (Behaviour.APPROVE, PaymentState.APPROVED, 1000),
        (Behaviour.DECLINE, PaymentState.DECLINED, 0),
        (Behaviour.TIMEOUT, PaymentState.ABORTED, 0),
        (Behaviour.PARTIAL, PaymentState.APPROVED, 500),
        (Behaviour.DUPLICATE, PaymentState.APPROVED, 1000),
        (Behaviour.DIES_BEFORE, PaymentState.ABORTED, 0),
        (Behaviour.PAID_THEN_DIES, PaymentState.APPROVED, 1000),
        (Behaviour.DIES_AT_END, PaymentState.APPROVED, 1000),
        (Behaviour.SILENT, PaymentState.APPROVED, 1000),
        (Behaviour.FORGETS_TILL, PaymentState.APPROVED, 1000),
    ],
)
def test_traps_24_26_and_27_the_till_learns_the_truth_and_the_money_moves_once(
    desk: Desk, how: Behaviour, state: PaymentState, taken: int
) -> None:
    outcome = desk.pay("t-1", 1000, how)
    assert outcome.state is state
    assert desk.sim.balance_minor == 100 + taken
    if state is PaymentState.APPROVED:
        assert outcome.amount_minor == taken
    again = desk.terminal.authorise("t-1", 1000, "EUR")
    assert (again.state, desk.sim.balance_minor) == (state, 100 + taken)


def test_trap_24_in_doubt_nothing_is_sent_again_and_the_answer_comes_when_the_terminal_is_back(desk: Desk) -> None:
    desk.sim.next = Behaviour.PAID_THEN_DIES
    outcome = _pay_and_lose_the_terminal(desk)
    assert outcome.state is PaymentState.UNKNOWN
    assert desk.terminal.authorise("t-1", 1000, "EUR").state is PaymentState.UNKNOWN
    desk.sim.off = False
    assert desk.terminal.enquire("t-1").state is PaymentState.APPROVED
    assert desk.sim.balance_minor == 1100


def _pay_and_lose_the_terminal(desk: Desk) -> PaymentOutcome:
    """The payment is booked, and from then on the terminal is off."""
    booked = desk.sim._book

    def book_and_go(amount_minor: int, *, refund: bool):
        desk.sim.off = True
        return booked(amount_minor, refund=refund)

    desk.sim._book = book_and_go  # type: ignore[method-assign] - the terminal's own power goes off at this moment
    try:
        return desk.terminal.authorise("t-1", 1000, "EUR")
    finally:
        desk.sim._book = booked  # type: ignore[method-assign]


def test_trap_24_nothing_goes_out_that_could_not_be_written_down(desk: Desk) -> None:
    desk.journal.full = True
    outcome = desk.pay("t-1")
    assert (outcome.state, outcome.reason) == (PaymentState.UNKNOWN, "disk.full")
    assert desk.sim.balance_minor == 100


def test_trap_28_only_what_was_approved_counts_as_paid(desk: Desk) -> None:
    outcomes = [desk.pay("a", 700, Behaviour.DECLINE), desk.pay("b", 700), desk.pay("c", 300, Behaviour.TIMEOUT)]
    paid = sum(outcome.amount_minor for outcome in outcomes if outcome.state is PaymentState.APPROVED)
    assert paid == desk.sim.balance_minor - 100 == 700


def test_trap_29_a_cancel_reverses_its_own_payment_and_a_second_one_changes_nothing(desk: Desk) -> None:
    desk.pay("a", 700)
    desk.pay("b", 800)
    assert desk.terminal.reverse("a").state is PaymentState.ABORTED
    assert desk.sim.balance_minor == 900
    assert desk.terminal.reverse("a").state is PaymentState.ABORTED
    assert desk.terminal.reverse("b").state is PaymentState.ABORTED
    assert desk.sim.balance_minor == 100


def test_trap_29_an_abort_may_be_refused_and_the_payment_counts(desk: Desk) -> None:
    desk.sim.refuse_abort = True
    desk.terminal._events = TerminalEvents(lambda _code, _text: desk.terminal.abort())
    assert desk.pay("t-1", 1000, Behaviour.WAITS).state is PaymentState.APPROVED
    desk.sim.refuse_abort = False
    assert desk.pay("t-2", 1000, Behaviour.WAITS).state is PaymentState.ABORTED
    assert desk.sim.balance_minor == 1100


def test_trap_30_a_banner_before_the_first_word_is_passed_over() -> None:
    with TerminalSim(banner=b"ser2net port 20007\r\n") as sim:
        for desk in _desk(sim):
            assert desk.pay("t-1").state is PaymentState.APPROVED


def test_trap_25_a_first_payment_in_doubt_is_left_to_people() -> None:
    with TerminalSim() as sim:
        sim.book(1000)  # made by hand, by chance of the same amount
        terminal = ZvtTerminal("terminal", ZvtSettings(sim.host, sim.port), FakePaymentJournal(), CLOCK, no_jitter)
        sim.next = Behaviour.DIES_BEFORE
        outcome = terminal.authorise("t-1", 1000, "EUR")
        assert (outcome.state, outcome.reason) == (PaymentState.UNKNOWN, "terminal.no_earlier_payment")
        terminal.close()


def test_a_payment_made_by_hand_meanwhile_is_not_taken_for_ours(desk: Desk) -> None:
    desk.sim.next = Behaviour.DIES_BEFORE
    desk.sim.book(5000)
    outcome = desk.terminal.authorise("t-1", 1000, "EUR")
    assert (outcome.state, outcome.reason) == (PaymentState.UNKNOWN, "terminal.other_payment")


def test_money_goes_back_to_a_card_once(desk: Desk) -> None:
    assert desk.terminal.refund("r-1", 60, "EUR").state is PaymentState.APPROVED
    assert desk.terminal.refund("r-1", 60, "EUR").state is PaymentState.APPROVED
    assert desk.sim.balance_minor == 40


def test_what_the_customer_does_and_the_receipt_are_told(desk: Desk) -> None:
    desk.terminal.close()
    for other in _desk(desk.sim, terminal_prints=False):
        assert 0x0A in other.doing
        assert other.lines == ["CARD PAYMENT", "APPROVED"]


@pytest.mark.parametrize(("minor", "currency"), [(0, "EUR"), (-5, "EUR"), (10**12, "EUR"), (100, "XXX")])
def test_an_impossible_amount_is_refused_before_anything_is_sent(desk: Desk, minor: int, currency: str) -> None:
    assert desk.terminal.authorise("t-1", minor, currency).state is PaymentState.ABORTED
    assert desk.journal.find("t-1") is None


def test_its_health_follows_the_terminal_without_a_payment(desk: Desk) -> None:
    desk.terminal.start()
    assert desk.terminal.health.state is DeviceState.READY
    desk.sim.close()
    assert desk.terminal.status().state is not DeviceState.READY
    assert eventually(lambda: desk.terminal.health.code == "terminal.unreachable")


# ── bytes ────────────────────────────────────────────────────────────────────────────────────────


def test_status_informations_of_real_terminals() -> None:
    for case in json.loads(foreign_vectors("zvt_status_information.json").read_text()):
        said = apdu.status_information(bytes.fromhex(case["apdu_hex"])[3:])  # the length of one is cut off
        expected = case["expect"]
        assert said.terminal_id.lstrip("0") == expected["TerminalIdentifier"].lstrip("0")
        if "Amount" in expected:
            assert said.amount_minor == round(float(expected["Amount"]) * 100)
        if "AdditionalText" in expected:
            assert said.text == expected["AdditionalText"]
        if "CardNumber" in expected:
            assert said.masked_card == "••" + expected["CardNumber"][-4:]
        if "ErrorCode" in expected:
            assert said.result == int(expected["ErrorCode"], 0)


def cut(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


SENTENCES = st.lists(st.builds(Apdu, st.integers(0, 0xFFFF), st.binary(max_size=300)), max_size=5)


@given(SENTENCES, st.lists(st.integers(0, 1600)))
def test_however_a_stream_is_cut_the_sentences_are_the_same(sentences: list[Apdu], cuts: list[int]) -> None:
    data, framer = b"".join(one.bytes for one in sentences), Framer()
    assert [one for piece in cut(data, cuts) for one in framer.feed(piece)] == sentences


@given(st.binary(max_size=200), st.sampled_from([0x040F, 0x04FF, 0x060F, 0x061E, 0x06D1, 0x06D3, 0x8400, 0x8000]))
def test_no_sentence_of_a_broken_terminal_breaks_the_conversation(data: bytes, control: int) -> None:
    conversation = Conversation(apdu.authorisation(100, 978))
    conversation.take(apdu.ACK)
    conversation.take(Apdu(control, data))
    try:
        apdu.status_information(data)
    except ZvtError:
        return


def test_paid_is_said_only_at_the_end() -> None:
    conversation = Conversation(apdu.authorisation(100, 978))
    conversation.take(apdu.ACK)
    conversation.take(Apdu(apdu.STATUS, b"\x27\x00"))
    assert conversation.ending is None
    conversation.take(Apdu(apdu.ABORTED, b"\x71"))
    assert conversation.ending is not None
    assert conversation.ending.end is End.ABORTED


def luhn(chance: random.Random) -> str:
    body = chance.choice("3456") + "".join(chance.choices("0123456789", k=14))
    total = sum(sum(divmod(int(d) * (2 - n % 2), 10)) for n, d in enumerate(body))
    return body + str(-total % 10)


def test_of_ten_thousand_card_numbers_none_is_kept(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(1)
    numbers = [luhn(chance) for _ in range(10_000)]
    for number in numbers:
        field_ = bytes.fromhex(number)
        track = bytes.fromhex(number + "d2512201")[: 1 + len(number) // 2]
        data = (
            b"\x27\x00\x22\xf0"
            + bytes([0xF0 | len(field_)])
            + field_
            + b"\x23\xf0"
            + bytes([0xF0 | len(track)])
            + track
        )
        said = apdu.status_information(data)
        assert said.masked_card == "••" + number[-4:]
        assert number not in repr(said)
    for n, number in enumerate(numbers[:20]):
        desk.sim.card = bytes.fromhex(number)
        outcome = desk.pay(f"card-{n}", 100)
        kept = repr(outcome) + repr(desk.journal.records) + caplog.text
        assert number not in kept
        assert number[:12] not in kept
    assert desk.journal.records["card-0"].stage is Stage.APPROVED
