"""Amounts of money on the screen: shown in their own direction in every language, and typed ones, with the guard that
no scan can ever become money.
"""

from pos_app.ui.words import ltr, ntr
from retail_core.domain import money
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import is_gtin
from retail_core.domain.money import parse_amount

SURELY_A_CODE = frozenset({12, 13, 14})
MAYBE_A_CODE = 8


def format_minor(minor: int, currency: str) -> str:
    """ "16.70", its minus before it in right-to-left sentences too."""
    return ltr(money.format_minor(minor, currency))


def format_money(minor: int, currency: str) -> str:
    """ "€ 16.70", sign and figures in this order in every language."""
    return ltr(money.format_money(minor, currency))


def points_words(points: int) -> str:
    """ "1,240 points"."""
    return ntr("{points} point", "{points} points", points, points=ltr(f"{points:,}"))


def parse_cash(text: str, currency: str, *, confirmed: bool = False) -> int:
    """Minor units of a typed amount.

    Raises `amount.is_a_bar_code` for 12 to 14 digits with a valid check digit, `amount.looks_like_a_bar_code` once
    for 8 (pass `confirmed` the second time), and what `parse_amount` raises.
    """
    digits = text.strip()
    if is_gtin(digits):
        if len(digits) in SURELY_A_CODE:
            raise RuleViolationError("amount.is_a_bar_code", text=digits)
        if len(digits) == MAYBE_A_CODE and not confirmed:
            raise RuleViolationError("amount.looks_like_a_bar_code", text=digits)
    return parse_amount(digits, currency)
