"""Receipts of other tills and stores: the question is a row the agent beside us reads, the answer a row of link.db."""

from collections.abc import Callable
from itertools import count
from threading import Event
from time import monotonic

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Writer
from pos_app.storage.readers import Links
from pos_app.storage.receipt_asks import put_receipt_ask
from pos_app.storage.store import TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.ids import IdSource
from retail_core.domain.receipts import FoundReceipt

WAIT_S = 5.0
"""Head office is asked last, over the internet; the cashier goes on with other things meanwhile."""
LOOK_AGAIN_S = 0.02
AGENT_SILENT_MS = 10_000


class ReceiptsElsewhere:
    """A thread of its own waits for answers, so that neither the screen nor a search does."""

    def __init__(self, writer: Writer, links: Links, clock: Clock, ids: IdSource) -> None:
        """`links` is used on that thread alone, and closed with this."""
        self._writer, self._links = writer, links
        self._worker = Worker("till-receipts", writer.deliver)
        self._clock, self._ids = clock, ids
        self._woken, self._closing = Event(), Event()
        self._topics = count()

    def woken(self) -> None:
        """The agent brought something."""
        self._woken.set()

    def close(self) -> None:
        """Nobody waits any more."""
        self._closing.set()
        self._woken.set()
        self._worker.close()
        self._links.close()

    def ask(self, receipt: str, done: Callable[[FoundReceipt | None], None]) -> None:
        """`done` comes on the screen's thread within WAIT_S: None when nobody who could be asked has it."""
        ask_id = self._ids.next()

        def put(store: TillStore) -> None:
            with store.unit() as conn:
                put_receipt_ask(conn, ask_id, receipt, self._clock.now_ms())

        self._writer.submit(put, lambda _: self._wait(ask_id, done), lambda _: done(None))

    def _wait(self, ask_id: str, done: Callable[[FoundReceipt | None], None]) -> None:
        topic = f"receipt {next(self._topics)}"  # no question overtakes another
        self._worker.ask(topic, lambda: self._answer(ask_id), done, lambda _: done(None))

    def _answer(self, ask_id: str) -> FoundReceipt | None:
        if self._clock.now_ms() - self._links.status().at_ms > AGENT_SILENT_MS:
            return None  # nobody is there to carry the question
        until = monotonic() + WAIT_S
        while monotonic() < until and not self._closing.is_set():
            answer = self._links.receipt_answer(ask_id)
            if answer is not None:
                return answer.found
            self._woken.wait(LOOK_AGAIN_S)
            self._woken.clear()
        return None
