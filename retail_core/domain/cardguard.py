"""No number of a payment card is ever kept: it is recognised where it is typed, scanned or swiped, and refused.

One EAN-13 in ten passes the check of card numbers (Luhn), so a check digit alone proves nothing. A card is a run of 13 to
19 figures that begins like a brand's, has one of its lengths and passes Luhn; or the stripe's own framing. Where such a
run is a good GTIN or SSCC as well, the catalogue decides: known goods are sold, and an unknown one waits as any unknown
code does, but only its ends are kept.

Sources: ISO/IEC 7812 (structure, Luhn), ISO/IEC 7813 (tracks); the ranges are those the brands have published.
"""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import msgspec

from retail_core.domain.gtin import check_digit

LEAST_DIGITS, MOST_DIGITS = 13, 19
SHOWN_AHEAD, SHOWN_BEHIND = 2, 2
HIDDEN = "•"
MAX_LOOKED_AT = 4096
_GTIN_OR_SSCC = frozenset({13, 14, 18})
_RUN = re.compile(r"(?<![+\d])\d(?:[ .\-]?\d){12,}")
_TRACK = re.compile(r"%[Bb]\d{12,19}\^|[;+]\d{12,19}[=Dd]\d{4}|(?<!\d)\d{13,19}=\d{4}")
_AIM = re.compile(r"\][A-Za-z]\d")
_SIXTEEN_TO_NINETEEN = frozenset({16, 17, 18, 19})
_BRANDS: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("2200", "2204", _SIXTEEN_TO_NINETEEN),  # Mir
    ("2221", "2720", frozenset({16})),  # Mastercard
    ("300", "305", frozenset({14, 16, 17, 18, 19})),  # Diners
    ("3095", "3095", frozenset({14, 16, 17, 18, 19})),
    ("34", "34", frozenset({15})),  # American Express
    ("3528", "3589", _SIXTEEN_TO_NINETEEN),  # JCB
    ("36", "36", frozenset({14, 16, 17, 18, 19})),
    ("37", "37", frozenset({15})),
    ("38", "39", frozenset({14, 16, 17, 18, 19})),
    ("4", "4", frozenset({13, 16, 18, 19})),  # Visa
    ("5018", "5020", frozenset({13, 14, *_SIXTEEN_TO_NINETEEN})),  # Maestro and Dankort; none of 15, which IMEIs have
    ("5038", "5038", frozenset({13, 14, *_SIXTEEN_TO_NINETEEN})),
    ("506099", "506198", _SIXTEEN_TO_NINETEEN),  # Verve
    ("508", "508", frozenset({16})),  # RuPay
    ("51", "55", frozenset({16})),
    ("56", "58", frozenset({13, 14, *_SIXTEEN_TO_NINETEEN})),
    ("6011", "6011", _SIXTEEN_TO_NINETEEN),  # Discover
    ("606282", "606282", frozenset({16, 19})),  # Hipercard
    ("62", "62", _SIXTEEN_TO_NINETEEN),  # UnionPay
    ("6304", "6304", frozenset({13, 14, *_SIXTEEN_TO_NINETEEN})),
    ("637", "639", frozenset({16})),
    ("644", "649", _SIXTEEN_TO_NINETEEN),
    ("65", "65", _SIXTEEN_TO_NINETEEN),
    ("6759", "6763", frozenset({13, 14, *_SIXTEEN_TO_NINETEEN})),
    ("81", "82", _SIXTEEN_TO_NINETEEN),
    ("9792", "9792", frozenset({16})),  # Troy
)


class CardRules(msgspec.Struct, frozen=True, omit_defaults=True):
    """Beginnings of the retailer's own numbers, of four figures or more, that look like a payment card's and are none."""

    own_prefixes: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=r"^\d{4,12}$")], ...], msgspec.Meta(max_length=40)
    ] = ()


class Look(StrEnum):
    CLEAR = "clear"
    DOUBTFUL = "doubtful"  # a good GTIN or SSCC that could be a card too: the catalogue decides
    CARD = "card"


def look_at(text: str, own: tuple[str, ...] = ()) -> Look:
    """What a text holds. `own` are beginnings of the retailer's own numbers: of gift cards, of loyalty cards."""
    if len(text) < LEAST_DIGITS:
        return Look.CLEAR
    plain = _AIM.sub("", _figures(text[:MAX_LOOKED_AT]), count=1)
    if _TRACK.search(plain):
        return Look.CARD
    found = Look.CLEAR
    for run in _RUN.findall(plain):
        for digits, grouped in _numbers_in(run):
            if not is_card_number(digits) or digits.startswith(own or ("x",)):
                continue
            if grouped or len(digits) not in _GTIN_OR_SSCC or check_digit(digits[:-1]) != digits[-1]:
                return Look.CARD
            found = Look.DOUBTFUL
    return found


def _numbers_in(run: str) -> Iterator[tuple[str, bool]]:
    """Every number that groups of figures side by side make, and whether it is of more than one group."""
    groups = re.split(r"\D", run)
    for first in range(len(groups)):
        digits = ""
        for last in range(first, len(groups)):
            digits += groups[last]
            if len(digits) > MOST_DIGITS:
                break
            if len(digits) >= LEAST_DIGITS:
                yield digits, last > first


def is_card_number(digits: str) -> bool:
    """True for figures that begin like a brand's, have one of its lengths and pass Luhn.

    >>> is_card_number("4111111111111111"), is_card_number("4006381333931")
    (True, False)
    """
    if not LEAST_DIGITS <= len(digits) <= MOST_DIGITS:
        return False
    branded = any(low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in _BRANDS)
    return branded and luhn(digits)


def luhn(digits: str) -> bool:
    """The check of card numbers, IMEIs and many others."""
    doubled = (int(c) * (2 if n % 2 else 1) for n, c in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def masked(text: str) -> str:
    """The ends of a code, for people to tell it by; its middle is not kept.

    >>> masked("36123456789012")
    '36••••••••••12'
    """
    hidden = len(text) - SHOWN_AHEAD - SHOWN_BEHIND
    return text if hidden <= 0 else text[:SHOWN_AHEAD] + HIDDEN * hidden + text[-SHOWN_BEHIND:]


def redacted(text: str) -> str:
    """The text without any card number in it, for logs. Doubtful ones go too."""
    if len(text) < LEAST_DIGITS or look_at(text) is Look.CLEAR:
        return text
    clean = _TRACK.sub(HIDDEN, _figures(text))
    return _RUN.sub(lambda run: HIDDEN if any(is_card_number(one) for one, _ in _numbers_in(run[0])) else run[0], clean)


def _figures(text: str) -> str:
    """Figures of any script as those of ASCII."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
