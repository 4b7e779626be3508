"""Pains 17 and 18, the halves of a whole store: goods come back twice and a card is spent twice at two tills that cannot hear one another.

Sources: Odoo pull requests 272408, 271109, 281405, OCA pos 1015 (a second refund dropped in silence); Odoo issue 79235 (redeemed
without end), MicrosoftDocs 1502 (rules that differ offline). Here each till goes by its written rule while nobody answers, every
cent is kept as it went, and head office has a case with its value within a minute after the line is back.
"""

from pathlib import Path

import pytest

from retail_core.domain.errors import RuleViolationError
from tests.agent.support import until
from tests.agent.town import Hq
from tests.journeys.store_wide import TOLD_WITHIN_S, agents_of, all_sent, cases, two_tills
from tests.support.shop import ITEMS, AtTill
from tests.till.test_returns import code_of
from tests.till.test_tendering import CODE, find, pay

pytestmark = pytest.mark.xdist_group("journeys-hq")

MILK, CHICKEN = ITEMS[0], ITEMS[1]  # 1.19 and 6.49
ON_CARD, OFFLINE = 1_000, 700


def bring_back(at: AtTill, code: str) -> None:
    at.done(lambda done, failed: at.till.returning.open(code, done, failed))
    at.till.returning.scan(MILK.code)
    at.till.returning.take()
    assert at.pay_cash(0).total_minor == -MILK.price_minor


def test_goods_that_came_back_at_two_tills_cut_off_are_told_within_a_minute(hq: Hq, store: str, folder: Path) -> None:
    with two_tills(hq, folder, store) as (one, two):
        receipt = one.scan(MILK.code).pay_cash(500).receipt_no
        code = code_of(one, receipt)
        for at in (one, two):
            bring_back(at, code)
        with pytest.raises(RuleViolationError, match=r"return\."):  # a till never pays the same twice
            bring_back(two, code)
        with agents_of(one.shop, two.shop):
            all_sent(one, two)
            (case,) = until(lambda: cases(hq, store, "returned_twice"), TOLD_WITHIN_S, "told")
    assert (case["subject"], case["value_minor"]) == (f"{receipt}/1", MILK.price_minor)


def test_a_card_spent_at_two_tills_cut_off_stays_in_its_bound_and_is_told(hq: Hq, store: str, folder: Path) -> None:
    code = f"{CODE[:-4]}{store[-4:]}"
    card = {"code": code, "kind": "gift_card", "currency": "EUR", "amount": ON_CARD, "offline_limit": OFFLINE}
    hq.ask("PUT", "/api/instruments", [card])
    with two_tills(hq, folder, store) as (one, two):
        for at in (one, two):
            at.scan(CHICKEN.code)
            pay(at, find(at, code), CHICKEN.price_minor)
            at.scan(CHICKEN.code)
            with pytest.raises(RuleViolationError, match=r"value\."):
                pay(at, find(at, code), CHICKEN.price_minor)  # beyond what one till may take while it hears nothing
        with agents_of(one.shop, two.shop):
            all_sent(one, two)
            (case,) = until(lambda: cases(hq, store, "value_conflict"), TOLD_WITHIN_S, "told")
    assert case["value_minor"] == 2 * CHICKEN.price_minor - ON_CARD


def pay_in_points(at: AtTill, customer: str, amount_minor: int) -> None:
    """The customer's card is on the sale, and points pay so much of it."""
    known = at.till.customers.get(customer)
    assert known is not None
    found = at.done(lambda done, failed: at.till.loyalty.balance(known, done, failed))
    at.done(lambda done, failed: at.till.tendering.pay_value(found, amount_minor, lambda: done(None), done, failed))


def test_points_redeemed_at_two_tills_cut_off_stay_in_their_bound_and_are_told(
    hq: Hq, store: str, folder: Path
) -> None:
    card = f"26{store[-4:]}9"
    rules = {"earn_points": 1, "earn_minor": 1_000_000, "pay_minor": 1, "pay_points": 1, "offline_points": OFFLINE}
    hq.ask("PUT", "/api/settings", {"store": store, "groups": {"loyalty": rules}})
    (buyer,) = hq.ask("PUT", "/api/customers", [{"name": "Jordan Lee", "home_store": store, "cards": [card]}])[
        "customer_ids"
    ]
    agreed = {"purpose": "loyalty", "given": True, "text_version": "loyalty/1"}
    hq.ask("POST", f"/api/customers/{buyer}/consents", agreed)
    given = {"move_id": f"{store}-1", "points": ON_CARD, "reason": "welcome"}
    hq.ask("POST", f"/api/customers/{buyer}/points", given)
    with two_tills(hq, folder, store) as (one, two):
        for at in (one, two):
            at.scan(CHICKEN.code, f"OTL:{card}")
            pay_in_points(at, buyer, CHICKEN.price_minor)
            at.scan(CHICKEN.code, f"OTL:{card}")
            with pytest.raises(RuleViolationError, match=r"points\."):
                pay_in_points(at, buyer, CHICKEN.price_minor)
            at.pay_cash(CHICKEN.price_minor)  # the sale itself is never stopped
        with agents_of(one.shop, two.shop):
            all_sent(one, two)
            (case,) = until(lambda: cases(hq, store, "value_conflict"), TOLD_WITHIN_S, "told")
    assert case["value_minor"] == 2 * CHICKEN.price_minor - ON_CARD
