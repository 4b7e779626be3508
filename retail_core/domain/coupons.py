"""Coupons: what a code names, and the codes on a sale. What one is worth is a promotion with the same name.

A code of many prints (UPC-A, GS1, or a word) is named by itself. One of a single print is signed by HQ and has a serial
of its own (`retail_core.trust.coupons`); it can be used once.
"""

from collections.abc import Iterable, Set

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.gtin import KEY_LENGTH

MAX_COUPONS = 20  # on one sale
MAX_CODE_CHARS = 74  # the longest GS1 coupon


class SaleCoupon(msgspec.Struct, frozen=True, omit_defaults=True):
    """A code on a sale and the promotions it opens. `serial` is empty for a code that anybody may print."""

    code: str
    serial: str = ""
    promos: tuple[str, ...] = ()


def coupon_name(text: str) -> str:
    """One name for every way of writing a code: UPC-A and EAN-13 of one number are the same, and so are cases.

    >>> coupon_name("512345678900") == coupon_name("0512345678900"), coupon_name(" save10 ")
    (True, 'SAVE10')
    """
    code = text.strip().upper()[:MAX_CODE_CHARS]
    return code.zfill(KEY_LENGTH) if code.isascii() and code.isdigit() and len(code) <= KEY_LENGTH else code


def used(coupons: Iterable[SaleCoupon], promos: Set[str]) -> tuple[SaleCoupon, ...]:
    """The codes behind what was taken off by these promotions; the others stay with the customer."""
    return tuple(coupon for coupon in coupons if not promos.isdisjoint(coupon.promos))


def with_coupon(coupons: tuple[SaleCoupon, ...], coupon: SaleCoupon) -> tuple[SaleCoupon, ...]:
    """One code more. Raises `coupon.on_sale` for one that is there, `coupon.too_many`."""
    if any(known.code == coupon.code for known in coupons):
        raise RuleViolationError("coupon.on_sale", coupon=coupon.code)
    if len(coupons) >= MAX_COUPONS:
        raise RuleViolationError("coupon.too_many", limit=MAX_COUPONS)
    return (*coupons, coupon)
