"""One thread drains the print spool through the receipt printer; the sale was final before it began.

A job goes QUEUED → SENT → CONFIRMED, or UNKNOWN when bytes went out and nobody said they became paper. Nothing sent
means it waits and is tried again, slower each time.
"""

import logging
from collections.abc import Callable, Mapping
from threading import Event, Thread

from pos_app.devices.ports import CashDrawer, PrintOutcome, PrintResult, ReceiptPrinter
from pos_app.runtime.writer import Writer
from pos_app.storage import spool
from pos_app.storage.spool import JobAction, PrintJob
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError

log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
ANSWER_WAIT_S = 10.0
ACTIONS: Mapping[PrintOutcome, JobAction] = {
    PrintOutcome.CONFIRMED: JobAction.CONFIRM,
    PrintOutcome.UNKNOWN: JobAction.DOUBT,
    PrintOutcome.FAILED: JobAction.RETURN,
}


class Printing:
    """Owns its thread; `sale_paid()` after each sale."""

    def __init__(
        self,
        writer: Writer,
        printer: ReceiptPrinter,
        drawer: CashDrawer | None,
        render: Callable[[PrintJob], bytes],
    ) -> None:
        self._writer = writer
        self._printer = printer
        self._drawer = drawer
        self._render = render
        self._kick = False
        self._wake = Event()
        self._stopping = False
        self._thread = Thread(target=self._run, name="till-printing", daemon=True)
        self._thread.start()

    def sale_paid(self, *, kick: bool) -> None:
        """Print what is queued; with `kick` the drawer opens first, before any paper moves."""
        self._kick = self._kick or kick
        self._wake.set()

    def close(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(ANSWER_WAIT_S)

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
            result = self._printer.print_job(self._render(job))
            self._ask(lambda store, job=job, result=result: _settle(store, job, result))
            failures = failures + 1 if result.outcome is PrintOutcome.FAILED else 0
            if failures:
                log.warning("the receipt waits", extra={"code": "printer.waiting", "reason": result.reason})
                self._wake.clear()
                self._wake.wait(BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1])

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
    if job is None or job.tries >= spool.MAX_TRIES:
        return None
    with store.unit() as conn:
        spool.move_job(conn, job.job, JobAction.SEND)
    return job


def _settle(store: TillStore, job: PrintJob, result: PrintResult) -> None:
    with store.unit() as conn:
        spool.move_job(conn, job.job, ACTIONS[result.outcome], result.reason)
