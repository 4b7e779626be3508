"""Coupons, by their numbers alone: nothing here says what one is worth."""

COUPON_AIS = frozenset({"255", "8110", "8111", "8112"})  # GCN; North American coupon, its points, its offer file
# as 13 digits: UPC-A number system 5; GS1's prefixes of common currency coupons and of coupons
PREFIXES_13 = ("05", "981", "982", "983", "984", "99")
OFFER_DIGITS = 6
MAX_PREFIX_VLI = 6  # 6 to 12 digits of company prefix
FIELDS_AFTER_OFFER = 2  # save value, purchase requirement: a length digit each
PURCHASE_DIGITS = 4  # requirement code and family code
MAX_SERIAL_VLI = 9  # 6 to 15 digits
MAX_DIGITS = 74


def is_coupon_number(number: str) -> bool:
    """True for 13 digits that are a coupon's."""
    return number.startswith(PREFIXES_13)


def is_coupon_data(text: str) -> bool:
    """True for digits that are a DataBar coupon (AI 8110 or 8112) by their inner lengths, AIM id or not.

    Source: North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols.

    >>> is_coupon_data("81101061414165432132501101203140131"), is_coupon_data("8110000000000")
    (True, False)
    """
    if len(text) > MAX_DIGITS or not text.isascii() or not text.isdigit():
        return False
    if text.startswith("8110"):
        return _is_offer(text[4:])
    return text.startswith("8112") and _is_offer_file(text[4:])


def _is_offer(data: str) -> bool:
    at = _after_offer_code(data)
    for _ in range(FIELDS_AFTER_OFFER):
        if at is None or not "1" <= data[at : at + 1] <= "5":
            return False
        at += 1 + int(data[at])
    return at is not None and len(data) >= at + PURCHASE_DIGITS


def _is_offer_file(data: str) -> bool:
    at = _after_offer_code(data[1:])
    if data[:1] not in ("0", "1") or at is None or len(data) <= at + 1:
        return False
    serial_digits = int(data[at + 1]) + 6
    return len(data) == at + 2 + serial_digits


def _after_offer_code(data: str) -> int | None:
    """Where the fields after company prefix and offer code begin."""
    if not data or int(data[0]) > MAX_PREFIX_VLI:
        return None
    return 1 + 6 + int(data[0]) + OFFER_DIGITS
