"""One thread owns till.db's only read-write connection; everybody else asks it.

Work is done in the order it was asked for. An answer comes back through `deliver`, which the screen fills with "post
to the screen's thread". Basket changes are gathered for up to 50 ms and only the newest is written.
"""

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import TypeVar

from pos_app.storage import sales
from pos_app.storage.store import TillStore
from retail_core.domain.errors import CodedError, InvariantError
from retail_core.domain.saledata import SaleData
from retail_core.durable.engine import fault_of, sqlite

log = logging.getLogger(__name__)

GROUP_S = 0.05
STOP_WAIT_S = 10.0
DAMAGED = "db.damaged"
T = TypeVar("T")
Deliver = Callable[[Callable[[], None]], None]
Failed = Callable[[CodedError], None]


class _FlushBasket:
    """A marker: the newest basket is to be written soon."""


_Job = Callable[[TillStore], None] | _FlushBasket | None


class Writer:
    """Start with an open store; `close()` finishes what was asked for and closes it."""

    def __init__(self, store: TillStore, deliver: Deliver, after_commit: Callable[[], None]) -> None:
        """`after_commit` is called on the writer's thread after each durable change (it wakes the agent)."""
        self._store = store
        self._deliver = deliver
        self._after_commit = after_commit
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._basket: list[SaleData | None] = []  # empty, or the one newest basket; replaced whole
        self._thread = Thread(target=self._run, name="till-writer", daemon=True)
        self._thread.start()

    @property
    def deliver(self) -> Deliver:
        """Hands a call to the screen's thread."""
        return self._deliver

    def submit(self, work: Callable[[TillStore], T], done: Callable[[T], None], failed: Failed) -> None:
        """Do `work` on the writer's thread; then `done(result)` or `failed(error)` through `deliver`."""

        def job(store: TillStore) -> None:
            try:
                result = work(store)
            except CodedError as error:
                refused = error
                if refused.code == DAMAGED:
                    store.note_damage()
            except sqlite.Error as error:
                refused = fault_of(error) or InvariantError("db.unexpected", why=str(error)[:200])
                if refused.code == DAMAGED:
                    store.note_damage()
                log.exception("a change of till.db failed", extra={"code": refused.code})
            else:
                self._after_commit()
                self._deliver(lambda: done(result))
                return
            self._deliver(lambda: failed(refused))

        self._jobs.put(job)

    def keep_basket(self, data: SaleData | None) -> None:
        """Write the open basket soon. A power cut loses at most the last 50 ms of an unpaid basket."""
        waiting = bool(self._basket)
        self._basket = [data]
        if not waiting:
            self._jobs.put(_FlushBasket())

    def forget_basket(self) -> None:
        """Drop a basket change that was not written yet: the sale's own transaction will settle it."""
        self._basket = []

    def flush(self) -> None:
        """Wait until everything asked for so far is done."""
        passed = Event()
        self._jobs.put(lambda _: passed.set())
        passed.wait(STOP_WAIT_S)

    def close(self) -> None:
        """Finish and close the file."""
        self._jobs.put(None)
        self._thread.join(STOP_WAIT_S)

    def _run(self) -> None:
        flush_at: float | None = None
        while True:
            wait = None if flush_at is None else max(0.0, flush_at - monotonic())
            try:
                job = self._jobs.get(timeout=wait)
            except Empty:
                self._write_basket()
                flush_at = None
                continue
            if job is None:
                break
            if isinstance(job, _FlushBasket):
                flush_at = flush_at or monotonic() + GROUP_S
            else:
                job(self._store)
        self._write_basket()
        self._store.close()

    def _write_basket(self) -> None:
        waiting, self._basket = self._basket, []
        if not waiting:
            return
        try:
            with self._store.unit() as conn:
                sales.put_basket(conn, waiting[0])
        except (CodedError, sqlite.Error):
            # the basket is still on the screen; the next change tries again and Pay will say what is wrong
            log.exception("the basket could not be kept", extra={"code": "basket.not_kept"})
