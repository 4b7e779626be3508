"""Points: earned by goods, in a tier's share, gone with goods that come back, to the last one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.customers import MEMBER
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import SaleCompleted, SoldLine
from retail_core.domain.ids import CustomerId, InstrumentId, SaleId, Sku
from retail_core.domain.loyalty import (
    Earned,
    LoyaltyRules,
    TierRule,
    earned_by,
    earning,
    points_for,
    points_of,
    reached,
    receipts_back,
    taking_back,
    worth_of,
)
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.saleline import LineSort
from retail_core.domain.tender import Tender, TenderKind
from retail_core.domain.value import (
    Instrument,
    InstrumentState,
    Spendable,
    ValueFact,
    ValueKind,
    after,
    check_points,
    move_of_tender,
    wrong_about,
)

TIERS = (TierRule("Silver", 110, 500), TierRule("Gold", 150, 2_000), TierRule("Staff", 200))
RULES = LoyaltyRules(earn_points=1, tiers=TIERS)
JORDAN = CustomerId("c-1")


def line(n: int, amount_minor: int, sort: LineSort = LineSort.GOODS, back: ReturnOf | None = None) -> SoldLine:
    return SoldLine(n, Sku("1"), 1000, abs(amount_minor), amount_minor, "food", 0, sort=sort, back=back)


def sale(*lines: SoldLine, tier: str = MEMBER, points_minor: int = 0, customer: CustomerId | None = JORDAN):
    total = sum(one.amount_minor for one in lines)
    tenders = [Tender(TenderKind.CASH, total - points_minor, total - points_minor)]
    if points_minor:
        tenders.append(Tender(TenderKind.POINTS, points_minor, points_minor, "p", points=points_minor))
    return SaleCompleted(
        SaleId("s"), "R-1", "EUR", lines, (), tuple(tenders), total, customer=customer, tier=tier
    )  # fmt: skip


@pytest.mark.parametrize(("tier", "points"), [(MEMBER, 12), ("gold", 19), ("Staff", 25), ("of another store", 12)])
def test_a_tier_earns_its_share_of_the_ordinary_points(tier: str, points: int) -> None:
    assert points_for(1_299, RULES, tier) == points


def test_only_goods_earn_and_not_what_points_paid_for() -> None:
    bought = sale(line(1, 2_000), line(2, 1_000, LineSort.GIFT_CARD), line(3, 25, LineSort.DEPOSIT), points_minor=500)
    assert earned_by(bought, RULES) == 15
    assert earned_by(sale(line(1, 300), points_minor=300), RULES) == 0
    assert earned_by(sale(line(1, 2_000)), LoyaltyRules()) == 0
    back = line(2, -1_000, back=ReturnOf(ReturnReason.UNWANTED))
    assert earned_by(sale(line(1, 2_000), back), RULES) == 20


def test_the_same_sale_earns_the_same_move_for_ever() -> None:
    move = earning(sale(line(1, 1_299)), RULES)
    assert move == earning(sale(line(1, 1_299)), RULES)
    assert move is not None
    assert (move.move_id, move.amount, move.instrument, move.holder) == ("s:e", 12, points_of(JORDAN), JORDAN)
    assert earning(sale(line(1, 99)), RULES) is None
    assert earning(sale(line(1, 1_299), customer=None), RULES) is None
    assert points_of(JORDAN) != points_of(CustomerId("c-2"))


@given(st.integers(0, 10_000), st.lists(st.integers(1, 100_000), min_size=1, max_size=12))
def test_however_goods_come_back_their_points_go_to_the_last_one(points: int, parts: list[int]) -> None:
    purchase, before, gone = Earned(points_of(JORDAN), points, worth_of(parts), JORDAN), 0, 0
    for n, part in enumerate(parts):
        move = taking_back(purchase, "R-1", f"b{n}", before, before + part)
        before += part
        gone -= move.delta if move else 0
        assert 0 <= gone <= points
    assert gone == points


def test_a_purchase_worth_nothing_keeps_what_people_gave_it() -> None:
    assert taking_back(Earned(points_of(JORDAN), 5, 0), "R-1", "b", 0, 0) is None


def test_receipts_are_told_apart_and_goods_without_one_have_none() -> None:
    lines = (
        line(1, -500, back=ReturnOf(ReturnReason.UNWANTED, receipt="R-1", n=1)),
        line(2, -300, back=ReturnOf(ReturnReason.UNWANTED, receipt="R-2", n=1)),
        line(3, -200, back=ReturnOf(ReturnReason.UNWANTED, receipt="R-1", n=2)),
        line(4, -100, back=ReturnOf(ReturnReason.UNWANTED)),
        line(5, 900),
    )
    assert receipts_back(sale(*lines)) == {"R-1": 700, "R-2": 300}


@pytest.mark.parametrize(
    ("now", "earned", "tier"),
    [
        ("", 499, ""),
        ("", 500, "Silver"),
        (MEMBER, 2_000, "Gold"),
        ("silver", 2_500, "Gold"),
        ("Gold", 100, "Gold"),
        ("Silver", 600, "Silver"),
        ("Staff", 9_999, "Staff"),
        ("of another store", 9_999, "of another store"),
    ],
)
def test_a_tier_is_reached_and_never_lost_by_counting(now: str, earned: int, tier: str) -> None:
    assert reached(TIERS, now, earned) == tier


def test_points_may_leave_fewer_than_none_when_goods_come_back_but_not_when_they_are_spent() -> None:
    holder = Instrument(points_of(JORDAN), ValueKind.POINTS, 0, "PTS")
    back = taking_back(Earned(points_of(JORDAN), 12, 1_200, JORDAN), "R-1", "b", 0, 1_200)
    assert back is not None
    left = after(holder, [back])
    assert (left.balance, left.holder, wrong_about(holder, back, left)) == (-12, JORDAN, "")
    spent = move_of_tender(Tender(TenderKind.POINTS, 5, 5, holder.instrument, points=5), "s", "EUR", active=True)
    assert spent is not None
    assert wrong_about(holder, spent, after(holder, [spent])) == "value.overdrawn"


def test_points_given_back_are_a_refund_and_never_a_new_instrument() -> None:
    tender = Tender(TenderKind.POINTS, -500, -500, "p-1", points=500)
    move = move_of_tender(tender, "s", "EUR", active=False)
    assert move is not None
    assert (move.what, move.amount, move.currency, move.instrument) == (
        ValueFact.REFUNDED,
        500,
        "PTS",
        InstrumentId("p-1"),
    )
    assert Instrument(move.instrument, move.kind, 0, "PTS").state is InstrumentState.ACTIVE


@pytest.mark.parametrize(
    ("points", "left", "code"),
    [
        (0, Spendable(9, 9, 0, bounded=False), "tender.not_positive"),
        (10, Spendable(9, 9, 0, bounded=False), "points.too_few"),
        (10, Spendable(9, 20, 0, bounded=True), "points.over_bound"),
        (30, Spendable(9, 20, 0, bounded=True), "points.too_few"),
        (9, Spendable(9, 9, 0, bounded=False), ""),
    ],
)
def test_what_cannot_be_spent_says_why(points: int, left: Spendable, code: str) -> None:
    found = ""
    try:
        check_points(points, left)
    except RuleViolationError as refused:
        found = refused.code
    assert found == code
