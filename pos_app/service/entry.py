"""The grammar of the one entry line (ui.md): `3*`, `*3`, `+`, `-`, a code, a name. Pure: text in, meaning out."""

from enum import StrEnum

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import is_gtin
from retail_core.domain.quantity import parse_quantity

MAX_ENTRY_CHARS = 80


class EntryKind(StrEnum):
    NOTHING = "nothing"
    MULTIPLY_NEXT = "multiply_next"  # 3*
    SET_QUANTITY = "set_quantity"  # *3, for the selected line
    ONE_MORE = "one_more"
    ONE_LESS = "one_less"
    CODE = "code"
    SEARCH = "search"
    COMMAND = "command"


class Entry(msgspec.Struct, frozen=True):
    """`qty_milli` is the multiplier of `3*code` too; `text` is the code or the words to search."""

    kind: EntryKind
    text: str = ""
    qty_milli: int = 0


def parse_entry(typed: str) -> Entry:
    """What a cashier meant. Raises RuleViolationError `quantity.*`.

    A number with 12 to 14 digits and a valid check digit is a bar code and never a quantity.
    """
    text = typed.strip()[:MAX_ENTRY_CHARS]
    if not text:
        return Entry(EntryKind.NOTHING)
    if text in {"+", "-"}:
        return Entry(EntryKind.ONE_MORE if text == "+" else EntryKind.ONE_LESS)
    if text.startswith("*"):
        return Entry(EntryKind.SET_QUANTITY, qty_milli=_quantity(text[1:]))
    first, star, rest = text.partition("*")
    if star:
        qty_milli = _quantity(first)
        return (
            Entry(EntryKind.CODE, rest.strip(), qty_milli)
            if rest.strip()
            else Entry(EntryKind.MULTIPLY_NEXT, qty_milli=qty_milli)
        )
    if text.startswith("/"):
        return Entry(EntryKind.COMMAND, text[1:])
    if text.startswith("?") or (any(c.isalpha() for c in text) and not _looks_like_code(text)):
        return Entry(EntryKind.SEARCH, text.removeprefix("?").strip())
    return Entry(EntryKind.CODE, text)


def _quantity(text: str) -> int:
    digits = text.strip()
    if len(digits) >= 12 and is_gtin(digits):
        raise RuleViolationError("quantity.is_a_bar_code", text=digits)
    return parse_quantity(digits)


def _looks_like_code(text: str) -> bool:
    """Letters with digits and no spaces, such as SKU0519501, or one of our own codes."""
    return text.startswith(("OTR:", "OTP:", "OTB:", "OTS:")) or (
        " " not in text and any(c.isdigit() for c in text) and text[0].isalnum() and len(text) >= 6
    )
