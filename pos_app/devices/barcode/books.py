"""Books and periodicals: ISBN and ISSN as people write them, and the 2 or 5 digits beside their bar codes."""

import re

from pos_app.devices.barcode.aim import EAN_13, EAN_WITH_ADDON
from retail_core.domain.gtin import check_digit, is_gtin

PREFIXES = ("977", "978", "979")  # GS1's prefixes of periodicals and books
SSCC_DIGITS = 18
EAN_13_DIGITS = 13
_ISBN_10 = re.compile(r"[0-9]{9}[0-9X]")
_ISSN = re.compile(r"[0-9]{4}-[0-9]{3}[0-9X]")
_NAME = re.compile(r"IS[BS]N(?:-1[03])?:? ?")
_ADDON = re.compile(r"([0-9]{12,13})[ -]?([0-9]{2}|[0-9]{5})")
MAX_WRITTEN_CHARS = 30


def number_of(written: str) -> str | None:
    """The 13 digits of an ISBN or ISSN in any of its spellings, or None.

    >>> number_of("0-8044-2957-X"), number_of("ISBN 978-3-16-148410-0"), number_of("1144-875X")
    ('9780804429573', '9783161484100', '9771144875007')
    """
    if len(written) > MAX_WRITTEN_CHARS:
        return None
    written = _NAME.sub("", written.upper(), count=1)
    if _ISSN.fullmatch(written):
        digits = written.replace("-", "")
        return _with_check("977" + digits[:7] + "00") if _mod_11(digits) else None
    digits = written.replace("-", "").replace(" ", "")
    if _ISBN_10.fullmatch(digits):
        return _with_check("978" + digits[:9]) if _mod_11(digits) else None
    return digits if len(digits) == EAN_13_DIGITS and digits.startswith(PREFIXES) and is_gtin(digits) else None


def split_addon(text: str, aim_id: str | None) -> tuple[str, str] | None:
    """Number and add-on of a label that holds both, or None.

    Without an AIM id 14 digits are an item number first, and 18 a parcel's unless a periodical's number begins them.
    Some scanners send both under the AIM id of an EAN-13; a bar code of another family holds no add-on.
    """
    found = _ADDON.fullmatch(text) if aim_id in (None, EAN_13, EAN_WITH_ADDON) else None
    if found is None or not is_gtin(found.group(1)):
        return None
    number, addon = found.groups()
    if aim_id == EAN_13 and len(number) < EAN_13_DIGITS:
        return None
    if aim_id or number.startswith(PREFIXES):
        return number, addon
    parcel = len(text) == SSCC_DIGITS and check_digit(text[:-1]) == text[-1]
    return None if parcel else (number, addon)


def _mod_11(digits: str) -> bool:
    """The check of ISBN-10 and ISSN: weights 10 (or 8) down to 1, X is ten."""
    total = sum(weight * int(digit) for weight, digit in zip(range(len(digits), 1, -1), digits, strict=False))
    return (total + (10 if digits[-1] == "X" else int(digits[-1]))) % 11 == 0


def _with_check(body: str) -> str:
    return body + check_digit(body)
