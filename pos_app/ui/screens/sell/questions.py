"""Open questions on the sell screen: which one stands beside the lines, and what an answer does."""

from PySide6.QtCore import QObject, Signal

from pos_app.service.asking import Asking, Question
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.ui.screens.sell.ask_panel import AskView
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.state import field_words
from pos_app.ui.words import date_words, tr
from retail_core.domain.ids import LineId
from retail_core.domain.tagged import UnitTaken


class Questions(QObject):
    """Asks one after the other. Scans go on meanwhile; Esc puts the question off until Pay."""

    answered = Signal(object)  # Outcome

    def __init__(self, asking: Asking, side: SidePanel) -> None:
        super().__init__()
        self._asking, self._side = asking, side
        self._open: Question | None = None

    @property
    def open(self) -> bool:
        return self._side.side is Side.ASK

    def ask(self, line_id: LineId | None = None) -> bool:
        """Show what is open, of this line first; False when nothing is."""
        asked = self._asking.next(line_id)
        if asked is None:
            if self.open:
                self._side.close()
            return False
        self._open = asked
        self._side.open_ask(_words_of(asked))
        return True

    @property
    def wants_text(self) -> bool:
        """True while what is typed is the answer; a unit that another till has is answered by a key."""
        return self.open and not (self._open and self._open.taken)

    def entered(self, text: str) -> None:
        """A date of birth or a value, confirmed with Enter; Enter alone answers nothing."""
        asked = self._open
        if asked is None or not text.strip():
            return
        done = self._asking.birth_date(text) if asked.age else self._asking.fill(asked.line_id, asked.field, text)
        self._after(done)

    def scanned(self, label: str) -> bool:
        """True when a scan was the answer to a field; anything that is goods is sold instead."""
        asked = self._open
        if not self.open or asked is None or asked.age or asked.taken:
            return False
        done = self._asking.fill_by_scan(asked.line_id, asked.field, label)
        if done is None:
            return False
        self._after(done)
        return True

    def yes(self, typed: str) -> None:
        """The key that says yes: of age by the look of it, to be sold all the same, or what is typed for a field."""
        if self._open and self._open.taken:
            self._after(self._asking.sell_all_the_same(self._open.line_id))
        elif self._open and self._open.age:
            self._after(self._asking.looks_of_age())
        else:
            self.entered(typed)

    def no(self) -> None:
        if self._open and self._open.taken:
            self._after(self._asking.take_off(self._open.line_id))
        elif self._open and self._open.age:
            self._after(self._asking.not_of_age())

    def _after(self, done: Outcome) -> None:
        if done.kind is not OutcomeKind.REFUSED:
            self.ask(self._open.line_id if self._open else None)
        self.answered.emit(done)


def _words_of(asked: Question) -> AskView:
    if asked.age:
        return _age_words(asked)
    return _taken_words(asked, asked.taken) if asked.taken else _field_words(asked)


def _taken_words(asked: Question, taken: UnitTaken) -> AskView:
    sold = tr(
        "{by} sold the unit with this tag or number on receipt {receipt}. Is it another one, or did it come back?",
        by=taken.till, receipt=taken.receipt,
    )  # fmt: skip
    there = tr("{by} is selling the unit with this tag or number at this moment. Is it another one?", by=taken.till)
    return AskView(
        tr("Sold elsewhere?"), asked.name, sold if taken.receipt else there,
        tr("Sell it all the same · {key_of_age}"), tr("Take it off the sale"), typed=False,
    )  # fmt: skip


def _age_words(asked: Question) -> AskView:
    return AskView(
        tr("Age check"),
        asked.name,
        tr("Born on or before {date}? Type the date of birth, then Enter.", date=date_words(asked.born_by)),
        tr("Looks over {age} · {key_of_age}", age=asked.age),
        tr("Not of age · take it off"),
    )


def _field_words(asked: Question) -> AskView:
    word = field_words(asked.field)
    return AskView(word, asked.name, tr("Scan or type: {field}", field=word.lower()), tr("Set · Enter"))
