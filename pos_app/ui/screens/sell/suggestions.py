"""What is often bought too, below the quick keys: taken by Ctrl+Enter or a tap, never by Enter, Tab or a scanner."""

from PySide6.QtCore import QObject, Signal

from pos_app.service.suggesting import Suggested, Suggesting
from pos_app.ui.amounts import format_minor
from pos_app.ui.key_words import key_name_words
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.suggestion_bar import SuggestionView
from pos_app.ui.screens.sell.view import SellView

KEY = "Ctrl+Enter"


class Suggestions(QObject):
    answered = Signal(object)  # Outcome

    def __init__(self, view: SellView, suggesting: Suggesting, side: SidePanel, currency: str) -> None:
        super().__init__()
        self._view, self._suggesting, self._side, self._currency = view, suggesting, side, currency
        view.suggestions.taken.connect(self._take)

    def pressed(self) -> None:
        """Ctrl+Enter: the first one, when it is on the screen."""
        shown = self._suggesting.now()
        if shown and self._side.side is Side.QUICK:  # a panel that wants an answer hides it
            self._take(shown[0].sku)

    def follow(self) -> None:
        """The sale has changed."""
        shown = self._suggesting.now()
        self._view.suggestions.show_state(
            shown[0].goes_with if shown else "", tuple(self._words(one, n) for n, one in enumerate(shown))
        )

    def _take(self, sku: str) -> None:
        self.answered.emit(self._suggesting.take(sku))

    def _words(self, one: Suggested, n: int) -> SuggestionView:
        price = format_minor(one.price_minor, self._currency)
        return SuggestionView(one.sku, one.name, f"{price} · {key_name_words(KEY)}" if n == 0 else price)
