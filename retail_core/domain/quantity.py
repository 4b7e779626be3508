"""Quantities in thousandths: 1 piece = 1000, 0.532 kg = 532. No float ever holds a quantity."""

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.money import div_half_up

ONE = 1000
MAX_QUANTITY_MILLI = 999_999 * ONE
ASK_ABOVE_MILLI = 99 * ONE  # ui.md: more than 99 of a thing is asked once


def amount_minor(unit_minor: int, qty_milli: int) -> int:
    """Price × quantity, rounded half up once.

    >>> amount_minor(199, 532)
    106
    """
    return unit_minor if qty_milli == ONE else div_half_up(unit_minor * qty_milli, ONE)


def parse_quantity(text: str) -> int:
    """Thousandths of a typed quantity: "3" → 3000, "0,532" → 532.

    Raises RuleViolationError `quantity.not_a_number`, `quantity.too_fine`, `quantity.zero` or `quantity.too_large`.
    """
    whole, _, part = text.strip().replace(",", ".").partition(".")
    digits = whole + part
    if not digits or not digits.isascii() or not digits.isdigit():
        raise RuleViolationError("quantity.not_a_number", text=text[:40])
    if len(part) > 3:
        raise RuleViolationError("quantity.too_fine", text=text[:40])
    if len(whole) > 6:
        raise RuleViolationError("quantity.too_large", text=text[:40])
    milli = int(whole or "0") * ONE + int((part or "0").ljust(3, "0"))
    if milli == 0:
        raise RuleViolationError("quantity.zero")
    return milli


def format_quantity(milli: int) -> str:
    """ "3" for whole pieces, "0.532" otherwise."""
    sign = "−" if milli < 0 else ""
    whole, part = divmod(abs(milli), ONE)
    return f"{sign}{whole}" if part == 0 else f"{sign}{whole}.{part:03d}".rstrip("0")
