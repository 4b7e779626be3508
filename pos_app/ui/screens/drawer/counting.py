"""The pieces that were typed so far, denomination by denomination."""

from pos_app.ui.screens.drawer.state import PieceRow
from retail_core.domain.drawer import Denominations, Pieces
from retail_core.domain.money import exponent, format_minor, format_money

MAX_FIGURES = 4


class PieceCounts:
    """`at` is the denomination that figures go to; notes come first, the largest on top."""

    def __init__(self, values: Denominations) -> None:
        self._notes = len(values.notes)
        self._values = (*values.notes, *values.coins)
        self._typed = [""] * len(self._values)
        self.at = 0

    @property
    def at_end(self) -> bool:
        return self.at == len(self._values) - 1

    @property
    def pieces(self) -> tuple[Pieces, ...]:
        return tuple(Pieces(value, int(typed or "0")) for value, typed in zip(self._values, self._typed, strict=True))

    @property
    def total_minor(self) -> int:
        return sum(piece.value_minor * piece.count for piece in self.pieces)

    def clear(self) -> None:
        self._typed = [""] * len(self._values)
        self.at = 0

    def type_figure(self, figure: str) -> None:
        if figure.isdigit() and len(self._typed[self.at]) < MAX_FIGURES:
            self._typed[self.at] = str(int(self._typed[self.at] + figure))

    def erase(self) -> None:
        self._typed[self.at] = self._typed[self.at][:-1]

    def step(self, by: int) -> None:
        self.at = max(0, min(len(self._values) - 1, self.at + by))

    def rows(self, currency: str) -> tuple[PieceRow, ...]:
        unit = 10 ** exponent(currency)
        return tuple(
            PieceRow(
                at,
                _value(piece.value_minor, currency, unit),
                self._typed[at],
                format_minor(piece.value_minor * piece.count, currency) if piece.count else "",
                at < self._notes,
            )
            for at, piece in enumerate(self.pieces)
        )


def _value(minor: int, currency: str, unit: int) -> str:
    """ "€ 20", and "€ 0.20" for a coin below one."""
    whole = format_money(minor, currency)
    return whole.rpartition(".")[0] if unit > 1 and minor % unit == 0 else whole
