"""Claims of this till: the question is a row the agent beside us reads, the answer a row of link.db it writes."""

from collections.abc import Callable
from itertools import count
from threading import Event
from time import monotonic

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Writer
from pos_app.storage import claims
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.claims import WAIT_MS, ClaimAnswer, ClaimKind, NobodyAnswered
from retail_core.domain.clock import Clock
from retail_core.domain.ids import IdSource

LOOK_AGAIN_S = 0.01


class StoreClaims:
    """`Claims` for this till. A thread of its own waits for answers, so that neither the screen nor a search does."""

    def __init__(self, writer: Writer, links: Links, clock: Clock, ids: IdSource) -> None:
        """`links` is used on that thread alone, and closed with this."""
        self._writer, self._links = writer, links
        self._worker = Worker("till-claims", writer.deliver)
        self._clock, self._ids = clock, ids
        self._woken = Event()
        self._topics = count()

    def woken(self) -> None:
        """The agent brought something."""
        self._woken.set()

    def close(self) -> None:
        """Nobody waits any more."""
        self._worker.close()
        self._links.close()

    def ask(self, kind: ClaimKind, key: str, done: Callable[[ClaimAnswer], None]) -> None:
        """Any thread; `done` comes on the screen's, within `WAIT_MS` of the question's being written."""
        ask_id = self._ids.next()

        def put(store: TillStore) -> None:
            with store.unit() as conn:
                claims.put_ask(conn, ask_id, kind, key, self._clock.now_ms())

        self._writer.submit(put, lambda _: self._wait(ask_id, done), lambda _: done(NobodyAnswered()))

    def _wait(self, ask_id: str, done: Callable[[ClaimAnswer], None]) -> None:
        topic = f"claim {next(self._topics)}"  # no question overtakes another
        self._worker.ask(topic, lambda: self._answer(ask_id), done, lambda _: done(NobodyAnswered()))

    def _answer(self, ask_id: str) -> ClaimAnswer:
        until = monotonic() + WAIT_MS / 1000
        while True:
            answer = self._links.claim_answer(ask_id)
            if answer is not None:
                return answer
            if monotonic() >= until:
                return NobodyAnswered()
            self._woken.wait(LOOK_AGAIN_S)
            self._woken.clear()
