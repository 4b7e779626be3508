"""Coupons of a single print at HQ: signed for a promotion that wants them, counted once, a second use seen by somebody."""

import msgspec
import pytest

from hq_server.service import cases, coupons, ingest, promotions
from hq_server.storage.promotions import PromotionRow
from retail_core.domain.cases import CaseKind
from retail_core.domain.coupons import SaleCoupon
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.promotions.model import PercentOff, Promotion
from retail_core.domain.roles import Role
from retail_core.domain.saleline import PriceReason
from retail_core.trust.coupons import read_coupon
from tests.hq.running import RunningHq
from tests.hq.support import NOON_MS, OTHER_STORE, STORE, Machine, Shop, enrolled, sale

pytestmark = pytest.mark.xdist_group("hq-coupons")
SPRING = Promotion("P-spring", "Spring", PercentOff(100_000), coupon="spring")


def with_coupon(receipt: str, serial: str) -> SaleCompleted:
    sold = sale(receipt, ("LAMP", 1, 4950))
    (line,) = sold.lines
    cut = msgspec.structs.replace(line, unit_minor=5500, reasons=(PriceReason("promo:P-spring", -550, "Spring"),))
    return msgspec.structs.replace(sold, lines=(cut,), coupons=(SaleCoupon("spring", serial, ("P-spring",)),))


def push(shop: Shop, machine: Machine) -> None:
    ingest.take(shop.hq, shop.contacts, machine.node, *machine.batch())


def test_prints_are_signed_for_a_promotion_that_asks_for_them(shop: Shop) -> None:
    promotions.put(shop.hq, [PromotionRow(SPRING)])
    one, other = coupons.issue(shop.hq, "SPRING", 2, NOON_MS + 1)
    read = read_coupon(shop.hq.key.public_text, one, NOON_MS)
    assert (read.code, read.until_ms) == ("spring", NOON_MS + 1)
    assert read.serial != read_coupon(shop.hq.key.public_text, other, NOON_MS).serial
    promotions.put(shop.hq, [PromotionRow(SPRING, ended=True)])
    with pytest.raises(RuleViolationError, match=r"coupon\.no_promotion"):
        coupons.issue(shop.hq, "SPRING", 1, 0)


def test_a_second_use_in_another_store_is_a_case_and_both_sales_stand(shop: Shop) -> None:
    here, there = enrolled(shop.hq, "till-a"), enrolled(shop.hq, "till-b", OTHER_STORE)
    push(shop, here.says(with_coupon("R-1", "s-1"), with_coupon("R-2", "s-2"), with_coupon("R-3", "")))
    push(shop, here)
    push(shop, there.says(with_coupon("R-4", "s-1"), with_coupon("R-5", "")))
    (case,) = [c for c in cases.listed(shop.hq, state=None, store=None, limit=9) if c.kind is CaseKind.COUPON_TWICE]
    assert (case.store, case.value_minor) == (OTHER_STORE, 550)
    assert case.evidence["first_sale"] == "sale-R-1"
    assert (case.evidence["first_store"], case.evidence["receipt"]) == (STORE, "R-4")


def test_over_the_api(running: RunningHq) -> None:
    with running.as_role(Role.HQ_OPERATOR) as office, running.as_role(Role.HQ_VIEWER) as viewer:
        wish = {"coupon": "spring", "prints": 3}
        assert viewer.post("/api/coupons", json=wish).status_code == 403
        assert office.post("/api/coupons", json=wish).json()["code"] == "coupon.no_promotion"
        promotion = {"promo_id": "P-api", "name": "S", "offer": {"type": "percent_off", "ppm": 1}, "coupon": "spring"}
        assert office.put("/api/promotions", json=[{"promotion": promotion}]).status_code == 200
        assert len(office.post("/api/coupons", json=wish).json()["coupons"]) == 3
