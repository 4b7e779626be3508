"""Coupons at the till: printed by many or once, explained on the lines, refused in plain words, used once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos_app.service.outcome import Outcome, OutcomeKind
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import SaleCompleted
from retail_core.domain.ids import Sku
from retail_core.domain.promotions.model import AmountOff, BasketAmount, Goods, PercentOff, Promotion, Validity
from retail_core.trust.coupons import CouponPrint, issue_coupon
from retail_core.trust.keys import SigningKey
from retail_core.wire.events import decode_event
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop, row
from tests.till.test_customers import facts

MILK, COFFEE = ITEMS[0], ITEMS[3]
UPC = "512345678900"
NOW = ManualClock().wall_ms
ON_COFFEE = Goods(skus=(Sku(COFFEE.sku),))
PROMOTIONS = (
    Promotion("P-upc", "Coffee coupon", AmountOff(50), ON_COFFEE, coupon=f"0{UPC}"),
    Promotion("P-word", "SAVE10", PercentOff(100_000), ON_COFFEE, coupon="save10"),
    Promotion("P-once", "2.00 off", BasketAmount(200, from_minor=500), Goods(everything=True), coupon="SPRING"),
    Promotion("P-old", "Too late", PercentOff(1_000), validity=Validity(until_ms=NOW - 1), coupon="OLD99999"),
    Promotion("P-new", "Too early", PercentOff(1_000), validity=Validity(from_ms=NOW + 60_000), coupon="NEW99999"),
)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "T1")
    made.put_rows(*(row("promotion", one.promo_id, one) for one in PROMOTIONS))
    return made


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop, ManualClock()) as opened:
        yield opened.sign_in()


def single(shop: Shop, serial: str = "s-1", until_ms: int = 0, key: SigningKey | None = None) -> str:
    return issue_coupon(key or shop.hq_key, CouponPrint("SPRING", serial, until_ms))


def scan(at: AtTill, code: str) -> Outcome:
    return at.till.selling.scan(code)


def sold(at: AtTill) -> SaleCompleted:
    entry = facts(at)[-1]
    event = decode_event(entry.type, entry.v, entry.body)
    assert isinstance(event, SaleCompleted)
    return event


@pytest.mark.parametrize("written", [UPC, f"0{UPC}", f"00{UPC}"])
def test_a_coupon_of_the_trade_cuts_its_goods_and_says_why(at: AtTill, written: str) -> None:
    at.scan(COFFEE.code)
    outcome = scan(at, written)
    assert (outcome.kind, outcome.code, outcome.facts) == (
        OutcomeKind.CHANGED,
        "coupon.taken",
        {"name": "Coffee coupon"},
    )
    assert outcome.marked == (at.sale.lines[0].line_id,)
    assert [(r.text, r.amount_minor) for r in at.sale.lines[0].reasons] == [("Coffee coupon", -50)]
    assert [(c.name, c.off_minor) for c in at.till.shopping.coupons()] == [("Coffee coupon", 50)]
    assert scan(at, written).code == "coupon.on_sale"


def test_a_word_may_be_typed(at: AtTill) -> None:
    at.scan(COFFEE.code)
    assert at.till.selling.enter("SAVE10").code == "coupon.taken"
    assert at.sale.lines[0].amount_minor == 539


def test_a_coupon_that_fits_nothing_yet_waits_and_is_kept_by_the_customer(at: AtTill) -> None:
    assert scan(at, UPC).code == "coupon.waits"  # the first act of the sale
    at.scan(MILK.code)
    assert [c.off_minor for c in at.till.shopping.coupons()] == [0]
    at.pay_cash(119)
    assert sold(at).coupons == ()
    at.scan(COFFEE.code, UPC)
    at.pay_cash(1000)
    assert [(c.code, c.serial) for c in sold(at).coupons] == [(f"0{UPC}", "")]


def test_taking_it_off_puts_the_price_back(at: AtTill) -> None:
    at.scan(COFFEE.code, UPC)
    assert at.till.shopping.drop_coupon(f"0{UPC}").code == "coupon.taken_off"
    assert at.sale.lines[0].amount_minor == COFFEE.price_minor
    assert at.till.shopping.coupons() == ()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("599999999995", "coupon.unknown"),
        ("OLD99999", "coupon.expired"),
        ("NEW99999", "coupon.not_yet"),
        ("OTC:rubbish", "coupon.unreadable"),
        ("OTC:" + "A" * 120, "coupon.unreadable"),
    ],
)
def test_what_cannot_be_taken_says_why_and_changes_nothing(at: AtTill, code: str, why: str) -> None:
    at.scan(COFFEE.code)
    assert scan(at, code).code == why
    assert at.sale.coupons == ()
    assert at.sale.totals.due_minor == COFFEE.price_minor


def test_a_print_of_somebody_else_or_past_its_day_is_refused(at: AtTill, shop: Shop) -> None:
    assert scan(at, single(shop, key=SigningKey.new())).code == "coupon.forged"
    assert scan(at, single(shop, until_ms=NOW)).code == "coupon.expired"
    assert at.till.selling.sale is None


def test_a_single_print_is_used_once_also_after_a_restart(shop: Shop) -> None:
    with at_till(shop, ManualClock()) as at:
        at.sign_in().scan(COFFEE.code, single(shop))
        assert at.pay_cash(399).total_minor == 399
        assert [(c.code, c.serial, c.promos) for c in sold(at).coupons] == [("SPRING", "s-1", ("P-once",))]
    with at_till(shop, ManualClock()) as at:
        told: list[CodedError] = []
        at.till.shopping.refused = told.append
        at.sign_in().scan(COFFEE.code, single(shop))
        at.hand.until(lambda: told)
        assert (told[0].code, at.sale.coupons, at.sale.totals.due_minor) == ("coupon.used", (), COFFEE.price_minor)
        at.scan(single(shop, "s-2"))
        assert at.pay_cash(399).total_minor == 399


def test_a_used_print_that_slipped_in_cannot_be_written(at: AtTill, shop: Shop) -> None:
    at.scan(COFFEE.code, single(shop))
    at.pay_cash(399)
    at.scan(COFFEE.code)
    at.till.selling.scan(single(shop))  # the answer about it is still on its way
    with pytest.raises(RuleViolationError, match=r"coupon\.used"):
        at.pay_cash(399)
    assert (at.sale.state, at.sale.coupons) == ("open", ())
    assert at.pay_cash(1000).total_minor == COFFEE.price_minor
