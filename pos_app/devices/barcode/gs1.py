"""GS1 element strings: which fields they hold, and when those are to be believed.

biip's table says which application identifiers there are and what their values look like. Added here: separators must
stand where a field of free length ends (biip would read on), check digits, dates without a look at the clock, which
fields should not stand together (a note, never a refusal: the shop has the goods in its hands), and when a separator
seems to be missing.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier

from pos_app.devices.barcode.separators import GS
from retail_core.domain.gtin import check_digit

Elements = tuple[tuple[str, str], ...]

MAX_CHARS = 512  # the longest symbol a shop meets holds far less
MAX_AI_CHARS = 4
_KNOWN_AIS = 1024
_CHECKED = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "8006": 14,
    "255": 13,
}  # digits of a value that end in a check digit
_DATES = frozenset({"11", "12", "13", "15", "16", "17", "7003", "7006"})
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_LIKE_A_FIELD = r"(?:1[123567]\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])|3[1-6]\d[0-5]\d{6}|39[23]\d\d{3})"
_HIDDEN = re.compile(rf"(?={_LIKE_A_FIELD})")
_HIDDEN_IN_LOT = re.compile(rf"(?={_LIKE_A_FIELD}|21.{{5}})")  # a serial behind a lot has five characters at least
_FREE_LENGTH = frozenset({"10", "21", "22", "30", "37", "235", "240", "241"})
_OF_ITEM = frozenset({"01", "02", "03", "8006", "8026"})
_NEEDS = {  # GS1 General Specifications, section 4.13, as far as a shop meets them
    **dict.fromkeys(("10", "11", "13", "15", "16", "17"), _OF_ITEM),
    "21": frozenset({"01", "03", "8006"}),
    "37": frozenset({"00", "02", "8026"}),
    "02": frozenset({"37"}),
}
_MEASURES = ("30", "31", "32", "35", "36")


class Reading(NamedTuple):
    """The fields in their order, up to where the text makes no sense or a separator is missing."""

    elements: Elements
    whole: bool


class _Field(NamedTuple):
    ai: str
    value: re.Pattern[str]
    free_length: bool


def read_elements(text: str) -> Reading:
    """What an element string holds. Bounded by MAX_CHARS; a longer one holds nothing."""
    body = text.strip(GS)
    if len(body) > MAX_CHARS:
        return Reading((), whole=False)
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(body):
        field = _field(body[at : at + MAX_AI_CHARS])
        match = field.value.match(body, at + len(field.ai)) if field else None
        if field is None or match is None or not _is_sound(field.ai, match.group()):
            return Reading(tuple(found), whole=False)
        found.append((field.ai, match.group()))
        at = match.end()
        if field.free_length and at < len(body) and body[at] != GS:
            return Reading(tuple(found), whole=False)
        while body[at : at + 1] == GS:
            at += 1
    return Reading(tuple(found), whole=bool(found))


def parse_elements(text: str) -> Elements | None:
    """(AI, value) in their order, or None when the text is no element string to its end."""
    reading = read_elements(text)
    return reading.elements if reading.whole else None


def do_not_fit(elements: Elements) -> bool:
    """True when a field stands with one it must not stand with, twice with two values, or without one it needs."""
    present = {ai for ai, _ in elements}
    measured = any(ai.startswith(_MEASURES) for ai in present)
    priced = {ai[:3] for ai in present if ai.startswith(("392", "393"))}
    if (priced and not measured) or len(priced) > 1 or {"01", "02"} <= present:
        return True
    if len(set(elements)) > len(present):
        return True
    return any(ai in present and not present & needs for ai, needs in _NEEDS.items())


def is_doubtful(text: str, elements: Elements) -> bool:
    """True when a separator seems to be missing: a field of free length holds what looks like more fields.

    A scanner that sends separators sends all of them, so one anywhere settles it.
    """
    return GS not in text.strip(GS) and any(
        parse_elements(value[found.start() :])
        for ai, value in elements
        if ai in _FREE_LENGTH
        for found in (_HIDDEN_IN_LOT if ai == "10" else _HIDDEN).finditer(value, 1)
    )


def date_text(yymmdd: str, reference_year: int) -> str:
    """YYYY-MM-DD of a six-digit date; day 00 is the last of its month.

    The century is the one that brings the year within 50 years after and 49 before the reference year (GS1 General
    Specifications, section 7.12).
    """
    year, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6])
    century = reference_year // 100
    apart = year - reference_year % 100
    if apart >= 51:
        century -= 1
    elif apart <= -50:
        century += 1
    full = century * 100 + year
    last = monthrange(full, month)[1]
    return f"{full:04d}-{month:02d}-{min(day or last, last):02d}"


def first(elements: Sequence[tuple[str, str]], ai: str) -> str | None:
    """The value of an application identifier, the first if it is there twice."""
    return next((value for known, value in elements if known == ai), None)


@lru_cache(maxsize=_KNOWN_AIS)
def _field(start: str) -> _Field | None:
    """The field that begins with these characters."""
    try:
        ai = GS1ApplicationIdentifier.extract(start)
    except ParseError:
        return None
    value = ai.pattern.removeprefix("^" + ai.ai).removesuffix("$")
    return _Field(ai.ai, re.compile(value, re.ASCII), ai.separator_required)


def _is_sound(ai: str, value: str) -> bool:
    digits = _CHECKED.get(ai)
    if digits:
        return check_digit(value[: digits - 1]) == value[digits - 1]
    return ai not in _DATES or _is_date(value)


def _is_date(yymmdd: str) -> bool:
    month, day = int(yymmdd[2:4]), int(yymmdd[4:6])
    if not 1 <= month <= 12 or day > _DAYS[month - 1]:
        return False
    return (month, day) != (2, 29) or int(yymmdd[:2]) % 4 == 0
