"""What the price check shows: frozen facts, already in words."""

from dataclasses import dataclass

from pos_app.ui.theme import Tone


@dataclass(frozen=True, slots=True)
class PriceView:
    """`notes` are (words, tone): promotions, dates, recalls."""

    name: str = ""
    detail: str = ""
    price: str = ""
    unit: str = ""
    before: str = ""  # the price without what is taken off now
    notes: tuple[tuple[str, Tone], ...] = ()
    empty: str = ""  # shown while nothing was asked
