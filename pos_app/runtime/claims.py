"""Claims of this till: the question is a row the agent beside us reads, the answer a row of link.db it writes."""

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from threading import Event
from time import monotonic

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Writer
from pos_app.storage import claims
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.claims import CLAIM_MS, WAIT_MS, ClaimAnswer, ClaimKind, NobodyAnswered, Thing
from retail_core.domain.clock import Clock
from retail_core.domain.ids import IdSource

LOOK_AGAIN_S = 0.01
NOBODY = NobodyAnswered()
Answers = Mapping[Thing, ClaimAnswer]


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
        self.ask_all([(kind, key)], lambda answers: done(answers[kind, key]))

    def ask_all(self, things: Sequence[Thing], done: Callable[[Answers], None]) -> None:
        """The same for several things: written together, and waited for once."""
        asked = {self._ids.next(): thing for thing in things}
        unanswered: Answers = dict.fromkeys(things, NOBODY)
        self._put(asked, CLAIM_MS, lambda: self._wait(asked, done), lambda: done(unanswered))

    def give_back(self, things: Sequence[Thing]) -> None:
        """Any thread. Nobody waits for the answer."""
        self._put({self._ids.next(): thing for thing in things}, 0, _nothing, _nothing)

    def _put(
        self, asked: Mapping[str, Thing], for_ms: int, written: Callable[[], None], failed: Callable[[], None]
    ) -> None:
        def put(store: TillStore) -> None:
            with store.unit() as conn:
                claims.put_asks(conn, asked, for_ms, self._clock.now_ms())

        self._writer.submit(put, lambda _: written(), lambda _: failed())

    def _wait(self, asked: Mapping[str, Thing], done: Callable[[Answers], None]) -> None:
        topic, until = f"claim {next(self._topics)}", monotonic() + WAIT_MS / 1000  # no question overtakes another
        unanswered: Answers = dict.fromkeys(asked.values(), NOBODY)
        self._worker.ask(topic, lambda: self._answers(asked, until), done, lambda _: done(unanswered))

    def _answers(self, asked: Mapping[str, Thing], until: float) -> Answers:
        while True:
            found = self._links.claim_answers(list(asked))
            if len(found) == len(asked) or monotonic() >= until:
                return {thing: found.get(ask_id, NOBODY) for ask_id, thing in asked.items()}
            self._woken.wait(LOOK_AGAIN_S)
            self._woken.clear()


def _nothing() -> None:
    """A claim that could not be given back ends by itself."""
