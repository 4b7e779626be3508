"""Promotions to the cent: what each kind takes off, how a basket chooses, and what never depends on luck."""

import itertools
import random
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import InvariantError, RuleViolationError
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.promotions.engine import PricedBasket, PromotionBook
from retail_core.domain.promotions.model import (
    AmountOff,
    BasketAmount,
    BasketPercent,
    Bundle,
    BundlePart,
    FixedPrice,
    Gift,
    Goods,
    Moment,
    NForM,
    NForPrice,
    Offer,
    PercentOff,
    Promotion,
    Shopper,
    Stacking,
    Validity,
    checked,
)
from retail_core.domain.promotions.offers import BasketLine, line_cuts, off
from retail_core.domain.promotions.together import checked_together, turns

NOON = Moment(at_ms=1_000_000, weekday=2, minute=12 * 60)
ANYBODY = Shopper()
ALL = Goods(everything=True)
ON_TOP = Stacking.ON_TOP


def line(sku: str, unit_minor: int, pieces: int = 1, *, line_id: str = "", department: str = "food") -> BasketLine:
    return BasketLine(LineId(line_id or sku), Sku(sku), department, unit_minor, pieces * 1000)


def loose(sku: str, unit_minor: int, grams: int) -> BasketLine:
    return BasketLine(LineId(sku), Sku(sku), "produce", unit_minor, grams, counted=False)


def promo(offer: Offer, name: str = "P", goods: Goods = ALL, **more: object) -> Promotion:
    return checked(Promotion(name, f"Promotion {name}", offer, goods, **more))  # type: ignore[arg-type]


def basket(*promotions: Promotion, shopper: Shopper = ANYBODY, moment: Moment = NOON) -> PricedBasket:
    return PricedBasket(PromotionBook(promotions), shopper, moment)


def saved(priced: PricedBasket, lines: list[BasketLine]) -> dict[str, int]:
    """What each line saves, after putting them in one by one."""
    for one in lines:
        priced.put(one)
    return {one.line_id: -sum(reason.amount_minor for reason in priced.reasons(one.line_id)) for one in lines}


def some(*skus: str) -> Goods:
    return Goods(skus=tuple(Sku(sku) for sku in skus))


# ── each kind ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("offer", "lines", "expected"),
    [
        (PercentOff(100_000), [line("a", 199)], {"a": 20}),
        (PercentOff(1_000_000), [line("a", 199, 3)], {"a": 597}),
        (PercentOff(100_000), [loose("b", 199, 532)], {"b": 11}),
        (AmountOff(50), [line("a", 199, 2), line("b", 30)], {"a": 100, "b": 30}),
        (FixedPrice(149), [line("a", 199, 2), line("b", 120)], {"a": 100, "b": 0}),
        (FixedPrice(100), [loose("b", 199, 500)], {"b": 50}),
        (NForM(3, 2), [line("a", 100, 2)], {"a": 0}),
        (NForM(3, 2), [line("a", 100, 7)], {"a": 200}),
        (NForM(3, 2), [line("a", 300), line("b", 200), line("c", 100)], {"a": 50, "b": 33, "c": 17}),
        (NForM(2, 1), [loose("b", 199, 5000), line("a", 100, 2)], {"b": 0, "a": 100}),
        (NForPrice(3, 500), [line("a", 199, 2), line("b", 189)], {"a": 59, "b": 28}),
        (NForPrice(3, 500), [line("a", 100, 3)], {"a": 0}),
        (NForPrice(3, 500), [line("a", 400, 3), line("b", 100, 3)], {"a": 700, "b": 0}),
    ],
)  # fmt: skip
def test_what_an_offer_takes_off(offer: Offer, lines: list[BasketLine], expected: dict[str, int]) -> None:
    assert saved(basket(promo(offer)), lines) == expected


def test_a_bundle_is_whole_or_nothing() -> None:
    meal = Bundle((BundlePart(some("roll")), BundlePart(some("drink", "juice")), BundlePart(some("apple"), 2)), 500)
    lines = [line("roll", 300), line("juice", 200), line("apple", 60, 2)]
    assert sum(saved(basket(promo(meal)), lines[:2]).values()) == 0
    assert saved(basket(promo(meal)), lines) == {"roll": 58, "juice": 39, "apple": 23}


def test_a_bundle_in_percent_comes_as_often_as_it_can() -> None:
    pair = Bundle((BundlePart(some("shirt")), BundlePart(some("tie"))), ppm=500_000)
    assert saved(basket(promo(pair)), [line("shirt", 2000, 3), line("tie", 1000, 2)]) == {"shirt": 2000, "tie": 1000}


def test_a_threshold_gift_is_free_and_does_not_pay_for_itself() -> None:
    gift = promo(Gift(2000, some("mug")))
    priced = basket(gift)
    priced.put(line("mug", 500))
    priced.put(line("wine", 1600))
    assert priced.basket_cuts() == ()  # with the mug paid it is 21.00, with the mug free only 16.00
    priced.put(line("wine", 1600, 2))
    (cut,) = priced.basket_cuts()
    assert (cut.minor, cut.shares) == (500, ((LineId("mug"), 500),))


def due(priced: PricedBasket) -> list[str]:
    return [promotion.promo_id for promotion in priced.gifts_due(priced.basket_cuts())]


def test_a_gift_is_due_from_the_threshold_until_it_is_in_the_basket() -> None:
    priced = basket(promo(Gift(2000, some("mug"), 2)))
    priced.put(line("mug", 2500))
    assert due(priced) == [], "it does not pay for itself"
    priced.put(line("wine", 2000))
    assert due(priced) == ["P"], "one of two is there"
    priced.put(line("mug", 2500, 2))
    assert due(priced) == []


def test_a_gift_is_not_due_where_another_promotion_stands_in_its_place_or_took_what_it_needs() -> None:
    mug, off = promo(Gift(1000, some("mug")), "mug"), promo(BasketAmount(300), "off")
    cap = promo(Gift(800, some("cap")), "cap", stacking=ON_TOP)
    bag = promo(Gift(100, some("bag")), "bag", stacking=ON_TOP, not_with=("off",))
    members = promo(Gift(1, some("pen")), "pen", stacking=ON_TOP, tiers=("gold",))
    priced = basket(mug, off, cap, bag, members)
    priced.put(line("wine", 1000))
    assert due(priced) == []
    priced.put(line("wine", 1100))
    assert due(priced) == ["cap"]


def test_an_amount_off_the_basket_is_shared_to_the_cent() -> None:
    priced = basket(promo(BasketAmount(100, from_minor=900)))
    for sku in "abc":
        priced.put(line(sku, 333))
    (cut,) = priced.basket_cuts()
    assert cut.minor == 100
    assert sorted(share for _, share in cut.shares) == [33, 33, 34]


def test_hundred_percent_off_leaves_nothing_to_pay() -> None:
    priced = basket(promo(BasketPercent(1_000_000)))
    priced.put(line("a", 1))
    priced.put(loose("b", 199, 333))
    assert sum(priced.net_minor(LineId(x)) for x in "ab") == sum(cut.minor for cut in priced.basket_cuts())


# ── who and when ─────────────────────────────────────────────────────────────────────────────────


def test_members_coupons_and_hours() -> None:
    for_members = promo(PercentOff(100_000), tiers=("gold",))
    with_coupon = promo(PercentOff(100_000), coupon="SAVE10")
    happy = promo(PercentOff(100_000), validity=Validity(weekdays=(4,), from_minute=22 * 60, until_minute=2 * 60))
    assert not for_members.open_to(ANYBODY, NOON)
    assert for_members.open_to(Shopper(tier="gold"), NOON)
    assert not for_members.open_to(Shopper(tier="silver"), NOON)
    assert promo(PercentOff(1), tiers=("*",)).open_to(Shopper(tier="silver"), NOON)
    assert with_coupon.open_to(Shopper(coupons=("SAVE10",)), NOON)
    assert not with_coupon.open_to(ANYBODY, NOON)
    friday_late, saturday_early = Moment(0, 4, 23 * 60), Moment(0, 5, 60)
    assert happy.open_to(ANYBODY, friday_late)
    assert happy.open_to(ANYBODY, saturday_early)
    assert not happy.open_to(ANYBODY, Moment(0, 4, 60))
    assert not happy.open_to(ANYBODY, Moment(0, 5, 23 * 60))
    assert not happy.open_to(ANYBODY, NOON)


def test_a_promotion_ends_at_the_moment_it_says() -> None:
    week = promo(PercentOff(100_000), validity=Validity(from_ms=1_000_000, until_ms=2_000_000))
    assert week.open_to(ANYBODY, NOON)
    assert not week.open_to(ANYBODY, Moment(999_999, 2, 0))
    assert not week.open_to(ANYBODY, Moment(2_000_000, 2, 0))


def test_excluded_goods_are_left_alone() -> None:
    not_tobacco = Goods(everything=True, not_departments=("tobacco",), not_skus=(Sku("x"),))
    lines = [line("a", 100), line("x", 100), line("t", 100, department="tobacco")]
    assert saved(basket(promo(PercentOff(500_000), goods=not_tobacco)), lines) == {"a": 50, "x": 0, "t": 0}


# ── choosing ─────────────────────────────────────────────────────────────────────────────────────


def test_the_customer_gets_what_saves_most() -> None:
    tenth, three = promo(PercentOff(100_000), "A"), promo(NForM(3, 2), "B")
    priced = basket(tenth, three)
    assert saved(priced, [line("a", 100, 2)]) == {"a": 20}
    priced.put(line("a", 100, 4))
    assert [(r.rule, r.amount_minor) for r in priced.reasons(LineId("a"))] == [("B", -100), ("A", -10)]


def test_a_higher_priority_goes_first_even_when_it_saves_less() -> None:
    small = promo(PercentOff(50_000), "small", priority=5)
    big = promo(PercentOff(500_000), "big")
    assert saved(basket(big, small), [line("a", 100)]) == {"a": 5}


def test_two_promotions_that_save_the_same_are_chosen_by_their_id() -> None:
    priced = basket(promo(PercentOff(100_000), "B"), promo(AmountOff(10), "A"))
    priced.put(line("a", 100))
    assert [reason.rule for reason in priced.reasons(LineId("a"))] == ["A"]


def test_what_is_on_top_is_taken_off_what_is_left() -> None:
    half = promo(PercentOff(500_000), "half")
    member = promo(PercentOff(100_000), "member", stacking=Stacking.ON_TOP)
    priced = basket(half, member)
    priced.put(line("a", 100))
    assert [(r.rule, r.amount_minor, r.text) for r in priced.reasons(LineId("a"))] == [
        ("half", -50, "Promotion half"),
        ("member", -5, "Promotion member"),
    ]


def test_goods_that_a_named_promotion_cut_are_left_out_of_what_comes_on_top() -> None:
    half, member = (
        promo(PercentOff(500_000), "half", some("a")),
        promo(PercentOff(100_000), "M", stacking=ON_TOP, not_with=("half",)),
    )
    assert saved(basket(half, member), [line("a", 100), line("b", 100)]) == {"a": 50, "b": 10}


def test_of_two_on_top_the_named_one_comes_first_whatever_its_id_and_priority() -> None:
    early = promo(PercentOff(100_000), "Z", some("a"), stacking=ON_TOP)
    late = promo(PercentOff(200_000), "A", priority=9, stacking=ON_TOP, not_with=("Z",))
    assert saved(basket(late, early), [line("a", 100), line("b", 100)]) == {"a": 10, "b": 20}


def test_goods_that_were_cut_do_not_count_for_a_threshold_or_a_gift_that_names_it() -> None:
    half = promo(PercentOff(500_000), "half", some("a"))
    off_basket = promo(BasketAmount(100, from_minor=300), "off", not_with=("half",))
    gift = promo(Gift(300, some("a", "c")), "gift", stacking=ON_TOP, not_with=("half", "off"))
    priced = basket(half, off_basket, gift)
    for one in (line("a", 800), line("b", 200)):
        priced.put(one)
    assert priced.basket_cuts() == ()
    priced.put(line("c", 100))
    assert [(cut.promo_id, cut.minor) for cut in priced.basket_cuts()] == [("off", 100)]


def test_a_name_nobody_has_changes_nothing() -> None:
    member = promo(PercentOff(100_000), "M", stacking=ON_TOP, not_with=("gone",))
    assert saved(basket(member), [line("a", 100)]) == {"a": 10}


@pytest.mark.parametrize("names", [{"A": ("B",), "B": ("A",)}, {"A": ("B",), "B": ("C",), "C": ("A", "B")}])
def test_some_that_name_each_other_are_refused_and_a_till_that_has_them_all_the_same_prices_alike(
    names: dict[str, tuple[str, ...]],
) -> None:
    ring = [
        promo(PercentOff(100_000 * n), one, stacking=ON_TOP, not_with=others)
        for n, (one, others) in enumerate(names.items(), 1)
    ]
    with pytest.raises(RuleViolationError, match="name_each_other"):
        checked_together(ring)
    prices = {str(saved(basket(*order), [line("a", 1000)])) for order in itertools.permutations(ring)}
    assert len(prices) == 1


def test_a_chain_of_names_is_none() -> None:
    chain = [
        promo(PercentOff(1), one, stacking=ON_TOP, not_with=others)
        for one, others in (("A", ("B", "C")), ("B", ("C",)), ("C", ()))
    ]
    checked_together(chain)
    assert turns(chain) == {"A": 2, "B": 1, "C": 0}


def test_a_limit_counts_pieces_or_groups() -> None:
    assert saved(basket(promo(PercentOff(500_000), limit=2)), [line("a", 100, 5)]) == {"a": 100}
    assert saved(basket(promo(NForM(2, 1), limit=1)), [line("a", 100, 5)]) == {"a": 100}


def test_a_line_taken_out_gives_its_place_to_others() -> None:
    priced = basket(promo(NForM(2, 1)))
    for one in (line("a", 300), line("b", 200), line("c", 100)):
        priced.put(one)
    assert priced.net_minor(LineId("c")) == 100
    changed = priced.remove(LineId("a"))
    assert changed == {LineId("b"), LineId("c")}
    assert priced.net_minor(LineId("b")) + priced.net_minor(LineId("c")) == 200


# ── what always holds ────────────────────────────────────────────────────────────────────────────

SKUS = ("a", "b", "c", "d")
OFFERS: st.SearchStrategy[Offer] = st.one_of(
    st.builds(PercentOff, st.integers(1, 1_000_000)),
    st.builds(AmountOff, st.integers(1, 400)),
    st.builds(FixedPrice, st.integers(0, 400)),
    st.integers(2, 4).flatmap(lambda n: st.builds(NForM, st.just(n), st.integers(1, n - 1))),
    st.builds(NForPrice, st.integers(1, 4), st.integers(0, 900)),
    st.builds(Gift, st.integers(1, 900), st.just(some("a"))),
    st.builds(BasketPercent, st.integers(1, 1_000_000), st.integers(0, 500)),
    st.builds(BasketAmount, st.integers(1, 900), st.integers(0, 500)),
    st.builds(lambda minor: Bundle((BundlePart(some("a")), BundlePart(some("b", "c"), 2)), minor), st.integers(0, 900)),
)  # fmt: skip
GOODS = st.sampled_from([ALL, some("a", "b"), some("b", "c", "d"), Goods(departments=("food",), not_skus=(Sku("d"),))])


@st.composite
def promotions(draw: st.DrawFn) -> list[Promotion]:
    made: list[Promotion] = []
    for n, offer in enumerate(draw(st.lists(OFFERS, max_size=4))):
        on_top = not offer.by_pieces and draw(st.booleans())
        made.append(
            Promotion(
                f"P{n}", f"P{n}", offer, draw(GOODS), priority=draw(st.integers(0, 1)), limit=draw(st.integers(0, 3)),
                stacking=Stacking.ON_TOP if on_top else Stacking.ALONE,
                not_with=tuple(f"P{other}" for other in draw(st.sets(st.integers(0, 3), max_size=2)) if other != n)
                if on_top or offer.on_basket else (),
            )
        )  # fmt: skip
    return made


LINES = st.lists(
    st.tuples(st.sampled_from(SKUS), st.integers(1, 6), st.booleans()).map(lambda t: t), min_size=1, max_size=8
)
PRICES = {"a": 199, "b": 250, "c": 99, "d": 1}


def lines_of(drawn: list[tuple[str, int, bool]]) -> list[BasketLine]:
    return [
        BasketLine(
            LineId(f"{n:02d}"), Sku(sku), "food", PRICES[sku], pieces * 1000 if counted else pieces * 337, counted
        )
        for n, (sku, pieces, counted) in enumerate(drawn)
    ]


def picture(priced: PricedBasket, lines: list[BasketLine]) -> object:
    cuts = priced.basket_cuts()
    return [priced.net_minor(one.line_id) for one in lines], sorted((cut.promo_id, cut.minor) for cut in cuts)


@given(promotions(), LINES)
def test_no_line_costs_less_than_nothing_and_no_share_loses_a_cent(
    rules: list[Promotion], drawn: list[tuple[str, int, bool]]
) -> None:
    priced, lines = basket(*rules), lines_of(drawn)
    for one in lines:
        priced.put(one)
    nets = {one.line_id: priced.net_minor(one.line_id) for one in lines}
    assert all(0 <= nets[one.line_id] <= one.amount_minor for one in lines)
    for cut in priced.basket_cuts():
        assert sum(share for _, share in cut.shares) == cut.minor
        for line_id, share in cut.shares:
            nets[line_id] -= share
    assert all(net >= 0 for net in nets.values())


@given(promotions(), LINES, st.randoms(use_true_random=False))
def test_the_order_of_scanning_changes_nothing(
    rules: list[Promotion], drawn: list[tuple[str, int, bool]], chance: random.Random
) -> None:
    lines = lines_of(drawn)
    one, other = basket(*rules), basket(*rules)
    for put in lines:
        one.put(put)
    shuffled = lines[:]
    chance.shuffle(shuffled)
    for put in shuffled:
        other.put(put)
    assert picture(one, lines) == picture(other, lines)


@given(promotions(), LINES, LINES)
def test_what_was_taken_out_again_leaves_no_trace(
    rules: list[Promotion], kept: list[tuple[str, int, bool]], gone: list[tuple[str, int, bool]]
) -> None:
    lines = lines_of(kept)
    extra = [msgspec.structs.replace(one, line_id=LineId(f"x{one.line_id}")) for one in lines_of(gone)]
    one, other = basket(*rules), basket(*rules)
    for put in [*extra, *lines]:
        one.put(put)
    for put in extra:
        one.remove(put.line_id)
    for put in lines:
        other.put(put)
    assert picture(one, lines) == picture(other, lines)


@given(promotions(), LINES)
def test_only_lines_said_to_have_changed_have_changed(
    rules: list[Promotion], drawn: list[tuple[str, int, bool]]
) -> None:
    priced, seen = basket(*rules), dict[LineId, object]()
    for one in lines_of(drawn):
        changed = priced.put(one)
        for line_id in changed | {one.line_id}:
            seen[line_id] = priced.reasons(line_id)
        assert all(priced.reasons(line_id) == reasons for line_id, reasons in seen.items())


def test_a_line_of_a_hundred_thousand_pieces_costs_no_more_than_a_short_one() -> None:
    priced = basket(promo(NForM(3, 2)), promo(Bundle((BundlePart(some("a")), BundlePart(some("b")))), "B"))
    began = time.thread_time()
    priced.put(line("a", 100, 100_000))
    priced.put(line("b", 200, 100_001))
    assert time.thread_time() - began < 0.05
    assert priced.net_minor(LineId("a")) + priced.net_minor(LineId("b")) <= 100 * 100_000 + 200 * 100_001


def test_an_offer_that_needs_counting_is_never_asked_for_a_single_line() -> None:
    with pytest.raises(InvariantError):
        off(NForM(3, 2), 100, 1000)
    with pytest.raises(InvariantError):
        line_cuts(promo(BasketPercent(1)), [], lambda _goods, _line: True)


# ── bad input ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (Promotion("", "x", PercentOff(1)), "promotion.no_name"),
        (Promotion("p", "x", PercentOff(1_000_001)), "promotion.bad_offer"),
        (Promotion("p", "x", PercentOff(0)), "promotion.bad_offer"),
        (Promotion("p", "x", AmountOff(-1)), "promotion.bad_offer"),
        (Promotion("p", "x", FixedPrice(-1)), "promotion.bad_offer"),
        (Promotion("p", "x", NForM(2, 2)), "promotion.bad_offer"),
        (Promotion("p", "x", NForPrice(0, 1)), "promotion.bad_offer"),
        (Promotion("p", "x", BasketAmount(1, -5)), "promotion.bad_offer"),
        (Promotion("p", "x", Bundle((BundlePart(ALL),))), "promotion.bad_offer"),
        (Promotion("p", "x", Bundle((BundlePart(ALL), BundlePart(Goods())))), "promotion.no_goods"),
        (Promotion("p", "x", Gift(1, Goods())), "promotion.no_goods"),
        (Promotion("p", "x", Gift(0, ALL)), "promotion.bad_offer"),
        (Promotion("p", "x", PercentOff(1), Goods()), "promotion.no_goods"),
        (Promotion("p", "x", PercentOff(1), Goods(skus=tuple(Sku(str(n)) for n in range(20_001)))), "promotion.too_many_goods"),
        (Promotion("p", "x", PercentOff(1), limit=-1), "promotion.bad_limit"),
        (Promotion("p", "x", BasketAmount(1), not_with=("q", "p")), "promotion.names_itself"),
        (Promotion("p", "x", BasketAmount(1), not_with=tuple(map(str, range(21)))), "promotion.names_too_many"),
        (Promotion("p", "x", PercentOff(1), not_with=("q",)), "promotion.cannot_name_others"),
        (Promotion("p", "x", NForM(3, 2), stacking=Stacking.ON_TOP), "promotion.cannot_be_on_top"),
        (Promotion("p", "x", PercentOff(1), validity=Validity(from_ms=5, until_ms=5)), "promotion.dates_reversed"),
        (Promotion("p", "x", PercentOff(1), validity=Validity(weekdays=(7,))), "promotion.no_such_weekday"),
        (Promotion("p", "x", PercentOff(1), validity=Validity(from_minute=-1)), "promotion.bad_hours"),
        (Promotion("p", "x", PercentOff(1), validity=Validity(from_minute=60, until_minute=60)), "promotion.bad_hours"),
    ],
)  # fmt: skip
def test_a_promotion_that_makes_no_sense_is_refused(bad: Promotion, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        checked(bad)
    assert refused.value.code == code
