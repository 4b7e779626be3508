"""Figures on the entry line that could be a slip of the finger: asked about once, taken when Enter is pressed again."""

from PySide6.QtCore import QObject, Signal

from pos_app.service.doubts import Doubt
from pos_app.service.selling import Selling
from pos_app.ui.amounts import parse_cash
from pos_app.ui.screens.pay.presenter import EXACT
from retail_core.domain.errors import RuleViolationError


class Slips(QObject):
    """Remembers what was asked about; any other text begins anew."""

    doubted = Signal(object)  # the CodedError that says what is odd about it

    def __init__(self, selling: Selling) -> None:
        super().__init__()
        self._selling = selling
        self._asked = ""

    def must_ask(self, text: str) -> bool:
        """A quantity or a price that is to be confirmed first; the question has been put."""
        doubt = self._doubt(text)
        if doubt is None or self._asked == text:
            self._asked = ""
            return False
        self._asked = text
        self.doubted.emit(RuleViolationError(doubt.code, **doubt.facts))
        return True

    def odd(self, text: str) -> bool:
        """Whether it would be asked about; nothing is asked."""
        return self._doubt(text) is not None

    def cash(self, text: str) -> int | None:
        """Cash typed before a key of paying, EXACT for none; None when it must be confirmed or is no amount."""
        if not text:
            return EXACT
        try:
            return parse_cash(text, self._selling.currency, confirmed=self._asked == text)
        except RuleViolationError as refused:
            self._asked = text
            self.doubted.emit(refused)
            return None

    def _doubt(self, text: str) -> Doubt | None:
        try:
            return self._selling.doubt(text)
        except RuleViolationError:
            return None  # entering it will say what is wrong
