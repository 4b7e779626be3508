"""What is taken off the whole basket: the sum is right after every scan, each line's share when somebody looks."""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_app.service.promoting import Promoting
from retail_core.domain.discounts import Kind, Manual
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.promotions.model import (
    BasketAmount,
    BasketPercent,
    Gift,
    Goods,
    NForM,
    Offer,
    PercentOff,
    Promotion,
    Stacking,
)
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import Rounding, TaxRate
from retail_core.domain.tender import Tender, TenderKind
from retail_core.durable.link import Promotions

BERLIN = ZoneInfo("Europe/Berlin")
FOOD, REST = TaxRate("food", "VAT 9 %", 90_000), TaxRate("rest", "VAT 21 %", 210_000)
LOCAL = TaxRate("local", "Local 7 %", 70_000, included=False)
TENTH = Manual(Kind.PERCENT, 100_000)
LONG = 161


class Known:
    def __init__(self, *promotions: Promotion) -> None:
        self._known = Promotions(promotions)

    def promotions(self, known: Promotions) -> Promotions:
        return self._known


def open_sale(rounding: Rounding = Rounding.DOCUMENT) -> Sale:
    return Sale.start(
        sale_id=SaleId("s-1"), operator_id=OperatorId("op-1"), currency="EUR", at_ms=1, tax_rounding=rounding
    )


def line(n: int, sku: str, price_minor: int, tax: TaxRate = FOOD) -> SaleLine:
    return SaleLine(LineId(f"L{n}"), Sku(sku), sku, 1000, price_minor, tax)


WHOLE = (
    Promotion("B-1", "50 off", BasketAmount(5_000)),
    Promotion("B-2", "3 %", BasketPercent(30_000), stacking=Stacking.ON_TOP),
    Promotion("B-3", "a gift", Gift(1_000, Goods(skus=(Sku("mug"),))), stacking=Stacking.ON_TOP),
)


@pytest.mark.parametrize("whole", [WHOLE[:1], WHOLE[1:2], WHOLE[2:], WHOLE], ids=["amount", "percent", "gift", "all"])
def test_the_last_scan_of_a_long_basket_does_no_more_work_than_one_and_a_half_of_the_first(
    whole: tuple[Promotion, ...],
) -> None:
    sale, promoting = open_sale(), Promoting(Known(*whole), BERLIN)

    def scan(n: int) -> None:
        sale.add(line(n, f"sku-{n}", 400 + n, FOOD if n % 3 else REST))
        promoting.follow(sale)
        assert sale.due_minor >= 0

    done = [steps(partial(scan, n)) for n in range(LONG)]
    assert max(done[-10:]) <= 1.5 * min(done[1:11])  # the very first one begins the sale
    assert sale.due_minor == sum(one.amount_minor for one in sale)


def steps(act: Callable[[], object]) -> int:
    """Lines of Python that run: unlike time, the same on every machine."""
    count = 0

    def seen(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return seen

    before = sys.gettrace()
    sys.settrace(seen)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


# ── when somebody looks, and what is found ───────────────────────────────────────────────────────

SKUS = ("a", "b", "c", "mug")
GOODS = st.sampled_from(
    [Goods(everything=True), Goods(skus=(Sku("a"), Sku("b"))), Goods(everything=True, not_skus=(Sku("c"),))]
)
OFFERS: st.SearchStrategy[Offer] = st.one_of(
    st.builds(BasketAmount, st.integers(1, 900), st.integers(0, 500)),
    st.builds(BasketPercent, st.integers(1, 900_000), st.integers(0, 500)),
    st.builds(Gift, st.integers(1, 900), st.just(Goods(skus=(Sku("mug"),)))),
    st.builds(PercentOff, st.integers(1, 900_000)),
    st.just(NForM(3, 2)),
)


@st.composite
def promotions(draw: st.DrawFn) -> tuple[Promotion, ...]:
    return tuple(
        Promotion(
            f"P{n}", f"P{n}", offer, draw(GOODS),
            stacking=Stacking.ON_TOP if not offer.by_pieces and draw(st.booleans()) else Stacking.ALONE,
        )
        for n, offer in enumerate(draw(st.lists(OFFERS, min_size=1, max_size=4)))
    )  # fmt: skip


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["scan"] * 6 + ["void", "more", "cut", "cut all", "new price", "card", "card back"]),
        st.integers(0, 9),
    ),
    min_size=2, max_size=16,
)  # fmt: skip


def do(sale: Sale, act: str, n: int, at: int, taxes: tuple[TaxRate, ...]) -> None:
    """One thing a cashier does; what a rule refuses is not done."""
    known = LineId(f"L{n}")
    try:
        match act:
            case "scan":
                sale.add(line(at, SKUS[n % 4], 100 + 37 * n, taxes[n % len(taxes)]))
            case "void":
                sale.void_line(known)
            case "more":
                sale.change_quantity(known, (n + 2) * 1000)
            case "cut":
                sale.discount_line(known, TENTH)
            case "new price":
                sale.discount_line(known, Manual(Kind.PRICE, 50))
            case "cut all":
                sale.discount_sale(TENTH if n % 2 else None)
            case "card":
                sale.take(Tender(TenderKind.CARD, 50 + n, 50 + n, f"card-{n}"))
            case _:
                sale.give_back(f"card-{n}")
    except RuleViolationError:
        return


@given(
    promotions(), ACTS, st.sampled_from([(FOOD,), (FOOD, REST), (FOOD, LOCAL)]), st.sampled_from([*Rounding]),
    st.sets(st.integers(0, 15)),
)  # fmt: skip
def test_it_makes_no_difference_when_somebody_looks(
    rules: tuple[Promotion, ...],
    acts: list[tuple[str, int]],
    taxes: tuple[TaxRate, ...],
    rounding: Rounding,
    looks: set[int],
) -> None:
    watched, sale = open_sale(rounding), open_sale(rounding)
    of_watched, promoting = Promoting(Known(*rules), BERLIN), Promoting(Known(*rules), BERLIN)
    for at, (act, n) in enumerate(acts):
        do(watched, act, n, at, taxes)
        of_watched.follow(watched)
        lines, totals = watched.lines, watched.totals
        assert sum(one.amount_minor for one in lines) == totals.lines_minor
        do(sale, act, n, at, taxes)
        promoting.follow(sale)
        assert sale.due_minor == totals.due_minor
        if at in looks:
            assert sale.lines == lines
    assert (sale.lines, sale.totals) == (watched.lines, watched.totals)
    again, anew = Sale(sale.data_to_keep()), Promoting(Known(*rules), BERLIN)
    if not sale.tenders:  # a kept basket is priced anew when it is taken up, and so are its shares
        anew.follow(again)
        assert again.due_minor == sale.due_minor


def test_a_basket_kept_before_anybody_looked_comes_back_with_its_shares() -> None:
    sale, promoting = open_sale(), Promoting(Known(*WHOLE[1:2]), BERLIN)
    for n in range(3):
        sale.add(line(n, "a", 1_000))
        promoting.follow(sale)
    kept = msgspec.json.encode(sale.data_to_keep())
    again = Sale(msgspec.json.decode(kept, type=type(sale.data())))
    Promoting(Known(*WHOLE[1:2]), BERLIN).follow(again)
    assert again.lines == sale.lines
    assert again.due_minor == 3_000 - 90


def test_fewer_pieces_of_what_a_promotion_cut_on_a_sale_with_a_discount_by_hand() -> None:
    sale, promoting = open_sale(), Promoting(Known(Promotion("P", "half", PercentOff(500_000))), BERLIN)
    sale.add(line(0, "a", 100))
    sale.add(line(1, "b", 1_000))
    sale.change_quantity(LineId("L0"), 6_000)
    promoting.follow(sale)
    sale.discount_sale(TENTH)
    sale.change_quantity(LineId("L0"), 1_000)  # three off for six pieces: more than the one costs
    promoting.follow(sale)
    assert sale.due_minor == 495
    assert [one.amount_minor for one in sale] == [45, 450]
