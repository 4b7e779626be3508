"""Points at the till: earned once with the sale, spent as money, given back with the goods, with no network at all."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from pos_app.service.instruments import Found
from pos_app.service.outcome import PaidSale
from retail_core.domain.customers import Consent, Customer, Purpose
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import CustomerId
from retail_core.domain.loyalty import LoyaltyRules, TierRule, points_of
from retail_core.domain.value import Instrument, ValueKind, ValueMoved
from tests.support.shop import ITEMS, AtTill, ManualClock, Shop, at_till, make_shop, row
from tests.till.test_customers import event_of, facts

MILK, THROW = ITEMS[0], ITEMS[6]
AGREED = (Consent(Purpose.LOYALTY, True, "loyalty/1", 1),)
JORDAN = Customer(CustomerId("c-1"), "Jordan Lee", cards=("2600001",), tier="gold", consents=AGREED)
ANA = Customer(CustomerId("c-2"), "Ana Gómez", cards=("2600002",))
RULES = LoyaltyRules(earn_points=1, pay_minor=1, pay_points=1, offline_points=100, tiers=(TierRule("Gold", 150),))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = make_shop(tmp_path / "t1")
    made.set_rules(loyalty=RULES)
    made.put_rows(row("customer", "c-1", JORDAN), row("customer", "c-2", ANA))
    return made


@pytest.fixture
def at(shop: Shop) -> Iterator[AtTill]:
    with at_till(shop, ManualClock()) as opened:
        yield opened.sign_in()


def balance(at: AtTill, customer: Customer = JORDAN) -> Found:
    return at.done(lambda done, failed: at.till.loyalty.balance(customer, done, failed))


def moves(at: AtTill) -> list[tuple[str, int]]:
    events = [event_of(entry) for entry in facts(at)]
    return [(event.what.value, event.amount) for event in events if isinstance(event, ValueMoved)]


def bring(shop: Shop, points: int) -> None:
    told = Instrument(points_of(JORDAN.customer_id), ValueKind.POINTS, points, "PTS", holder=JORDAN.customer_id)
    shop.put_rows(row("instrument", told.instrument, told))


def pay_points(at: AtTill, amount_minor: int) -> PaidSale | None:
    found, parts = balance(at), list[None]()
    return at.done(
        lambda done, failed: at.till.tendering.pay_value(
            found, amount_minor, lambda: (parts.append(None), done(None))[0], done, failed
        )
    )


def take_back(at: AtTill, receipt: str, *codes: str) -> None:
    at.done(lambda done, failed: at.till.returning.open(receipt, done, failed))
    for code in codes:
        at.till.returning.scan(code)
    at.till.returning.take()


def test_a_sale_earns_its_tiers_points_in_its_own_transaction_and_says_so(at: AtTill) -> None:
    at.scan(THROW.code, "OTL:2600001")
    paid = at.pay_cash(5000)
    assert (paid.points.earned, paid.points.left) == (59, 59)  # 39.90 at one and a half
    assert moves(at) == [("loaded", 59)]
    kinds = [entry.type for entry in facts(at)][-2:]
    assert kinds == ["sale.completed", "value.loaded"]
    assert balance(at).left.amount == 59  # its own, before head office has heard of it


def test_nobody_who_did_not_agree_earns_and_nor_does_a_store_without_a_programme(at: AtTill, shop: Shop) -> None:
    at.scan(THROW.code, "OTL:2600002")
    assert at.pay_cash(5000).points.earned == 0
    shop.set_rules()
    at.scan(THROW.code, "OTL:2600001")
    assert at.till.tendering.points() is None
    assert at.pay_cash(5000).points.earned == 0
    assert moves(at) == []


def test_points_pay_within_the_bound_and_do_not_earn_themselves(at: AtTill, shop: Shop) -> None:
    bring(shop, 1_240)
    at.scan(THROW.code, "OTL:2600001")
    with pytest.raises(RuleViolationError) as refused:
        pay_points(at, 101)
    assert (refused.value.code, refused.value.facts["points"]) == ("points.over_bound", 100)
    pay_points(at, 90)
    assert at.sale.left_minor == 3_900
    assert at.pay_cash(5000).points.earned == 58  # 39.00 at one and a half, rounded down
    assert moves(at) == [("redeemed", 90), ("loaded", 58)]
    assert balance(at).left.balance == 1_208


def test_somebody_elses_points_pay_for_nothing(at: AtTill, shop: Shop) -> None:
    bring(shop, 1_240)
    jordans = balance(at)
    at.scan(MILK.code, "OTL:2600002")
    with pytest.raises(RuleViolationError, match=r"tender\.no_points"):
        at.done(lambda d, f: at.till.tendering.pay_value(jordans, 50, lambda: d(None), d, f))


def test_goods_that_come_back_take_their_points_along_whoever_stands_there(at: AtTill) -> None:
    at.scan(THROW.code, MILK.code, "OTL:2600001")
    receipt = at.pay_cash(10_000).receipt_no
    assert moves(at) == [("loaded", 61)]
    take_back(at, receipt, THROW.code)
    at.pay_cash(0)  # nobody showed a card
    assert moves(at)[1:] == [("adjusted", -60)]
    take_back(at, receipt, MILK.code)
    at.pay_cash(0)
    assert moves(at)[2:] == [("adjusted", -1)]
    assert balance(at).left.balance == 0


def test_spent_points_are_owed_when_the_goods_come_back_and_the_next_purchase_makes_up_for_it(at: AtTill) -> None:
    at.scan(THROW.code, "OTL:2600001")
    receipt = at.pay_cash(5000).receipt_no
    at.scan(MILK.code, "OTL:2600001")
    pay_points(at, 50)
    at.pay_cash(500)
    take_back(at, receipt, THROW.code)
    at.pay_cash(0)
    left = balance(at).left
    assert (left.balance, left.amount) == (-49, 0)
    at.scan(THROW.code, "OTL:2600001")
    assert at.pay_cash(5000).points.left == 10


def test_a_sale_reversed_whole_gives_back_what_was_spent_and_takes_what_was_earned(at: AtTill, shop: Shop) -> None:
    bring(shop, 90)
    at.sign_in("9876").scan(THROW.code, "OTL:2600001")
    pay_points(at, 90)
    at.pay_cash(5000)
    assert balance(at).left.balance == 58
    last = at.done(at.till.post_voiding.look)
    at.done(lambda done, failed: at.till.post_voiding.reverse(last, done, failed))
    assert moves(at)[2:] == [("refunded", 90), ("adjusted", -58)]
    assert balance(at).left.balance == 90


def test_a_refund_goes_back_onto_the_points_it_was_paid_with(at: AtTill, shop: Shop) -> None:
    bring(shop, 90)
    at.scan(MILK.code, "OTL:2600001")
    pay_points(at, 90)
    receipt = at.pay_cash(500).receipt_no
    take_back(at, receipt, MILK.code)
    at.till.shopping.attach(JORDAN)
    found = balance(at)
    at.done(lambda done, failed: at.till.tendering.give_onto(found, done, failed))
    assert ("refunded", 119) in moves(at)


def test_a_sale_that_cannot_be_written_earns_nothing(at: AtTill, shop: Shop) -> None:
    bring(shop, 90)
    at.scan(THROW.code, "OTL:2600001")
    pay_points(at, 90)
    locked = msgspec.structs.replace(
        Instrument(points_of(JORDAN.customer_id), ValueKind.POINTS, 10, "PTS"), holder=JORDAN.customer_id
    )
    shop.put_rows(row("instrument", locked.instrument, locked))
    with pytest.raises(RuleViolationError):
        at.pay_cash(5000)
    assert moves(at) == []
