"""The grammar of the one entry line (ui.md): `3*`, `*3`, `+`, `-`, `1.49d11`, a code, a name. Pure: text in, meaning out."""

import re
from enum import StrEnum

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import is_gtin
from retail_core.domain.quantity import parse_quantity

MAX_ENTRY_CHARS = 80
_MULTIPLIER = re.compile(r"\s*\d[\d.,]*\*\s*")
_OPEN_PRICE = re.compile(r"(-?[\d.,]*)[dD](-?\d*)")


class EntryKind(StrEnum):
    NOTHING = "nothing"
    MULTIPLY_NEXT = "multiply_next"  # 3*
    SET_QUANTITY = "set_quantity"  # *3, for the selected line
    ONE_MORE = "one_more"
    ONE_LESS = "one_less"
    CODE = "code"
    OPEN_PRICE = "open_price"  # 1.49d11, perhaps with 3* in front
    SEARCH = "search"
    COMMAND = "command"


class Entry(msgspec.Struct, frozen=True):
    """`qty_milli` is the multiplier of `3*code` too; `text` is the code, the words to search or the typed price."""

    kind: EntryKind
    text: str = ""
    qty_milli: int = 0
    department: str = ""  # as typed; empty while it is still missing


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
            _open_price(rest.strip(), qty_milli) or Entry(EntryKind.CODE, rest.strip(), qty_milli)
            if rest.strip()
            else Entry(EntryKind.MULTIPLY_NEXT, qty_milli=qty_milli)
        )
    if text.startswith("/"):
        return Entry(EntryKind.COMMAND, text[1:])
    if priced := _open_price(text):
        return priced
    if text.startswith("?") or (any(c.isalpha() for c in text) and not _looks_like_code(text)):
        return Entry(EntryKind.SEARCH, text.removeprefix("?").strip())
    return Entry(EntryKind.CODE, text)


def is_multiplier(typed: str) -> bool:
    """True for `3*` alone: what comes next is meant three times, with no Enter between."""
    return _MULTIPLIER.fullmatch(typed) is not None


def _quantity(text: str) -> int:
    digits = text.strip()
    if len(digits) >= 12 and is_gtin(digits):
        raise RuleViolationError("quantity.is_a_bar_code", text=digits)
    return parse_quantity(digits)


def _open_price(text: str, qty_milli: int = 0) -> Entry | None:
    found = _OPEN_PRICE.fullmatch(text)
    if found is None or not any(c.isdigit() for c in text):
        return None
    return Entry(EntryKind.OPEN_PRICE, found[1], qty_milli, found[2])


def _looks_like_code(text: str) -> bool:
    """Letters with digits and no spaces, such as SKU0519501, or one of our own codes."""
    return text.startswith(("OTR:", "OTP:", "OTB:", "OTS:", "OTL:", "OTC:")) or (
        " " not in text and any(c.isdigit() for c in text) and text[0].isalnum() and len(text) >= 6
    )
