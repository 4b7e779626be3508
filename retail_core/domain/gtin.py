"""Trade item numbers: check digits and the one 14-digit key under which every bar code is looked up.

Source: GS1 General Specifications, section 7.9 (check digit) and 7.10 (UPC-E expansion).
"""

from retail_core.domain.ids import Gtin

GTIN_LENGTHS = frozenset({8, 12, 13, 14})
KEY_LENGTH = 14


def check_digit(body: str) -> str:
    """Check digit for the digits before it, weights 3 and 1 from the right.

    >>> check_digit("400638133393")
    '1'
    """
    weighted = 3 * sum(map(int, body[::-2])) + sum(map(int, body[-2::-2]))
    return str(-weighted % 10)


def is_gtin(text: str) -> bool:
    """True for 8, 12, 13 or 14 digits whose last one is the right check digit."""
    return len(text) in GTIN_LENGTHS and text.isascii() and text.isdigit() and check_digit(text[:-1]) == text[-1]


def gtin_key(text: str) -> Gtin:
    """The 14-digit key of a valid GTIN of any length. Raises ValueError for anything else."""
    if not is_gtin(text):
        raise ValueError("not a GTIN")
    return Gtin(text.zfill(KEY_LENGTH))


def expand_upc_e(text: str) -> str | None:
    """The 12-digit UPC-A behind an 8-digit UPC-E with number system 0 or 1, or None if it is not one."""
    if len(text) != 8 or not text.isdigit() or text[0] not in "01":
        return None
    system, body, check = text[0], text[1:7], text[7]
    last = body[5]
    if last in "012":
        middle = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        middle = body[:3] + "00000" + body[3:5]
    elif last == "4":
        middle = body[:4] + "00000" + body[4]
    else:
        middle = body[:5] + "0000" + last
    upc_a = system + middle + check
    return upc_a if is_gtin(upc_a) else None


def display_gtin(key: str) -> str:
    """The number as people know it: without the zeros that only pad it to 14 digits."""
    short = key.lstrip("0")
    for length in (8, 12, 13):
        if len(short) <= length:
            return short.zfill(length)
    return key
