"""The price of a basket at a moment: one pure function, used by till and HQ alike.

Today a line costs the price its book holds; promotions, members and overrides widen this function without
changing how it is called: a basket and a book go in, priced lines with their reasons come out.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from retail_core.domain.ids import Sku
from retail_core.domain.saleline import PriceReason


class BasketItem(msgspec.Struct, frozen=True):
    """What is to be priced, before it has a price."""

    sku: Sku
    qty_milli: int


class PricedLine(msgspec.Struct, frozen=True):
    """A unit price, the reasons that changed it, and the book it came from."""

    sku: Sku
    unit_minor: int
    reasons: tuple[PriceReason, ...]
    book: str


class PriceBook(Protocol):
    """One version of the prices. A basket keeps the version of its first scan until it is paid."""

    @property
    def version(self) -> str: ...

    def unit_price(self, sku: Sku, at_ms: int) -> int | None:
        """Minor units of one piece or one kilogram at a moment, or None when the book has no price."""
        ...


def price(basket: Sequence[BasketItem], book: PriceBook, at_ms: int) -> tuple[PricedLine | None, ...]:
    """Price every item of a basket; None stands for an item the book has no price for."""
    return tuple(_priced(item, book, at_ms) for item in basket)


def _priced(item: BasketItem, book: PriceBook, at_ms: int) -> PricedLine | None:
    unit_minor = book.unit_price(item.sku, at_ms)
    return None if unit_minor is None else PricedLine(item.sku, unit_minor, (), book.version)
