"""One thread drains the print spool through the receipt printer; the sale was final before it began.

A job goes QUEUED → SENT → CONFIRMED, or UNKNOWN when bytes went out and nobody said they became paper. Nothing sent
means that another printer of the till may have it; when none can, it waits and is tried again, slower each time. The
drawer has a thread of its own: it opens before paper moves, and a receipt that is stuck keeps nobody's change in it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event, Lock, Thread
from typing import TypeVar

import msgspec

from pos_app.devices.ports import CashDrawer, DeviceState, PrintOutcome, PrintResult, ReceiptPrinter
from pos_app.receipts.facts import ReceiptData
from pos_app.runtime.writer import Failed, Writer
from pos_app.storage import papers, sales, spool
from pos_app.storage.spool import JobAction, JobState, PrintJob
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError, RuleViolationError

log = logging.getLogger(__name__)
T = TypeVar("T")

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
ANSWER_WAIT_S = 10.0
LOOK_S = 0.25
MAX_SETTLE_TRIES = 20
DRAWER_FIRST_S = 2.5  # a printer takes no longer to open its drawer or to say that it can't
ACTIONS: Mapping[PrintOutcome, JobAction] = {
    PrintOutcome.CONFIRMED: JobAction.CONFIRM,
    PrintOutcome.UNKNOWN: JobAction.DOUBT,
    PrintOutcome.FAILED: JobAction.RETURN,
}
UNPRINTABLE = "receipt.unprintable"
NOT_DRAWN = (ValueError, OSError, LookupError, TypeError, ArithmeticError, msgspec.MsgspecError)
"""What drawing a receipt may raise. None of it ends the printing of the others."""


@dataclass(frozen=True)
class Station:
    """A printer, and how a queued receipt becomes its bytes."""

    printer: ReceiptPrinter
    render: Callable[[PrintJob], bytes]


class Printing:
    """Owns its thread; `sale_paid()` after each sale. Acts of people are answered through the writer, like a sale."""

    def __init__(self, writer: Writer, stations: Sequence[Station], drawer: CashDrawer | None) -> None:
        """`stations` in the order they are tried; at least one."""
        self._writer = writer
        self._stations = tuple(stations)
        self._drawer = _DrawerHand(drawer)
        self._wake = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="till-printing", daemon=True)
        self._thread.start()

    def sale_paid(self, *, kick: bool) -> None:
        """Print what is queued; with `kick` the drawer opens first, before any paper moves."""
        if kick:
            self._drawer.kick()
        self._wake.set()

    def use(self, stations: Sequence[Station], drawer: CashDrawer | None) -> None:
        """Go on with these: a printer or drawer was put in or taken out."""
        self._stations, self._drawer.drawer = tuple(stations), drawer
        self._wake.set()

    def close(self) -> None:
        """Let the job that is being printed end; what waits is printed after the next start."""
        self._stopping = True
        self._wake.set()
        self._drawer.close()
        self._thread.join(ANSWER_WAIT_S)

    # ── what people ask for ──────────────────────────────────────────────────────────────────────

    def open_jobs(self, done: Callable[[Sequence[PrintJob]], None], failed: Failed) -> None:
        """Receipts that wait, and those nobody knows the end of."""
        self._writer.submit(lambda store: spool.open_jobs(store.conn), done, failed)

    def reprint(self, receipt_no: str, done: Callable[[str], None], failed: Failed) -> None:
        """Print a receipt again, marked COPY; the last one when no number is given. Fails with `receipt.not_found`."""
        self._writer.submit(lambda store: _copy(store, receipt_no), lambda number: self._went_in(number, done), failed)

    def retry(self, job: int, done: Callable[[str], None], failed: Failed) -> None:
        """Try one again that was given up."""
        self._move(job, JobAction.RETRY, done, failed)

    def cancel(self, job: int, done: Callable[[str], None], failed: Failed) -> None:
        """Nobody wants it any more; it stays in the list of what was sold."""
        self._move(job, JobAction.CANCEL, done, failed)

    def _move(self, job: int, action: JobAction, done: Callable[[str], None], failed: Failed) -> None:
        def work(store: TillStore) -> str:
            with store.unit() as conn:
                return spool.move_job(conn, job, action).value

        self._writer.submit(work, lambda state: self._went_in(state, done), failed)

    def _went_in(self, answer: str, done: Callable[[str], None]) -> None:
        self._wake.set()
        done(answer)

    # ── its thread ───────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        failures = 0
        while not self._stopping:
            self._wake.clear()
            self._drawer.opened.wait(DRAWER_FIRST_S)
            job = self._ask(_take)
            if job is None:
                failures = 0
                self._wake.wait(BACK_OFF_S[-1])
                continue
            result = self._print(job)
            self._settle(job, result)
            failures = failures + 1 if result.outcome is PrintOutcome.FAILED else 0
            if failures:
                log.warning("the receipt waits", extra={"code": "printer.waiting", "reason": result.reason})
                self._wait_for_a_cure(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])

    def _print(self, job: PrintJob) -> PrintResult:
        """On the first printer that takes it. Another is tried only while nothing of it went out anywhere."""
        first: PrintResult | None = None
        for station in sorted(self._stations, key=_is_down):
            try:
                data = station.render(job)
            except NOT_DRAWN:
                log.exception("a receipt cannot be drawn", extra={"code": UNPRINTABLE, "receipt": job.subject})
                return PrintResult(PrintOutcome.UNKNOWN, UNPRINTABLE)
            result = station.printer.print_job(data)
            if result.outcome is not PrintOutcome.FAILED:
                return result
            first = first or result
        return first or PrintResult(PrintOutcome.FAILED, "printer.none")

    def _settle(self, job: PrintJob, result: PrintResult) -> None:
        """Write down what became of it, before anything else is printed. A disk that is full is tried again.

        When it stays full, the job is UNKNOWN after the next start.
        """
        for tries in range(MAX_SETTLE_TRIES):
            if self._ask(lambda store: _settle(store, job, result)) or self._stopping:
                return
            self._wake.wait(BACK_OFF_S[min(tries, len(BACK_OFF_S) - 1)])
            self._wake.clear()

    def _wait_for_a_cure(self, at_most_s: float) -> None:
        """Until a printer that was in trouble is ready, somebody wants something, or it is time to try anyway."""
        down = [station for station in self._stations if _is_down(station)]
        for _ in range(int(at_most_s / LOOK_S)):
            if self._wake.wait(LOOK_S) or not all(map(_is_down, down)):
                return

    def _ask(self, work: Callable[[TillStore], T]) -> T | None:
        """Have the writer do it and wait for the answer; None when it could not be done, and then it is not done later."""
        answered, turn = Event(), Lock()
        answer: list[T] = []

        def job(store: TillStore) -> None:
            if not turn.acquire(blocking=False):
                return  # nobody waits for it any more
            try:
                answer.append(work(store))
            except CodedError:
                log.exception("the spool could not be read", extra={"code": "spool.failed"})
            finally:
                answered.set()

        self._writer.submit(job, lambda _: None, lambda _: None)
        if not answered.wait(ANSWER_WAIT_S) and not turn.acquire(blocking=False):
            answered.wait(ANSWER_WAIT_S)  # it was begun at the last moment
        return answer[0] if answer else None


class _DrawerHand:
    """Opens the drawer on a thread of its own."""

    def __init__(self, drawer: CashDrawer | None) -> None:
        self.drawer = drawer
        self.opened = Event()
        """Set unless a kick is under way."""
        self.opened.set()
        self._wanted = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="till-drawer", daemon=True)
        self._thread.start()

    def kick(self) -> None:
        self.opened.clear()
        self._wanted.set()

    def close(self) -> None:
        self._stopping = True
        self._wanted.set()
        self._thread.join(DRAWER_FIRST_S)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            if self._stopping:
                break
            drawer = self.drawer
            if drawer and drawer.kick().outcome is not PrintOutcome.CONFIRMED:
                log.warning("the drawer may not have opened", extra={"code": "drawer.not_confirmed"})
            if not self._wanted.is_set():
                self.opened.set()
        self.opened.set()


def _is_down(station: Station) -> bool:
    """One in trouble is tried after the others: nobody waits for a connection that will not come."""
    return station.printer.health.state is not DeviceState.READY


def _take(store: TillStore) -> PrintJob | None:
    job = spool.next_job(store.conn)
    if job is None:
        return None
    with store.unit() as conn:
        spool.move_job(conn, job.job, JobAction.SEND)
    invoice = papers.invoice_by_number(store.conn, job.subject) if job.kind == spool.INVOICE else None
    fact, sold_ms = sales.fact_of(store.history, invoice.receipt if invoice else job.subject) or (b"", 0)
    return msgspec.structs.replace(job, fact=fact, sold_ms=sold_ms, private=invoice.private if invoice else b"")


def _settle(store: TillStore, job: PrintJob, result: PrintResult) -> JobState:
    with store.unit() as conn:
        return spool.move_job(conn, job.job, ACTIONS[result.outcome], result.reason)


def _copy(store: TillStore, receipt_no: str) -> str:
    """Queue a copy, which says that it is one, whatever became of the first."""
    found = spool.job_of(store.conn, receipt_no)
    if found is None:
        raise RuleViolationError("receipt.not_found", receipt=receipt_no)
    document = msgspec.json.encode(replace(msgspec.json.decode(found.document, type=ReceiptData), copy=True))
    with store.unit() as conn:
        spool.put_job(conn, spool.RECEIPT, found.subject, document, store.stamp("").at)
    return found.subject
