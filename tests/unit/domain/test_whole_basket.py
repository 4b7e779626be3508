"""Cuts of the whole basket follow from running sums: whatever came and went, they are what a walk over all lines finds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import InvariantError
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.promotions.engine import PricedBasket, PromotionBook
from retail_core.domain.promotions.model import (
    AmountOff,
    BasketAmount,
    BasketPercent,
    Gift,
    Goods,
    Moment,
    NForM,
    Offer,
    PercentOff,
    Promotion,
    Shopper,
    Stacking,
)
from retail_core.domain.promotions.offers import BasketLine
from tests.support.whole_basket import FromNothing

NOON = Moment(at_ms=1_000_000, weekday=2, minute=12 * 60)
SKUS, PRICES = ("a", "b", "c", "d"), {"a": 199, "b": 250, "c": 99, "d": 1}


def some(*skus: str) -> Goods:
    return Goods(skus=tuple(map(Sku, skus)))


GOODS = st.sampled_from([Goods(everything=True), some("a", "b"), some("b", "c", "d"), Goods(departments=("food",))])
OFFERS: st.SearchStrategy[Offer] = st.one_of(
    st.builds(BasketPercent, st.integers(1, 1_000_000), st.integers(0, 900)),
    st.builds(BasketAmount, st.integers(1, 900), st.integers(0, 900)),
    st.builds(Gift, st.integers(1, 900), GOODS, st.integers(1, 3)),
    st.builds(PercentOff, st.integers(1, 1_000_000)),
    st.builds(AmountOff, st.integers(1, 400)),
    st.just(NForM(2, 1)),
)
ACTS = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(SKUS), st.integers(0, 4), st.booleans()), min_size=1, max_size=14
)
"""Which line, its item, its pieces (0: it is taken out), and whether they are counted."""


@st.composite
def promotions(draw: st.DrawFn) -> list[Promotion]:
    made: list[Promotion] = []
    for n, offer in enumerate(draw(st.lists(OFFERS, min_size=1, max_size=5))):
        on_top = not offer.by_pieces and draw(st.booleans())
        names = draw(st.sets(st.integers(0, 4), max_size=2)) if on_top or offer.on_basket else set[int]()
        made.append(
            Promotion(
                f"P{n}", f"P{n}", offer, draw(GOODS), stacking=Stacking.ON_TOP if on_top else Stacking.ALONE,
                not_with=tuple(f"P{other}" for other in names if other != n),
            )
        )  # fmt: skip
    return made


@given(promotions(), ACTS)
def test_after_every_scan_the_cuts_are_those_of_a_walk_over_all_lines(
    rules: list[Promotion], acts: list[tuple[int, str, int, bool]]
) -> None:
    book = PromotionBook(rules)
    priced, lines = PricedBasket(book, Shopper(), NOON), dict[LineId, BasketLine]()
    for n, sku, pieces, counted in acts:
        line_id = LineId(f"L{n}")
        lines.pop(line_id, None)
        if pieces:
            qty_milli = pieces * 1000 if counted else pieces * 337
            lines[line_id] = BasketLine(line_id, Sku(sku), "food" if sku < "c" else "", PRICES[sku], qty_milli, counted)
            priced.put(lines[line_id])
        else:
            priced.remove(line_id)
        nets = {one: priced.net_minor(one) for one in lines}
        cut_by = {one: [reason.rule for reason in priced.reasons(one)] for one in lines}
        anew = FromNothing(book, tuple(lines.values()), nets, cut_by)
        cuts = priced.basket_cuts()
        due = [one.promo_id for one in priced.gifts_due(cuts)]
        assert [(cut.promo_id, cut.minor) for cut in cuts] == [(promo, minor) for promo, minor, _ in anew.cuts()]
        assert due == anew.gifts_due()
        assert [cut.shares for cut in cuts] == [shares for _, _, shares in anew.cuts()]


def test_shares_asked_for_after_the_basket_changed_are_refused_instead_of_wrong() -> None:
    priced = PricedBasket(PromotionBook([Promotion("P", "5 off", BasketAmount(500))]), Shopper(), NOON)
    one = BasketLine(LineId("a"), Sku("a"), "", 1000, 1000)
    priced.put(one)
    (cut,) = priced.basket_cuts()
    priced.put(msgspec.structs.replace(one, line_id=LineId("b")))
    with pytest.raises(InvariantError, match="basket_changed"):
        _ = cut.shares
