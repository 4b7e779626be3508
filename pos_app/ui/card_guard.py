"""Numbers of payment cards at the window: refused on every line for typing and from every scanner, before anything sees them."""

from PySide6.QtCore import QObject

from pos_app.service.no_cards import CARD_REFUSED, NoCards
from pos_app.ui.notices import Notice
from pos_app.ui.shell import Shell
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.words import words_for


class CardGuard(QObject):
    """Watches the lines there are when it is made."""

    def __init__(self, shell: Shell, no_cards: NoCards) -> None:
        super().__init__()
        self._shell, self._no_cards = shell, no_cards

    def watch(self) -> None:
        """Look after every line for typing that is in the window by now."""
        for line in self._shell.findChildren(EntryLine):
            line.refuses = self._no_cards.refuses
            line.card_typed.connect(self._say)

    def refused(self, label: str) -> bool:
        """True for a scan or a swipe that holds a card's number; it goes nowhere."""
        if not self._no_cards.refuses(label):
            return False
        self._say()
        return True

    def _say(self) -> None:
        self._shell.notify(Notice(words_for(CARD_REFUSED), Tone.ERROR))
