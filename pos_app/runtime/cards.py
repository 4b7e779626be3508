"""Card payments for the screen: asked for here, done on one thread of their own, answered through `deliver`."""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread

from pos_app.devices.ports import CardTerminal, PaymentOutcome
from pos_app.runtime.writer import Deliver

STOP_WAIT_S = 5.0
Answered = Callable[[PaymentOutcome], None]
_Ask = Callable[[], None]


class CardDesk:
    """Nothing here waits. What is asked for is done in its order; each answer comes once, whatever happens.

    A tender id stands for one payment for good: asking again with it answers what became of that one. Only APPROVED is
    paid, and only its `amount_minor`; UNKNOWN blocks that tender alone, and `enquire` asks once more.
    """

    def __init__(self, terminal: CardTerminal, deliver: Deliver) -> None:
        self._terminal = terminal
        self._deliver = deliver
        self._asks: SimpleQueue[_Ask | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="card-desk", daemon=True)
        self._thread.start()

    def pay(self, tender_id: str, amount_minor: int, currency: str, done: Answered) -> None:
        self._ask(lambda: self._terminal.authorise(tender_id, amount_minor, currency), done)

    def refund(self, tender_id: str, amount_minor: int, currency: str, done: Answered) -> None:
        self._ask(lambda: self._terminal.refund(tender_id, amount_minor, currency), done)

    def enquire(self, tender_id: str, done: Answered) -> None:
        self._ask(lambda: self._terminal.enquire(tender_id), done)

    def reverse(self, tender_id: str, done: Answered) -> None:
        self._ask(lambda: self._terminal.reverse(tender_id), done)

    def end_of_day(self, done: Answered) -> None:
        self._ask(self._terminal.end_of_day, done)

    def stop(self, tender_id: str = "") -> None:
        """Ask the terminal to end this payment, asked for already or not; its answer still comes, and may be that it is paid."""
        self._terminal.abort(tender_id)

    def close(self) -> None:
        """A payment under way is asked to stop; what became of it is asked again at the next start if need be."""
        self._terminal.abort()
        self._asks.put(None)
        self._thread.join(STOP_WAIT_S)

    def _ask(self, work: Callable[[], PaymentOutcome], done: Answered) -> None:
        def ask() -> None:
            outcome = work()
            self._deliver(lambda: done(outcome))

        self._asks.put(ask)

    def _run(self) -> None:
        while (ask := self._asks.get()) is not None:
            ask()
