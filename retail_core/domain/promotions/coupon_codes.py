"""What a coupon's code opens: the promotions of that name, if one of them holds at the moment it is shown."""

from collections.abc import Iterable, Iterator

from retail_core.domain.coupons import SaleCoupon, coupon_name
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.promotions.model import Promotion


def named_by(promotions: Iterable[Promotion], code: str) -> Iterator[Promotion]:
    """Those that a code names, however it is written."""
    name = coupon_name(code)
    return (one for one in promotions if one.coupon and coupon_name(one.coupon) == name)


def coupon_of(promotions: Iterable[Promotion], code: str, serial: str, now_ms: int) -> tuple[SaleCoupon, Promotion]:
    """The coupon as a sale carries it, and the promotion it is shown as.

    Raises RuleViolationError `coupon.unknown`, `coupon.not_yet` or `coupon.expired`.
    """
    found = list(named_by(promotions, code))
    if not found:
        raise RuleViolationError("coupon.unknown")
    for promotion in found:
        when = promotion.validity
        if when.from_ms <= now_ms and (not when.until_ms or now_ms < when.until_ms):
            opens = tuple(one.promo_id for one in found if one.coupon == promotion.coupon)
            return SaleCoupon(promotion.coupon, serial, opens), promotion
    early = all(now_ms < promotion.validity.from_ms for promotion in found)
    raise RuleViolationError("coupon.not_yet" if early else "coupon.expired")
