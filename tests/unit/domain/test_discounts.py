"""What is taken off by hand: never below nothing, never a cent lost, never mixed up with promotions."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.discounts import (
    PPM,
    DiscountRules,
    Kind,
    Manual,
    checked,
    depth_ppm,
    percent_text,
    shares,
    together_ppm,
)
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.roles import Permission, Role
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleData, SaleState
from retail_core.domain.saleline import PriceReason, SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.domain.tender import Tender, TenderKind

FOOD = TaxRate("food", "VAT 9 %", 90_000)
SALES = TaxRate("sales", "sales tax 8.875 %", 88_750, included=False)


def line(n: int, unit_minor: int = 100, qty_milli: int = 1000, **more: object) -> SaleLine:
    return msgspec.structs.replace(
        SaleLine(LineId(f"L{n}"), Sku(f"S{n}"), f"Item {n}", qty_milli, unit_minor, FOOD), **more
    )


def basket(*lines: SaleLine) -> Sale:
    sale = Sale.start(sale_id=SaleId("s"), operator_id=OperatorId("o"), currency="EUR", at_ms=1)
    for one in lines:
        sale.add(one)
    return sale


def percent(whole: float, why: str = "", by: str = "") -> Manual:
    return Manual(Kind.PERCENT, round(whole * 10_000), why, by)


def amount(minor: int, most_ppm: int = PPM) -> Manual:
    return Manual(Kind.AMOUNT, minor, most_ppm=most_ppm)


def price(minor: int) -> Manual:
    return Manual(Kind.PRICE, minor, "damaged")


def amounts(sale: Sale) -> list[int]:
    return [one.amount_minor for one in sale]


def why(sale: Sale, n: int = 0) -> list[tuple[str, int, str]]:
    return [(reason.rule, reason.amount_minor, reason.text) for reason in sale.lines[n].reasons]


# ── a line ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("manual", "left", "reason"),
    [
        (percent(10), 179, ("manual.line", -20, "10 %")),
        (percent(12.5), 174, ("manual.line", -25, "12.5 %")),
        (percent(100), 0, ("manual.line", -199, "100 %")),
        (amount(50), 149, ("manual.line", -50, "")),
        (amount(500), 0, ("manual.line", -199, "")),
        (price(149), 149, ("manual.price", -50, "")),
        (price(249), 249, ("manual.price", 50, "")),
        (price(0), 0, ("manual.price", -199, "")),
    ],
)
def test_what_a_hand_does_to_a_line(manual: Manual, left: int, reason: tuple[str, int, str]) -> None:
    sale = basket(line(1, 199))
    sale.discount_line(LineId("L1"), manual)
    assert (amounts(sale), why(sale)) == ([left], [reason])
    sale.discount_line(LineId("L1"), None)
    assert (amounts(sale), why(sale)) == ([199], [])


def test_it_comes_on_top_of_promotions_and_leaves_their_reasons_alone() -> None:
    promo = PriceReason("promo:P", -40, "Weekend")
    sale = basket(line(1, 200, reasons=(promo,)))
    sale.discount_line(LineId("L1"), percent(50))
    assert why(sale) == [("promo:P", -40, "Weekend"), ("manual.line", -80, "50 %")]
    sale.replace_line(LineId("L1"), msgspec.structs.replace(sale.line(LineId("L1")), reasons=()))  # it is over
    assert why(sale) == [("manual.line", -100, "50 %")]


def test_another_quantity_is_reckoned_anew() -> None:
    sale = basket(line(1, 199))
    sale.discount_line(LineId("L1"), percent(10))
    sale.change_quantity(LineId("L1"), 3000)
    assert amounts(sale) == [597 - 60]
    sale.discount_line(LineId("L1"), price(150))
    sale.change_quantity(LineId("L1"), 2000)
    assert amounts(sale) == [300]


def test_an_amount_never_gets_deeper_than_whoever_gave_it_may_go() -> None:
    sale = basket(line(1, 100, 10_000), line(2, 5000))
    sale.discount_line(LineId("L1"), amount(100, most_ppm=100_000))
    sale.discount_sale(amount(500, most_ppm=100_000))
    assert amounts(sale) == [900 - 76, 5000 - 424]
    sale.change_quantity(LineId("L1"), 1000)  # a tenth of 1.00, and then of all
    assert why(sale, 0)[0] == ("manual.line", -10, "")
    sale.void_line(LineId("L2"))
    assert amounts(sale) == [90 - 9, 0]


def test_what_takes_no_discount_and_what_comes_back_is_left_alone() -> None:
    back = line(3, 200, back=ReturnOf(ReturnReason.UNWANTED), reasons=(PriceReason("manual.sale", -20, "10 %"),))
    sale = basket(line(1, 100, no_discount=True), line(2, 300), back)
    for n in (1, 3):
        with pytest.raises(RuleViolationError, match="not_on_this"):
            sale.discount_line(LineId(f"L{n}"), percent(10))
    sale.discount_sale(percent(10))
    assert amounts(sale) == [100, 270, -180]
    sale.discount_sale(None)
    assert amounts(sale) == [100, 300, -180]


# ── the sale ─────────────────────────────────────────────────────────────────────────────────────


def test_a_discount_of_the_sale_is_shared_to_the_cent_and_follows_every_change() -> None:
    sale = basket(*(line(n, 333) for n in (1, 2, 3)))
    sale.discount_sale(amount(100))
    assert sorted(amounts(sale)) == [299, 300, 300]
    assert sale.totals.due_minor == 899
    assert sale.totals.saved_minor == 100
    sale.add(line(4, 1))
    assert sale.totals.due_minor == 900
    sale.void_line(LineId("L1"))
    assert sale.totals.due_minor == 2 * 333 + 1 - 100
    sale.discount_line(LineId("L2"), percent(100))
    assert sale.totals.due_minor == 333 + 1 - 100
    sale.discount_sale(None)
    assert sale.totals.due_minor == 334
    sale.add(line(5, 10))
    assert sale.totals.due_minor == 344
    assert not any(reason.rule == "manual.sale" for one in sale for reason in one.reasons)


def test_a_hundred_percent_leaves_nothing_to_pay() -> None:
    """odoo/odoo#278291: 0.01 stayed due on a discount of 100 %."""
    added = msgspec.structs.replace(line(2, 1), tax=SALES)
    sale = basket(line(1, 333), added, line(3, 199, 337))
    sale.discount_sale(percent(100))
    assert (sale.totals.due_minor, sale.totals.tax_minor, amounts(sale)) == (0, 0, [0, 0, 0])


def test_a_basket_at_rest_and_taken_up_again_is_the_same() -> None:
    sale = basket(line(1, 333), line(2, 100))
    sale.discount_line(LineId("L1"), percent(10, why="damaged", by="op-2"))
    sale.discount_sale(percent(5))
    data = msgspec.json.decode(msgspec.json.encode(sale.data()), type=SaleData)
    again = Sale(data)
    assert (again.data(), again.totals) == (sale.data(), sale.totals)
    again.add(line(3, 1000))
    assert again.totals.due_minor == 1433 - 33 - 70
    assert again.discount == percent(5)


def test_what_is_paid_already_is_not_taken_off() -> None:
    sale = basket(line(1, 1000))
    sale.take(Tender(TenderKind.CARD, 900, 900, "r"))
    with pytest.raises(RuleViolationError, match="paid_in_part"):
        sale.discount_sale(percent(50))
    with pytest.raises(RuleViolationError, match="paid_in_part"):
        sale.discount_line(LineId("L1"), percent(50))
    assert (sale.totals.due_minor, sale.discount) == (1000, None)
    sale.discount_sale(percent(10))
    assert sale.left_minor == 0


def test_a_sale_that_is_being_paid_takes_no_discount() -> None:
    sale = basket(line(1))
    sale.begin_paying()
    for act in (lambda: sale.discount_sale(percent(10)), lambda: sale.discount_line(LineId("L1"), percent(10))):
        with pytest.raises(RuleViolationError, match="illegal_move"):
            act()
    assert sale.state is SaleState.PAYING


# ── limits ───────────────────────────────────────────────────────────────────────────────────────

RULES = DiscountRules(manager_ppm=500_000)


@pytest.mark.parametrize(
    ("kind", "depth", "permission"),
    [
        (Kind.PERCENT, 100_000, Permission.DISCOUNT),
        (Kind.PERCENT, 100_001, Permission.DISCOUNT_MORE),
        (Kind.AMOUNT, 500_000, Permission.DISCOUNT_ANY),
        (Kind.PRICE, 0, Permission.DISCOUNT),
        (Kind.PRICE, 1, Permission.DISCOUNT_MORE),
        (Kind.PRICE, PPM, Permission.DISCOUNT_ANY),
    ],
)
def test_what_a_depth_takes(kind: Kind, depth: int, permission: Permission) -> None:
    assert RULES.needed(kind, depth) is permission


def test_what_nobody_may_give() -> None:
    with pytest.raises(RuleViolationError) as refused:
        RULES.needed(Kind.PERCENT, 500_001)
    assert refused.value.code == "discount.over_limit"
    assert refused.value.facts["limit_ppm"] == 500_000


def test_how_far_each_role_goes() -> None:
    rules = DiscountRules()
    roles = (Role.CASHIER, Role.SUPERVISOR, Role.MANAGER, Role.ASSOCIATE)
    assert [rules.limit_of(Kind.PERCENT, role) for role in roles] == [100_000, 300_000, PPM, 0]
    assert [rules.limit_of(Kind.PRICE, role) for role in roles] == [0, 300_000, PPM, 0]


def test_how_deep_a_cut_is() -> None:
    assert depth_ppm(percent(20), 100, 1000) == 200_000
    assert depth_ppm(amount(1), 300, 1000) == 3_334  # rounded up: no cent beyond a limit
    assert depth_ppm(amount(101), 100, 1000) > PPM
    assert depth_ppm(price(75), 200, 2000) == 250_000
    assert depth_ppm(price(300), 200, 1000) == 0
    assert depth_ppm(amount(1), 0, 1000) > PPM
    assert together_ppm(100_000, 100_000) == 190_000


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (percent(100.01), "discount.over_all"),
        (percent(0), "discount.nothing"),
        (percent(-5), "discount.nothing"),
        (amount(0), "discount.nothing"),
        (amount(-1), "discount.nothing"),
        (price(-1), "discount.no_such_price"),
        (price(10**10), "discount.no_such_price"),
    ],
)
def test_what_is_no_discount_is_refused(wrong: Manual, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        checked(wrong)
    assert refused.value.code == code
    assert (checked(price(0)), checked(percent(10))) == (price(0), percent(10))


def test_a_percentage_says_itself() -> None:
    assert [percent_text(one) for one in (percent(10), percent(0.5), percent(33.3333), amount(5))] == [
        "10 %", "0.5 %", "33.3333 %", "",
    ]  # fmt: skip


# ── what always holds ────────────────────────────────────────────────────────────────────────────

HANDS = st.one_of(
    st.builds(Manual, st.just(Kind.PERCENT), st.integers(1, PPM)),
    st.builds(Manual, st.just(Kind.AMOUNT), st.integers(1, 5000), most_ppm=st.integers(0, PPM)),
)
PRICES = st.builds(Manual, st.just(Kind.PRICE), st.integers(0, 5000))
LINES = st.lists(
    st.tuples(
        st.integers(0, 2000), st.integers(1, 9999), st.booleans(), st.none() | HANDS | PRICES, st.integers(0, 300)
    ),
    min_size=1,
    max_size=12,
)


@given(HANDS, st.lists(st.integers(0, 10**6), max_size=20))
def test_shares_lose_no_cent_and_take_no_line_below_nothing(manual: Manual, before: list[int]) -> None:
    found = shares(manual, before)
    assert len(found) == len(before)
    assert all(0 <= share <= line_minor for share, line_minor in zip(found, before, strict=True))
    if manual.kind is Kind.PERCENT and before:
        assert abs(2 * (sum(found) * PPM - sum(before) * manual.value)) <= PPM


@given(LINES, HANDS, st.lists(st.integers(0, 11), max_size=6), st.randoms(use_true_random=False))
def test_the_sum_of_the_lines_is_the_total_whatever_happens(lines, whole: Manual, gone: list[int], chance) -> None:
    sale = basket()
    for n, (unit, qty, no_discount, hand, promo) in enumerate(lines):
        cut = min(promo, unit * qty // 1000)
        reasons = (PriceReason("promo:P", -cut),) if cut else ()
        sale.add(line(n, unit, qty, no_discount=no_discount, reasons=reasons))
        if n == len(lines) // 2:
            sale.discount_sale(whole)
        if hand and not no_discount:
            sale.discount_line(LineId(f"L{n}"), hand)
    for n in gone:
        if n < len(lines) and not sale.line(LineId(f"L{n}")).voided:
            sale.void_line(LineId(f"L{n}"))
    totals = sale.totals
    assert totals.lines_minor == sum(amounts(sale))
    assert all(minor >= 0 for minor in amounts(sale))
    assert totals.due_minor == totals.lines_minor
    fresh = list(sale.lines)
    chance.shuffle(fresh)
    bare = [msgspec.structs.replace(one, reasons=tuple(r for r in one.reasons if not r.by_hand)) for one in fresh]
    other = basket(*bare)
    other.discount_sale(whole)
    assert other.totals.due_minor == totals.due_minor, "the order of scans makes no difference to the sum"
