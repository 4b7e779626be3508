"""GS1 element strings: what biip reads in them, and when it is to be believed.

biip knows the application identifiers and their formats. Added here: which fields should not stand together (a note,
never a refusal: the shop has the goods in its hands), and when a missing separator makes the fields doubtful.
"""

import re
from calendar import monthrange
from collections.abc import Sequence

from biip import ParseConfig, ParseError
from biip.gs1_messages import GS1Message

GS = "\x1d"
KEYS = ("00", "01", "02", "8006", "8026")  # what an element string without an AIM id may begin with
Elements = tuple[tuple[str, str], ...]

_CONFIG = ParseConfig(gs1_element_strings_verify_date=True)
_HIDDEN = re.compile(r"(?:11|12|13|15|16|17)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|3[1-6]\d[0-5]\d{6}")
_OF_ITEM = frozenset({"01", "02", "03", "8006", "8026"})
_NEEDS = {  # GS1 General Specifications, section 4.13, as far as a shop meets them
    **dict.fromkeys(("10", "11", "13", "15", "16", "17"), _OF_ITEM),
    "21": frozenset({"01", "03", "8006"}),
    "37": frozenset({"00", "02", "8026"}),
    "02": frozenset({"37"}),
}
_MEASURES = ("30", "31", "32", "35", "36")


def parse_elements(text: str) -> Elements | None:
    """(AI, value) in their order, or None when the text is no element string to the end."""
    body = text.strip(GS)
    if not body:
        return None
    try:
        message = GS1Message.parse(body, config=_CONFIG)
    except (ParseError, ValueError):
        return None
    return tuple((element.ai.ai, element.value) for element in message.element_strings)


def do_not_fit(elements: Elements) -> bool:
    """True when a field stands with one it must not stand with, or without one it needs."""
    present = {ai for ai, _ in elements}
    measured = any(ai.startswith(_MEASURES) for ai in present)
    priced = {ai[:3] for ai in present if ai.startswith(("392", "393"))}
    if (priced and not measured) or len(priced) > 1 or {"01", "02"} <= present:
        return True
    return any(ai in present and not present & needs for ai, needs in _NEEDS.items())


def is_doubtful(text: str, elements: Elements) -> bool:
    """True when a separator seems to be missing: a field of free length holds what looks like more fields.

    A scanner that sends separators sends all of them, so one anywhere settles it.
    """
    return GS not in text.strip(GS) and any(
        any(parse_elements(value[found.start() :]) for found in _HIDDEN.finditer(value, 1))
        for ai, value in elements
        if ai in {"10", "21", "22", "240", "241", "30", "37"}
    )


def date_text(yymmdd: str, reference_year: int) -> str:
    """YYYY-MM-DD of a six-digit date; day 00 is the last of its month.

    The century is the one that brings the year within 49 years after and 50 before the reference year (GS1 General
    Specifications, section 7.12).
    """
    year, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    century = reference_year // 100
    apart = year - reference_year % 100
    if apart >= 51:
        century -= 1
    elif apart <= -50:
        century += 1
    full = century * 100 + year
    return f"{full:04d}-{month:02d}-{day or monthrange(full, month)[1]:02d}"


def first(elements: Sequence[tuple[str, str]], ai: str) -> str | None:
    """The value of an application identifier, the first if it is there twice."""
    return next((value for known, value in elements if known == ai), None)
