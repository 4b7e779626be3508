"""Card payments as the screen asks for them: nothing waits, and every answer comes once."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from threading import Event, current_thread

import pytest

from pos_app.counter import Counter
from pos_app.devices.config import device_tables
from pos_app.devices.fakes.terminal import FakeCardTerminal
from pos_app.devices.ports import PaymentOutcome, PaymentState
from pos_app.devices.sim.terminal import Behaviour, TerminalSim
from pos_app.devices.sim.terminal_books import Booking
from pos_app.runtime.cards import CardDesk
from pos_app.runtime.payments import TillPayments
from retail_core.domain.payments import Stage
from tests.devices.support import eventually
from tests.support.shop import at_till, make_shop

WAIT_S = 30.0


class Screen:
    """Calls handed to the screen's thread, done one at a time when it looks."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[object] = SimpleQueue()
        self.answers: list[PaymentOutcome] = []

    def deliver(self, call: object) -> None:
        assert current_thread().name == "card-desk"
        self._calls.put(call)

    def look(self) -> PaymentOutcome:
        call = self._calls.get(timeout=WAIT_S)
        assert callable(call)
        call()
        return self.answers[-1]


@pytest.fixture
def terminal() -> FakeCardTerminal:
    return FakeCardTerminal()


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def desk(terminal: FakeCardTerminal, screen: Screen) -> Iterator[CardDesk]:
    made = CardDesk(terminal, screen.deliver)
    yield made
    made.close()


def test_the_screen_asks_and_is_told_on_its_own_thread(
    desk: CardDesk, screen: Screen, terminal: FakeCardTerminal
) -> None:
    desk.pay("t-1", 1670, "EUR", screen.answers.append)
    assert screen.look().state is PaymentState.APPROVED
    desk.reverse("t-1", screen.answers.append)
    assert screen.look().state is PaymentState.ABORTED
    desk.refund("r-1", 100, "EUR", screen.answers.append)
    desk.end_of_day(screen.answers.append)
    assert [screen.look().state, screen.look().state] == [PaymentState.APPROVED] * 2
    assert terminal.taken == {"r-1": 100}


def test_an_answer_that_was_lost_is_asked_for_and_paid_once(
    desk: CardDesk, screen: Screen, terminal: FakeCardTerminal
) -> None:
    terminal.lose_next_answer()
    desk.pay("t-1", 1670, "EUR", screen.answers.append)
    assert screen.look().state is PaymentState.UNKNOWN
    desk.enquire("t-1", screen.answers.append)
    assert screen.look().state is PaymentState.APPROVED
    assert terminal.taken == {"t-1": 1670}


class SlowTerminal(FakeCardTerminal):
    """A customer stands in front of it until somebody stops it."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.stopped = Event(), Event()

    def authorise(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        self.begun.set()
        self.stopped.wait(WAIT_S)
        return super().authorise(tender_id, amount_minor, currency)

    def abort(self, tender_id: str = "") -> None:
        self.stopped.set()


def test_stopping_does_not_wait_and_the_payment_answers_for_itself(screen: Screen) -> None:
    terminal = SlowTerminal()
    desk = CardDesk(terminal, screen.deliver)
    desk.pay("t-1", 1670, "EUR", screen.answers.append)
    assert terminal.begun.wait(WAIT_S)
    assert screen.answers == []
    desk.stop()
    assert screen.look().state is PaymentState.APPROVED
    desk.close()


def test_a_till_that_closes_in_the_middle_stops_the_terminal(screen: Screen) -> None:
    terminal = SlowTerminal()
    desk = CardDesk(terminal, screen.deliver)
    desk.pay("t-1", 1670, "EUR", screen.answers.append)
    assert terminal.begun.wait(WAIT_S)
    desk.close()
    assert terminal.stopped.is_set()


def test_a_payment_at_the_counter_is_known_again_after_the_till_was_off(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    answers: list[PaymentOutcome] = []
    with TerminalSim() as sim:
        tables = device_tables(
            ({"driver": "terminal.zvt", "name": "card terminal", "host": sim.host, "port": sim.port},)
        )
        with at_till(shop) as at:
            counter = Counter.open(tables, at.till, lambda _: None)
            assert counter.terminal is not None
            assert counter.cards is not None
            counter.cards.pay("t-1", 1000, "EUR", answers.append)
            at.hand.until(lambda: len(answers) == 1)
            sim.next, sim.says_ready = Behaviour.PAID_THEN_DIES, False
            sim.card = bytes.fromhex("4012888888881881")
            booked = sim.books.book
            sim.books.book = lambda amount_minor, *, refund=False: _power_cut(sim, booked, amount_minor)  # type: ignore[method-assign]
            counter.cards.pay("t-2", 500, "EUR", answers.append)
            at.hand.until(lambda: len(answers) == 2)
            sim.books.book = booked  # type: ignore[method-assign]
            counter.close()
        assert [answer.state for answer in answers] == [PaymentState.APPROVED, PaymentState.UNKNOWN]
        sim.mend()
        with at_till(shop) as at:
            counter = Counter.open(tables, at.till, lambda _: None)
            journal = TillPayments(at.till.writer)
            assert eventually(lambda: not journal.unsettled("card terminal"), within_s=3)
            known = journal.find("t-2")
            assert known is not None
            assert (known.stage, known.approved_minor, known.masked_card) == (Stage.APPROVED, 500, "••1881")
            counter.close()
        assert sim.balance_minor == 1500
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"4012888888881881" not in kept
    assert bytes.fromhex("4012888888881881") not in kept


def _power_cut(sim: TerminalSim, book: Callable[..., Booking], amount_minor: int) -> Booking:
    sim.off = True
    return book(amount_minor)
