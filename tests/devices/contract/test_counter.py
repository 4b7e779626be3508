"""What line displays, scales, RFID readers and card terminals promise; the drivers to come pass the same tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pos_app.devices.fakes.counter import FakeLineDisplay, FakeScale
from pos_app.devices.fakes.rfid import FakeRfidReader
from pos_app.devices.fakes.terminal import FakeCardTerminal
from pos_app.devices.ports import (
    CardTerminal,
    DeviceState,
    LineDisplay,
    PaymentState,
    RfidReader,
    Scale,
    TagRead,
    WeightState,
)
from tests.devices.support import CLOCK, eventually

EPC = bytes.fromhex("30340242201d8840009ef9e3")


@dataclass
class Display:
    port: LineDisplay
    seen: Callable[[], tuple[str, str]]


@pytest.fixture(params=["fake"])
def display(request: pytest.FixtureRequest) -> Iterator[Display]:
    fake = FakeLineDisplay()
    yield Display(fake, lambda: fake.lines)
    fake.close()


def test_the_customer_sees_both_lines_cut_to_their_width(display: Display) -> None:
    display.port.show("Chicken breast fillets 400 g", "6.49")
    assert display.seen() == ("Chicken breast fille", "6.49")
    display.port.clear()
    assert display.seen() == ("", "")


def test_control_characters_never_reach_the_display(display: Display) -> None:
    display.port.show("a\x1b@\x0cb", "\x00")
    assert display.seen() == ("a @ b", " ")


@dataclass
class Weighing:
    port: Scale
    place: Callable[[int, WeightState], None]
    unplug: Callable[[], None]


@pytest.fixture(params=["fake"])
def weighing(request: pytest.FixtureRequest) -> Iterator[Weighing]:
    fake = FakeScale(CLOCK)
    yield Weighing(fake, fake.place, fake.unplug)
    fake.close()


def test_the_same_weight_can_be_read_twice(weighing: Weighing) -> None:
    weighing.place(1253, WeightState.STABLE)
    assert [weighing.port.read().grams for _ in range(2)] == [1253, 1253]
    assert weighing.port.read().state is WeightState.STABLE


@pytest.mark.parametrize("state", [WeightState.OVER, WeightState.UNDER, WeightState.FAULT])
def test_trouble_is_a_state_and_never_a_weight_of_zero(weighing: Weighing, state: WeightState) -> None:
    weighing.place(0, state)
    reading = weighing.port.read()
    assert (reading.state, reading.grams) == (state, None)


def test_a_scale_that_does_not_answer_is_stale(weighing: Weighing) -> None:
    weighing.place(500, WeightState.STABLE)
    weighing.unplug()
    assert weighing.port.read().state is WeightState.STALE
    assert weighing.port.read().grams is None


def test_an_empty_scale_weighs_zero_and_says_so(weighing: Weighing) -> None:
    weighing.place(500, WeightState.STABLE)
    weighing.port.zero()
    assert (weighing.port.read().state, weighing.port.read().grams) == (WeightState.ZERO, 0)


@dataclass
class Tags:
    port: RfidReader
    hold_to: Callable[[bytes], None]


@pytest.fixture(params=["fake"])
def tags(request: pytest.FixtureRequest) -> Iterator[Tags]:
    fake = FakeRfidReader(CLOCK)
    yield Tags(fake, fake.hold_to)
    fake.close()


def test_tags_are_read_only_while_an_inventory_runs(tags: Tags) -> None:
    reads: list[TagRead] = []
    tags.port.start(reads.append)
    tags.hold_to(EPC)
    tags.port.begin_inventory()
    tags.hold_to(EPC)
    tags.hold_to(EPC)
    assert eventually(lambda: len(reads) == 2)
    assert {read.epc for read in reads} == {EPC}
    tags.port.end_inventory()
    tags.port.close()
    tags.hold_to(EPC)
    assert len(reads) == 2


@dataclass
class Paying:
    port: CardTerminal
    taken: Callable[[], dict[str, int]]
    decline_next: Callable[[], None]
    lose_next_answer: Callable[[], None]
    unplug: Callable[[], None]


@pytest.fixture(params=["fake"])
def paying(request: pytest.FixtureRequest) -> Iterator[Paying]:
    fake = FakeCardTerminal()
    yield Paying(fake, lambda: fake.taken, fake.decline_next, fake.lose_next_answer, fake.unplug)
    fake.close()


def test_an_approved_payment_shows_no_whole_card_number(paying: Paying) -> None:
    outcome = paying.port.authorise("t-1", 1670, "EUR")
    assert (outcome.state, outcome.amount_minor, outcome.currency) == (PaymentState.APPROVED, 1670, "EUR")
    assert sum(char.isdigit() for char in outcome.masked_card) <= 4
    assert paying.taken() == {"t-1": 1670}


def test_asking_again_for_the_same_tender_never_pays_twice(paying: Paying) -> None:
    first = paying.port.authorise("t-1", 1670, "EUR")
    assert paying.port.authorise("t-1", 1670, "EUR") == first
    assert paying.taken() == {"t-1": 1670}


def test_paid_but_the_link_died_is_found_by_asking(paying: Paying) -> None:
    paying.lose_next_answer()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.UNKNOWN
    assert paying.port.enquire("t-1").state is PaymentState.APPROVED
    assert paying.taken() == {"t-1": 1670}


def test_a_declined_payment_takes_nothing_and_the_next_may_pay(paying: Paying) -> None:
    paying.decline_next()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.DECLINED
    assert paying.port.authorise("t-2", 1670, "EUR").state is PaymentState.APPROVED
    assert paying.taken() == {"t-2": 1670}


def test_a_reversed_payment_is_given_back_once(paying: Paying) -> None:
    paying.port.authorise("t-1", 1670, "EUR")
    assert paying.port.reverse("t-1").state is PaymentState.ABORTED
    assert paying.port.reverse("t-1").state is PaymentState.ABORTED
    assert paying.taken() == {}


def test_a_terminal_that_is_away_leaves_a_doubt(paying: Paying) -> None:
    paying.unplug()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.UNKNOWN
    assert paying.port.enquire("t-1").state is PaymentState.UNKNOWN
    assert paying.port.health.state is DeviceState.ABSENT


def test_nothing_was_taken_for_a_tender_nobody_asked_for(paying: Paying) -> None:
    paying.port.abort()
    assert paying.port.enquire("t-9").state is PaymentState.ABORTED
