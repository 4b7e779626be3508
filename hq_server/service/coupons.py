"""Coupons of a single print: signed here, and each used once. A second use is a case; no sale is ever refused for it."""

from collections.abc import Sequence

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import Hq
from hq_server.storage import customers, promotions
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.coupons import SaleCoupon, coupon_name
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.trust.coupons import CouponPrint, issue_coupon

MAX_PRINTS = 1_000
SERIAL_BYTES = 10


def issue(hq: Hq, code: str, prints: int, until_ms: int) -> Sequence[str]:
    """Texts for QR codes, each good for one use of the promotions that name this coupon.

    Raises `coupon.no_promotion` when none in force does.
    """
    rows = hq.database.read(promotions.all_of)
    named = [row.promotion.coupon for row in rows if not row.ended and row.promotion.coupon]
    match = next((known for known in named if coupon_name(known) == coupon_name(code)), None)
    if match is None:
        raise RuleViolationError("coupon.no_promotion", coupon=code[:40])
    return [issue_coupon(hq.key, CouponPrint(match, hq.rand(SERIAL_BYTES).hex(), until_ms)) for _ in range(prints)]


def note_used(hq: Hq, unit: Unit, store: str, sold: Sequence[tuple[SaleCompleted, int]]) -> None:
    """Write the uses of new sales down; one that another sale had before becomes a case."""
    twice: list[ExceptionCase] = []
    for sale, at_ms in sold:
        for coupon in sale.coupons:
            before = customers.use_coupon(unit, store, sale.sale_id, coupon, at_ms) if coupon.serial else None
            if before is not None:
                twice.append(_case(hq, store, sale, coupon, *before))
    open_cases(unit, twice)


def _case(
    hq: Hq, store: str, sale: SaleCompleted, coupon: SaleCoupon, first_store: str, first_sale: str
) -> ExceptionCase:
    """`value_minor` is what the second use took off."""
    rules = {f"promo:{promo_id}" for promo_id in coupon.promos}
    off = sum(-reason.amount_minor for line in sale.lines for reason in line.reasons if reason.rule in rules)
    evidence: dict[str, str | int] = {
        "code": "coupon.used", "coupon": coupon.code, "serial": coupon.serial, "receipt": sale.receipt,
        "first_store": first_store, "first_sale": first_sale,
    }  # fmt: skip
    subject = f"{coupon.code}/{coupon.serial}/{sale.sale_id}"
    return new_case(hq, CaseKind.COUPON_TWICE, store, subject, evidence, value_minor=off)
