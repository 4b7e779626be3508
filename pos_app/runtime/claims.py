"""Claims of this till: the question is a row the agent beside us reads, the answer a row of link.db it writes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from threading import Event
from time import monotonic

from pos_app.runtime.worker import Worker
from pos_app.runtime.writer import Writer
from pos_app.storage import claims
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.claims import CLAIM_MS, WAIT_MS, ClaimAnswer, ClaimKind, Granted, NobodyAnswered, Refused, Thing
from retail_core.domain.clock import Clock
from retail_core.domain.ids import IdSource
from retail_core.domain.saledata import MAX_LINES
from retail_core.durable.unit_answers import UnitAnswer

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
        self._ask(_Question({self._ids.next(): (kind, key)}, {}), lambda answers: done(answers[kind, key]))

    def ask_all(self, things: Sequence[Thing], done: Callable[[Answers], None]) -> None:
        """The same for several things: written together, and waited for once."""
        self._ask(self._question(things), done)

    def give_back(self, things: Sequence[Thing]) -> None:
        """Any thread. Nobody waits for the answer."""
        self._put(self._question(things), 0, _nothing, _nothing)

    def _question(self, things: Sequence[Thing]) -> "_Question":
        """Units may be hundreds: as many as a sale has lines go as one."""
        singly = {self._ids.next(): thing for thing in things if thing[0] is not ClaimKind.RFID_UNIT}
        units = [key for kind, key in things if kind is ClaimKind.RFID_UNIT]
        parts = [tuple(units[at : at + MAX_LINES]) for at in range(0, len(units), MAX_LINES)]
        return _Question(singly, {self._ids.next(): part for part in parts})

    def _ask(self, question: "_Question", done: Callable[[Answers], None]) -> None:
        self._put(question, CLAIM_MS, lambda: self._wait(question, done), lambda: done(question.answered({}, {})))

    def _put(self, question: "_Question", for_ms: int, written: Callable[[], None], failed: Callable[[], None]) -> None:
        def put(store: TillStore) -> None:
            now_ms = self._clock.now_ms()
            with store.unit() as conn:
                claims.put_asks(conn, question.singly, for_ms, now_ms)
                for units_id, units in question.units.items():
                    claims.put_unit_ask(conn, units_id, units, for_ms, now_ms)

        self._writer.submit(put, lambda _: written(), lambda _: failed())

    def _wait(self, question: "_Question", done: Callable[[Answers], None]) -> None:
        topic, until = f"claim {next(self._topics)}", monotonic() + WAIT_MS / 1000  # no question overtakes another
        nobody = question.answered({}, {})
        self._worker.ask(topic, lambda: self._answers(question, until), done, lambda _: done(nobody))

    def _answers(self, question: "_Question", until: float) -> Answers:
        singly: Mapping[str, ClaimAnswer] = {}
        units: dict[str, UnitAnswer] = {}
        while True:
            if len(singly) < len(question.singly):
                singly = self._links.claim_answers(list(question.singly))
            for units_id in question.units.keys() - units.keys():
                if said := self._links.unit_answer(units_id):
                    units[units_id] = said
            whole = len(singly) == len(question.singly) and len(units) == len(question.units)
            if whole or monotonic() >= until:
                return question.answered(singly, units)
            self._woken.wait(LOOK_AGAIN_S)
            self._woken.clear()


@dataclass(frozen=True, slots=True)
class _Question:
    """Things asked for one by one, and units asked for together."""

    singly: Mapping[str, Thing]
    units: Mapping[str, tuple[str, ...]]

    def answered(self, singly: Mapping[str, ClaimAnswer], units: Mapping[str, UnitAnswer]) -> Answers:
        """What is known by now of everything that was asked."""
        answers = {thing: singly.get(ask_id, NOBODY) for ask_id, thing in self.singly.items()}
        for units_id, keys in self.units.items():
            said = units.get(units_id)
            reply = said.reply if said else None
            taken = {one.epc: Refused(one.holder, one.receipt) for one in reply.taken} if reply else {}
            others: ClaimAnswer = Granted(said.until_ms) if said and reply else NOBODY
            answers |= {(ClaimKind.RFID_UNIT, key): taken.get(key, others) for key in keys}
        return answers


def _nothing() -> None:
    """A claim that could not be given back ends by itself."""
