"""Which taxes goods of a class bear in this store: a class's own rate, or those its jurisdiction puts in its place."""

from typing import Protocol

from retail_core.domain.tax import Rates, TaxRate
from retail_core.durable.settings import SettingsDoc


class StoreFacts(Protocol):
    def settings(self) -> SettingsDoc | None: ...


class RateFacts(Protocol):
    def tax_rate(self, tax_class: str) -> TaxRate:
        """The rate of a class; an unknown one is untaxed."""
        ...


class TaxRates:
    """Asked once for each line that is made; what is on the sale keeps its rates."""

    def __init__(self, catalogue: RateFacts, facts: StoreFacts) -> None:
        self._catalogue, self._facts = catalogue, facts

    def of(self, tax_class: str) -> Rates:
        """The main rate first."""
        settings = self._facts.settings()
        classes = settings.tax.stands_for.get(tax_class) if settings else None
        return tuple(map(self._catalogue.tax_rate, classes or (tax_class,)))
