"""Lines of the open receipt: what was bought, what of it is left, and how many come back now."""

from collections.abc import Iterable

from pos_app.ui.screens.returns.state import ReturnLineView
from pos_app.ui.theme import Weight, font, tokens
from pos_app.ui.widgets.rows import Piece

TICK_WIDTH, AMOUNT_WIDTH, EDGE = 84, 112, 15


def return_row(shown: object, width: int, _chosen: bool) -> Iterable[Piece]:
    """Item with what is left of it; how many come back; for how much."""
    assert isinstance(shown, ReturnLineView)
    theme = tokens()
    ink = theme.muted if shown.gone else theme.ink
    strong = Weight.SEMI if shown.ticked else Weight.REGULAR
    name_width = width - TICK_WIDTH - AMOUNT_WIDTH - 2 * EDGE
    amount_x = width - EDGE - AMOUNT_WIDTH
    many = font(20, Weight.BOLD)
    yield Piece(shown.name, EDGE, 8, name_width, font(17, strong), ink)
    yield Piece(shown.detail, EDGE, 30, name_width, font(14), theme.muted)
    yield Piece(shown.ticked, amount_x - TICK_WIDTH, 16, TICK_WIDTH, many, theme.accent, at_end=True)
    yield Piece(shown.amount, amount_x, 17, AMOUNT_WIDTH, font(17, strong), ink, at_end=True)
