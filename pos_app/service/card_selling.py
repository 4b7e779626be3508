"""Selling and loading gift cards: a line without tax or discount whose money becomes the card's in the sale's transaction."""

from collections.abc import Callable

from pos_app.runtime.writer import Failed
from pos_app.service.instruments import Found, Instruments
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.selling import Selling
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource, LineId
from retail_core.domain.quantity import ONE
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import GIFT_CARD_SKU, LineSort, SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.domain.value import InstrumentState, ValueKind

UNTAXED = TaxRate("untaxed", "0 %", 0)
"""Money on a card is taxed when it buys something."""


class CardSelling:
    """All methods run on the screen's thread."""

    def __init__(self, selling: Selling, instruments: Instruments, ids: IdSource) -> None:
        self._selling, self._instruments, self._ids = selling, instruments, ids

    def is_card(self, label: str) -> bool:
        return self._instruments.is_card(label, wanted=False)

    def offer(self, code: str, done: Callable[[Found], None], failed: Failed) -> None:
        """Look a card up that is to be sold or loaded. Fails with `value.*`, `card.not_loadable`, `card.on_sale`."""

        def found(card: Found) -> None:
            try:
                self._check(card)
            except RuleViolationError as refused:
                failed(refused)
            else:
                done(card)

        self._instruments.find(code, found, failed)

    def sell(self, card: Found, amount_minor: int, name: str) -> Outcome:
        """Put the card on the sale with this much on it, under this name; refused with `card.amount` outside the store's bounds."""
        known, rules = card.known, self._instruments.rules

        def put(sale: Sale) -> Outcome:
            self._check(card)
            if not rules.card_min_minor <= amount_minor <= rules.card_max_minor:
                raise RuleViolationError(
                    "card.amount", least_minor=rules.card_min_minor, most_minor=rules.card_max_minor,
                    currency=sale.currency,
                )  # fmt: skip
            line = SaleLine(
                LineId(self._ids.next()), GIFT_CARD_SKU, name, ONE, amount_minor, UNTAXED,
                known.tail, no_discount=True, sort=LineSort.GIFT_CARD, card=known.instrument,
            )  # fmt: skip
            sale.add(line)
            return Outcome(OutcomeKind.ADDED, line.line_id)

        return self._selling.on_sale(put)

    def _check(self, card: Found) -> None:
        known = card.known
        if known.kind is not ValueKind.GIFT_CARD:
            raise RuleViolationError("card.not_loadable", tail=known.tail)
        if known.state is not InstrumentState.INACTIVE:
            self._instruments.check(card)
        elif known.currency != self._selling.currency:
            raise RuleViolationError("value.other_currency", tail=known.tail, currency=known.currency)
        sale = self._selling.sale
        if any(line.card == known.instrument for line in sale or () if not line.voided):
            raise RuleViolationError("card.on_sale", tail=known.tail)
