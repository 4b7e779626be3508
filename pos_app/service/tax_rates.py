"""Which taxes goods of a class bear in this store today: a class's own rate, or those its jurisdiction puts in its place.

A rate holds for calendar days of the store's zone, whenever its trading day ends: laws begin at midnight. Tax falls due with the
payment, so a basket bears the rates of the day it is paid, not of its first scan as its prices do (`OpenSale.recheck`): begun before
midnight and paid after, it would else be a receipt of the new day with a rate that is no longer law. The change costs the customer
nothing where prices include tax. It also leaves one rate of a class on all goods of a sale, which is how returns and papers of that
sale find it again. Once anything was taken for it, it stays as it is: that payment was of the old day, and what is still scanned
goes by the rates the others bear.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import Rates, TaxRate
from retail_core.durable.settings import SettingsDoc


class StoreFacts(Protocol):
    def settings(self) -> SettingsDoc | None: ...


class RateFacts(Protocol):
    def tax_rate(self, tax_class: str, day: str) -> TaxRate:
        """The rate of a class on a calendar day YYYY-MM-DD; an unknown one is untaxed."""
        ...


class TaxRates:
    """Asked once for each line that is made. `today`: the store's calendar day YYYY-MM-DD."""

    def __init__(self, catalogue: RateFacts, facts: StoreFacts, today: Callable[[], str]) -> None:
        self._catalogue, self._facts, self.today = catalogue, facts, today
        self.held: Callable[[], Mapping[str, TaxRate]] = dict  # rates, by class, that the open sale keeps

    def of(self, tax_class: str) -> Rates:
        """The main rate first."""
        settings = self._facts.settings()
        classes = settings.tax.classes_of(tax_class) if settings else (tax_class,)
        held, day = self.held(), self.today()
        return tuple(held.get(one) or self._catalogue.tax_rate(one, day) for one in classes)

    def now(self, line: SaleLine) -> SaleLine:
        """The line with the rates of today for its classes; itself when they are those it has. Goods that come back keep the
        rates they were sold at."""
        if line.back or line.voided or not line.tax.tax_class:
            return line
        day = self.today()
        tax, *more = (self._catalogue.tax_rate(rate.tax_class, day) for rate in line.taxes)
        if (tax, *more) == line.taxes:
            return line
        return msgspec.structs.replace(line, tax=tax, more_taxes=tuple(more))
