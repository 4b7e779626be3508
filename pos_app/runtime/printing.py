"""One thread drains the print spool through the receipt printer; the sale was final before it began.

A job goes QUEUED → SENT → CONFIRMED, or UNKNOWN when bytes went out and nobody said they became paper. Nothing sent
means that another printer of the till may have it; when none can, it waits and is tried again, slower each time.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event, Thread

import msgspec

from pos_app.devices.ports import CashDrawer, PrintOutcome, PrintResult, ReceiptPrinter
from pos_app.receipts.layout import ReceiptData
from pos_app.runtime.writer import Failed, Writer
from pos_app.storage import spool
from pos_app.storage.spool import JobAction, PrintJob
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError, RuleViolationError

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
ANSWER_WAIT_S = 10.0
ACTIONS: Mapping[PrintOutcome, JobAction] = {
    PrintOutcome.CONFIRMED: JobAction.CONFIRM,
    PrintOutcome.UNKNOWN: JobAction.DOUBT,
    PrintOutcome.FAILED: JobAction.RETURN,
}


UNPRINTABLE = "receipt.unprintable"


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
        self._drawer = drawer
        self._kick = False
        self._wake = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="till-printing", daemon=True)
        self._thread.start()

    def sale_paid(self, *, kick: bool) -> None:
        """Print what is queued; with `kick` the drawer opens first, before any paper moves."""
        self._kick = self._kick or kick
        self._wake.set()

    def use(self, stations: Sequence[Station], drawer: CashDrawer | None) -> None:
        """Go on with these: a printer or drawer was put in or taken out."""
        self._stations, self._drawer = tuple(stations), drawer
        self._wake.set()

    def close(self) -> None:
        self._stopping = True
        self._wake.set()
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
            self._open_drawer()
            job = self._ask(_take)
            if job is None:
                failures = 0
                self._wake.wait(BACK_OFF_S[-1])
                self._wake.clear()
                continue
            result = self._print(job)
            self._ask(lambda store, job=job, result=result: _settle(store, job, result))
            failures = failures + 1 if result.outcome is PrintOutcome.FAILED else 0
            if failures:
                log.warning("the receipt waits", extra={"code": "printer.waiting", "reason": result.reason})
                self._wake.clear()
                self._wake.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])

    def _print(self, job: PrintJob) -> PrintResult:
        """On the first printer that takes it. Another is tried only while nothing of it went out anywhere."""
        first: PrintResult | None = None
        for station in self._stations:
            try:
                data = station.render(job)
            except (ValueError, OSError, msgspec.MsgspecError):
                log.exception("a receipt cannot be drawn", extra={"code": UNPRINTABLE, "receipt": job.subject})
                return PrintResult(PrintOutcome.UNKNOWN, UNPRINTABLE)
            result = station.printer.print_job(data)
            if result.outcome is not PrintOutcome.FAILED:
                return result
            first = first or result
        return first or PrintResult(PrintOutcome.FAILED, "printer.none")

    def _open_drawer(self) -> None:
        if self._kick and self._drawer:
            self._kick = False
            if self._drawer.kick().outcome is not PrintOutcome.CONFIRMED:
                log.warning("the drawer may not have opened", extra={"code": "drawer.not_confirmed"})

    def _ask(self, work: Callable[[TillStore], "PrintJob | None"]) -> "PrintJob | None":
        """Have the writer do it and wait for the answer; None when it could not be done."""
        answered = Event()
        answer: list[PrintJob | None] = [None]

        def job(store: TillStore) -> None:
            try:
                answer[0] = work(store)
            except CodedError:
                log.exception("the spool could not be read", extra={"code": "spool.failed"})
            finally:
                answered.set()

        self._writer.submit(job, lambda _: None, lambda _: None)
        answered.wait(ANSWER_WAIT_S)
        return answer[0]


def _take(store: TillStore) -> PrintJob | None:
    job = spool.next_job(store.conn)
    if job is None:
        return None
    with store.unit() as conn:
        spool.move_job(conn, job.job, JobAction.SEND)
    return job


def _settle(store: TillStore, job: PrintJob, result: PrintResult) -> None:
    with store.unit() as conn:
        spool.move_job(conn, job.job, ACTIONS[result.outcome], result.reason)


def _copy(store: TillStore, receipt_no: str) -> str:
    """Queue a copy, which says that it is one, whatever became of the first."""
    found = spool.job_of(store.conn, receipt_no)
    if found is None:
        raise RuleViolationError("receipt.not_found", receipt=receipt_no)
    document = msgspec.json.encode(replace(msgspec.json.decode(found.document, type=ReceiptData), copy=True))
    with store.unit() as conn:
        spool.put_job(conn, spool.RECEIPT, found.subject, document, store.stamp("").at)
    return found.subject
