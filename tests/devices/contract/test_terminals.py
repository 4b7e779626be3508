"""What card terminals promise: the fake, and ZVT against a terminal with books of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from pos_app.devices.fakes.payments import FakePaymentJournal
from pos_app.devices.fakes.terminal import FakeCardTerminal
from pos_app.devices.ports import CardTerminal, DeviceState, PaymentState
from pos_app.devices.sim.terminal import Behaviour, TerminalSim
from pos_app.devices.terminal.zvt.talk import ZvtSettings
from pos_app.devices.terminal.zvt.terminal import ZvtTerminal
from tests.devices.support import CLOCK, eventually, no_jitter


@dataclass
class Paying:
    port: CardTerminal
    balance_minor: Callable[[], int]
    decline_next: Callable[[], None]
    lose_next_answer: Callable[[], None]
    unplug: Callable[[], None]


@pytest.fixture(params=["fake", "zvt"])
def paying(request: pytest.FixtureRequest) -> Iterator[Paying]:
    if request.param == "fake":
        fake = FakeCardTerminal()
        yield Paying(fake, lambda: sum(fake.taken.values()), fake.decline_next, fake.lose_next_answer, fake.unplug)
        fake.close()
        return
    with TerminalSim() as sim:
        driver = ZvtTerminal("terminal", ZvtSettings(sim.host, sim.port), FakePaymentJournal(), CLOCK, no_jitter)
        assert driver.authorise("t-0", 100, "EUR").state is PaymentState.APPROVED  # the day has begun
        first_minor = sim.balance_minor

        def behave(how: Behaviour) -> Callable[[], None]:
            return lambda: setattr(sim, "next", how)

        yield Paying(
            driver, lambda: sim.balance_minor - first_minor, behave(Behaviour.DECLINE), behave(Behaviour.PAID_THEN_DIES),
            lambda: setattr(sim, "off", True),
        )  # fmt: skip
        driver.close()


def test_an_approved_payment_shows_no_whole_card_number(paying: Paying) -> None:
    outcome = paying.port.authorise("t-1", 1670, "EUR")
    assert (outcome.state, outcome.amount_minor, outcome.currency) == (PaymentState.APPROVED, 1670, "EUR")
    assert sum(char.isdigit() for char in outcome.masked_card) <= 4
    assert paying.balance_minor() == 1670


def test_asking_again_for_the_same_tender_never_pays_twice(paying: Paying) -> None:
    first = paying.port.authorise("t-1", 1670, "EUR")
    assert paying.port.authorise("t-1", 1670, "EUR") == first
    assert paying.balance_minor() == 1670


def test_paid_but_the_link_died_is_found_by_asking_and_never_paid_again(paying: Paying) -> None:
    paying.lose_next_answer()
    first = paying.port.authorise("t-1", 1670, "EUR")
    assert first.state in {PaymentState.UNKNOWN, PaymentState.APPROVED}
    assert paying.port.enquire("t-1").state is PaymentState.APPROVED
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.APPROVED
    assert paying.balance_minor() == 1670


def test_a_declined_payment_takes_nothing_and_the_next_may_pay(paying: Paying) -> None:
    paying.decline_next()
    assert paying.port.authorise("t-1", 1670, "EUR").state is PaymentState.DECLINED
    assert paying.port.authorise("t-2", 1670, "EUR").state is PaymentState.APPROVED
    assert paying.balance_minor() == 1670


def test_a_reversed_payment_is_given_back_once(paying: Paying) -> None:
    paying.port.authorise("t-1", 1670, "EUR")
    assert paying.port.reverse("t-1").state is PaymentState.ABORTED
    assert paying.port.reverse("t-1").state is PaymentState.ABORTED
    assert paying.balance_minor() == 0


def test_a_terminal_that_is_away_takes_nothing_and_leaves_no_doubt_about_what_it_never_heard(paying: Paying) -> None:
    paying.unplug()
    outcome = paying.port.authorise("t-1", 1670, "EUR")
    assert outcome.state in {PaymentState.UNKNOWN, PaymentState.ABORTED}
    assert paying.balance_minor() == 0
    assert eventually(lambda: paying.port.status().state is not DeviceState.READY)


def test_nothing_was_taken_for_a_tender_nobody_asked_for(paying: Paying) -> None:
    paying.port.abort()
    assert paying.port.enquire("t-9").state is PaymentState.ABORTED


def test_a_terminal_that_was_given_back_takes_nothing(paying: Paying) -> None:
    paying.port.close()
    assert paying.port.authorise("t-1", 1670, "EUR").state in {PaymentState.UNKNOWN, PaymentState.ABORTED}
    assert paying.balance_minor() == 0


def test_money_is_paid_back_to_a_card_once(paying: Paying) -> None:
    assert paying.port.refund("r-1", 500, "EUR").state is PaymentState.APPROVED
    assert paying.port.refund("r-1", 500, "EUR").state is PaymentState.APPROVED
    assert abs(paying.balance_minor()) == 500


def test_the_day_is_closed_with_its_total(paying: Paying) -> None:
    paying.port.authorise("t-1", 1670, "EUR")
    closed = paying.port.end_of_day()
    assert closed.state is PaymentState.APPROVED
    assert closed.amount_minor >= 1670
