"""Coupons of a single print: signed by HQ, so that any till can tell a true one with no network.

The signature says that HQ made it, not that it is unused: that is the till's own book, and HQ's when the sale arrives.
"""

import msgspec

from retail_core.domain.coupons import MAX_CODE_CHARS
from retail_core.domain.errors import RuleViolationError
from retail_core.trust.keys import SIGNATURE_BYTES, SigningKey, b64, unb64, verify

COUPON_PREFIX = "OTC:"
MAX_SERIAL_CHARS = 40
_SIGNED = b"coupon/1\n"


class CouponPrint(msgspec.Struct, frozen=True, array_like=True):
    """What a print says once its signature is checked. `until_ms`: the first moment it is no good; 0 without end."""

    code: str
    serial: str
    until_ms: int = 0


def issue_coupon(key: SigningKey, printed: CouponPrint) -> str:
    """Text for a QR code: `OTC:` and base64url of signature and payload."""
    payload = msgspec.json.encode(printed)
    return COUPON_PREFIX + b64(key.sign(_SIGNED + payload) + payload)


def read_coupon(public_text: str, text: str, now_ms: int) -> CouponPrint:
    """Raises RuleViolationError `coupon.unreadable`, `coupon.forged` or `coupon.expired`."""
    try:
        blob = unb64(text.removeprefix(COUPON_PREFIX))
        found = msgspec.json.decode(blob[SIGNATURE_BYTES:], type=CouponPrint)
    except (ValueError, msgspec.DecodeError) as bad:
        raise RuleViolationError("coupon.unreadable") from bad
    if not found.serial or max(len(found.code), len(found.serial)) > max(MAX_CODE_CHARS, MAX_SERIAL_CHARS):
        raise RuleViolationError("coupon.unreadable")
    if not verify(public_text, _SIGNED + blob[SIGNATURE_BYTES:], blob[:SIGNATURE_BYTES]):
        raise RuleViolationError("coupon.forged")
    if found.until_ms and now_ms >= found.until_ms:
        raise RuleViolationError("coupon.expired")
    return found
