"""Coupons of a single print: only HQ's own are taken."""

import msgspec
import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.trust.coupons import CouponPrint, issue_coupon, read_coupon
from retail_core.trust.keys import SigningKey, b64, unb64

HQ = SigningKey.new()
PRINT = CouponPrint("SPRING", "s-1", 1_000)


def why(text: str, now_ms: int = 0) -> str:
    with pytest.raises(RuleViolationError) as refused:
        read_coupon(HQ.public_text, text, now_ms)
    return refused.value.code


def test_a_true_print_is_read_until_its_last_moment() -> None:
    text = issue_coupon(HQ, PRINT)
    assert read_coupon(HQ.public_text, text, 999) == PRINT
    assert why(text, 1_000) == "coupon.expired"
    assert read_coupon(HQ.public_text, issue_coupon(HQ, CouponPrint("A", "1")), 1 << 50).until_ms == 0


def test_what_anybody_else_made_is_refused() -> None:
    assert why(issue_coupon(SigningKey.new(), PRINT)) == "coupon.forged"
    blob = unb64(issue_coupon(HQ, PRINT).removeprefix("OTC:"))
    other = blob[:64] + msgspec.json.encode(CouponPrint("SPRING", "s-2", 1_000))
    assert why("OTC:" + b64(other)) == "coupon.forged"


def test_rubbish_is_no_coupon() -> None:
    for text in ("OTC:", "OTC:*", "OTC:" + b64(bytes(80)), issue_coupon(HQ, CouponPrint("A", ""))):
        assert why(text) == "coupon.unreadable"
    assert why(issue_coupon(HQ, CouponPrint("A", "x" * 75))) == "coupon.unreadable"
