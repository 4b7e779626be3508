"""The payment journal on till.db's one writer thread: the terminal's thread waits for the commit, nobody else does."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import TypeVar

from pos_app.devices.terminal.journal import JournalFault
from pos_app.runtime.writer import Writer
from pos_app.storage import payments
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError
from retail_core.domain.payments import LogEntry, Mark, PaymentRecord, Step

COMMIT_S = 10.0
T = TypeVar("T")
NOT_WRITTEN = "payment.not_written"


class TillPayments:
    """A `PaymentJournal`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def find(self, tender_id: str) -> PaymentRecord | None:
        return self._ask(lambda store: payments.find(store.conn, tender_id))

    def unsettled(self, terminal: str) -> Sequence[PaymentRecord]:
        return self._ask(lambda store: payments.unsettled(store.conn, terminal))

    def begin(self, record: PaymentRecord) -> None:
        def work(store: TillStore) -> None:
            with store.unit() as conn:
                payments.begin(conn, record)

        self._ask(work)

    def move(
        self, tender_id: str, step: Step, facts: PaymentRecord | None = None, mark: Mark | None = None
    ) -> PaymentRecord:
        def work(store: TillStore) -> PaymentRecord:
            with store.unit() as conn:
                return payments.move(conn, tender_id, step, facts, mark)

        return self._ask(work)

    def see(self, terminal: str, mark: Mark) -> None:
        def work(store: TillStore) -> None:
            with store.unit() as conn:
                payments.see(conn, terminal, mark)

        self._ask(work)

    def log(self, terminal: str) -> Sequence[LogEntry]:
        return self._ask(lambda store: payments.log(store.conn, terminal))

    def _ask(self, work: Callable[[TillStore], T]) -> T:
        """Have the writer do it; raises JournalFault with its code, or `payment.not_written` when it does not answer."""
        answered = Event()
        answers: list[T] = []
        codes: list[str] = [NOT_WRITTEN]

        def job(store: TillStore) -> None:
            try:
                answers.append(work(store))
            except CodedError as error:
                codes[0] = error.code
                raise
            finally:
                answered.set()

        self._writer.submit(job, lambda _: None, lambda error: codes.__setitem__(0, error.code))
        answered.wait(COMMIT_S)
        if not answers:
            raise JournalFault(codes[0])
        return answers[0]
