"""What the bar code of a label says: item numbers, GS1 element strings, web addresses of items, names of shelves.

Fields are checked before they become a symbol: a label with a wrong number is found when somebody stands at a till.
Sources: GS1 General Specifications, sections 3 (fields) and 7.11 (characters); GS1 Digital Link URI syntax.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import check_digit, display_gtin, gtin_key, is_gtin

GS = "\x1d"
SHELF_PREFIX = "OTS:"  # what the pickup screen knows a shelf's label by
MAX_SHELF_CHARS = 20
MAX_ELEMENT_CHARS = 120
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
PATH_QUALIFIERS = ("22", "10", "21")  # stand behind the item number, in this order; other fields go into the query

BAD_NUMBER = "label.bad_number"
BAD_FIELD = "label.bad_field"
NO_ITEM = "label.no_item_field"
BAD_DOMAIN = "label.bad_domain"
BAD_SHELF = "label.bad_shelf"

Elements = Sequence[tuple[str, str]]

_TEXT = r"[!-\"%-'*-?A-Z_a-z]{1,20}"  # set 82 of GS1 without brackets: people read them as those of the identifiers
_DATE = r"\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])"
_FIELDS: tuple[tuple[str, str, bool], ...] = (  # identifier, value, whether a separator must follow it
    (r"00", r"\d{18}", False),
    (r"0[12]", r"\d{14}", False),
    (r"10|21|22", _TEXT, True),
    (r"1[12356]|17", _DATE, False),
    (r"30|37", r"\d{1,8}", True),
    (r"31[0-6][0-5]", r"\d{6}", False),
    (r"39[02][0-5]", r"\d{1,15}", True),
    (r"39[13][0-5]", r"\d{4,18}", True),
)
_DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,100}[a-z0-9])?(?::\d{1,5})?(?:/[A-Za-z0-9._~-]{1,40}){0,3}")
_SHELF = re.compile(r"[A-Z0-9][A-Z0-9 ./_-]{0,19}")


class Kind(StrEnum):
    """Symbologies; values are our own names."""

    EAN13 = "ean13"
    EAN8 = "ean8"
    UPC_A = "upc_a"
    CODE128 = "code128"
    GS1_128 = "gs1_128"
    GS1_DATAMATRIX = "gs1_datamatrix"
    QR = "qr"

    @property
    def is_matrix(self) -> bool:
        """A square of modules rather than bars."""
        return self in {Kind.GS1_DATAMATRIX, Kind.QR}

    @property
    def is_retail(self) -> bool:
        """One of the bar codes whose figures stand below it in a way of their own."""
        return self in {Kind.EAN13, Kind.EAN8, Kind.UPC_A}


@dataclass(frozen=True)
class Code:
    """`data` is what a reader answers, GS between fields where one is needed; `text` is what people read."""

    kind: Kind
    data: str
    text: str


def item_code(number: str) -> Code:
    """EAN-13, EAN-8 or UPC-A of a GTIN of any length; one of 14 figures needs GS1-128.

    Raises RuleViolationError `label.bad_number`.
    """
    if not is_gtin(number):
        raise RuleViolationError(BAD_NUMBER, number=number[:40])
    shown = display_gtin(gtin_key(number))
    kinds = {8: Kind.EAN8, 12: Kind.UPC_A, 13: Kind.EAN13}
    if len(shown) not in kinds:
        return gs1_128((("01", shown),))
    return Code(kinds[len(shown)], shown, shown)


def gs1_128(elements: Elements) -> Code:
    """A GS1-128. Raises RuleViolationError `label.bad_field`."""
    return Code(Kind.GS1_128, element_string(elements), readable(elements))


def gs1_datamatrix(elements: Elements) -> Code:
    """A GS1 DataMatrix. Raises RuleViolationError `label.bad_field`."""
    return Code(Kind.GS1_DATAMATRIX, element_string(elements), readable(elements))


def digital_link(elements: Elements, domain: str) -> Code:
    """A QR code with the item's web address: `https://DOMAIN/01/…`, fields in the path and the query.

    `domain` may end in a few folders, without a slash at its end. Raises RuleViolationError `label.bad_field`,
    `label.no_item_field`, `label.bad_domain`.
    """
    if not _DOMAIN.fullmatch(domain):
        raise RuleViolationError(BAD_DOMAIN, domain=domain[:100])
    element_string(elements)
    fields = dict(elements)
    if "01" not in fields:
        raise RuleViolationError(NO_ITEM)
    path = [f"{ai}/{_escaped(fields[ai])}" for ai in ("01", *PATH_QUALIFIERS) if ai in fields]
    query = [f"{ai}={_escaped(value)}" for ai, value in elements if ai not in {"01", *PATH_QUALIFIERS}]
    uri = f"https://{domain}/{'/'.join(path)}" + ("?" + "&".join(query) if query else "")
    return Code(Kind.QR, uri, readable(elements))


def shelf_code(shelf: str, *, square: bool = False) -> Code:
    """The label of a staging shelf, as the pickup screen reads it. Raises RuleViolationError `label.bad_shelf`."""
    name = shelf.strip().upper()
    if not _SHELF.fullmatch(name) or is_gtin(name):
        raise RuleViolationError(BAD_SHELF, shelf=shelf[:40])
    return Code(Kind.QR if square else Kind.CODE128, SHELF_PREFIX + name, name)


def element_string(elements: Elements) -> str:
    """The fields as they stand in a symbol, those of fixed length first so that fewer separators are needed.

    Raises RuleViolationError `label.bad_field` with the field.
    """
    made = "".join(ai + value + (GS if _needs_separator(ai, value) else "") for ai, value in _ordered(elements))
    if len(made) > MAX_ELEMENT_CHARS:
        raise RuleViolationError(BAD_FIELD, ai="", value=made[:40])
    return made.removesuffix(GS)


def readable(elements: Elements) -> str:
    """The fields for people, in the symbol's order: "(01)04006381333931(10)AB1"."""
    return "".join(f"({ai}){value}" for ai, value in _ordered(elements))


def _ordered(elements: Elements) -> list[tuple[str, str]]:
    if not elements or len({ai for ai, _ in elements}) < len(elements):
        raise RuleViolationError(BAD_FIELD, ai="", value="")
    return sorted(elements, key=lambda field: _needs_separator(*field))


def _needs_separator(ai: str, value: str) -> bool:
    for name, pattern, separated in _FIELDS:
        if re.fullmatch(name, ai, re.ASCII) and re.fullmatch(pattern, value, re.ASCII):
            if ai in {"00", "01", "02"} and check_digit(value[:-1]) != value[-1]:
                break
            return separated
    raise RuleViolationError(BAD_FIELD, ai=ai[:8], value=value[:40])


def _escaped(value: str) -> str:
    return "".join(char if char in UNRESERVED else f"%{ord(char):02X}" for char in value)
