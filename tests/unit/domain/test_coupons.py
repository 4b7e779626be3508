"""Coupons on a sale: one name for each way of writing a code, and which of them were used."""

import pytest

from retail_core.domain.coupons import MAX_COUPONS, SaleCoupon, coupon_name, used, with_coupon
from retail_core.domain.customers import Customer, SaleCustomer
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId, OperatorId, SaleId
from retail_core.domain.sale import Sale


def test_a_number_has_one_name_however_it_was_read() -> None:
    assert coupon_name("512345678900") == coupon_name("0512345678900") == coupon_name("00512345678900")
    assert coupon_name(" save10 ") == "SAVE10"
    long = "8110106141416543213500110000310123196000"
    assert coupon_name(long) == long


def test_a_code_is_on_a_sale_once_and_there_is_a_bound() -> None:
    first = with_coupon((), SaleCoupon("A"))
    with pytest.raises(RuleViolationError, match=r"coupon\.on_sale"):
        with_coupon(first, SaleCoupon("A", "other print"))
    many = tuple(SaleCoupon(str(n)) for n in range(MAX_COUPONS))
    with pytest.raises(RuleViolationError, match=r"coupon\.too_many"):
        with_coupon(many, SaleCoupon("one more"))


def test_used_is_what_took_something_off() -> None:
    codes = SaleCoupon("A", promos=("P-1", "P-2")), SaleCoupon("B", promos=("P-3",))
    assert used(codes, {"P-2"}) == codes[:1]
    assert used(codes, set()) == ()


def test_who_buys_and_their_coupons_rest_with_the_sale() -> None:
    sale = Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("o"), currency="EUR", at_ms=1)
    assert sale.bare
    assert sale
    jordan = Customer(CustomerId("c-1"), "Jordan", tier="gold")
    sale.attach(jordan.on_sale)
    sale.add_coupon(SaleCoupon("A"))
    assert not sale.bare
    again = Sale(sale.data())
    assert (again.customer, again.coupons) == (SaleCustomer(CustomerId("c-1"), "gold"), (SaleCoupon("A"),))
    again.drop_coupon("A")
    again.attach(None)
    assert again.bare
    assert Customer(CustomerId("c-2"), "Ana").on_sale.tier == "member"
