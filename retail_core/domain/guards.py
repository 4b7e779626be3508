"""What a person typed that could be a slip: asked once, never refused. What is certainly wrong is refused elsewhere."""

from typing import Annotated

import msgspec

from retail_core.domain.gtin import is_gtin
from retail_core.domain.quantity import ASK_ABOVE_MILLI, amount_minor

MAYBE_A_CODE_DIGITS = 8
ASK_ABOVE_MINOR = 100_000


class LineRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """From which quantity and which amount of one line the till asks again. A store chooses its own."""

    ask_above_milli: Annotated[int, msgspec.Meta(ge=0)] = ASK_ABOVE_MILLI
    ask_above_minor: Annotated[int, msgspec.Meta(ge=0)] = ASK_ABOVE_MINOR


def quantity_doubt(qty_milli: int, unit_minor: int | None, rules: LineRules) -> str:
    """A stable code when a typed quantity should be asked again, or nothing. `unit_minor` None: no price is known yet."""
    if qty_milli > rules.ask_above_milli:
        return "quantity.looks_large"
    if unit_minor is not None and amount_minor(unit_minor, qty_milli) > rules.ask_above_minor:
        return "line.looks_large"
    return ""


def price_doubt(typed: str, unit_minor: int, qty_milli: int, rules: LineRules) -> str:
    """The same for a typed price. Eight digits with a good check digit could be a short bar code."""
    if len(typed) == MAYBE_A_CODE_DIGITS and is_gtin(typed):
        return "amount.looks_like_a_bar_code"
    return quantity_doubt(qty_milli, unit_minor, rules)
