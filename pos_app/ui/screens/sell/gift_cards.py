"""A gift card scanned on the sell screen: the panel beside the lines asks how much goes onto it. Scans go on meanwhile."""

from PySide6.QtCore import QObject, Signal

from pos_app.service.card_selling import CardSelling
from pos_app.service.instruments import Found
from pos_app.service.outcome import OutcomeKind
from pos_app.ui.amounts import format_money, parse_cash
from pos_app.ui.screens.pay.carried import name_of
from pos_app.ui.screens.pay.ways import GIFT_CARD
from pos_app.ui.screens.sell.ask_panel import AskView
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.words import ltr, tr
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.value import InstrumentState


class GiftCards(QObject):
    answered = Signal(object)  # Outcome
    refused = Signal(object)  # CodedError

    def __init__(self, selling: CardSelling, side: SidePanel, currency: str) -> None:
        super().__init__()
        self._selling, self._side, self._currency = selling, side, currency
        self._card: Found | None = None
        self._asked = ""

    @property
    def open(self) -> bool:
        return self._side.side is Side.CARD

    def scanned(self, label: str) -> bool:
        """True when it was a gift card: it is looked up, and its amount asked for."""
        if not self._selling.is_card(label):
            return False
        self._selling.offer(label, self._found, self.refused.emit)
        return True

    def entered(self, text: str) -> None:
        """The amount, confirmed with Enter."""
        if self._card is None or not text.strip():
            return
        confirmed, self._asked = self._asked == text, text
        try:
            amount = parse_cash(text, self._currency, confirmed=confirmed)
        except RuleViolationError as bad:
            self.refused.emit(bad)
            return
        outcome = self._selling.sell(self._card, amount, name_of(GIFT_CARD, self._card.known.tail))
        if outcome.kind is not OutcomeKind.REFUSED:
            self._card = None
            self._side.close()
        self.answered.emit(outcome)

    def _found(self, card: Found) -> None:
        self._card, self._asked = card, ""
        known = card.known
        new = known.state is InstrumentState.INACTIVE
        title = tr("Sell a gift card") if new else tr("Load a gift card")
        has = "" if new else tr("{amount} is on it.", amount=format_money(card.left.balance, known.currency)) + " "
        text = has + tr("Type the amount, then Enter.")
        self._side.open_ask(AskView(title, ltr(f"••{known.tail}"), text, tr("Put on the sale · Enter")), Side.CARD)
