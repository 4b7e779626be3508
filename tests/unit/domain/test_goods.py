"""May this unit be sold today, and for how much less: recalls, dates, markdowns."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.goods import (
    EXPIRED,
    LOOK_AT_LOT,
    LOOK_AT_SERIAL,
    MAX_LISTED,
    PAST_BEST,
    RECALLED,
    SELL,
    AfterBestBefore,
    Markdown,
    Recall,
    UnitFacts,
    Verdict,
    checked_markdown,
    checked_recall,
    markdown_minor,
    markdown_of,
    verdict,
)
from retail_core.domain.ids import LineId, Sku
from retail_core.domain.quantity import ONE
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate

TODAY = "2026-01-12"
ALL = Recall("R-1", Sku("s"), "Glass")
LOT = Recall("R-2", Sku("s"), "Mould", lots=("L1",))
SERIAL = Recall("R-3", Sku("s"), "Sparks", serials=("S1",))
BOTH = Recall("R-4", Sku("s"), "Both", lots=("L1",), serials=("S1",))


def judged(unit: UnitFacts, *recalls: Recall, after: AfterBestBefore = AfterBestBefore.STOP) -> Verdict:
    return verdict(unit, recalls, TODAY, after)


@pytest.mark.parametrize(
    ("unit", "recalls", "said"),
    [
        (UnitFacts(), (), SELL),
        (UnitFacts(), (ALL,), Verdict(RECALLED, "", "R-1 · Glass")),
        (UnitFacts("L1"), (LOT,), Verdict(RECALLED, "", "R-2 · Mould")),
        (UnitFacts(" l1"), (LOT,), Verdict(RECALLED, "", "R-2 · Mould")),
        (UnitFacts("L2"), (LOT,), SELL),
        (UnitFacts(), (LOT,), Verdict("", LOOK_AT_LOT, "L1")),
        (UnitFacts("L2", "S1"), (LOT, SERIAL), Verdict(RECALLED, "", "R-3 · Sparks")),
        (UnitFacts(), (SERIAL,), Verdict("", LOOK_AT_SERIAL, "S1")),
        (UnitFacts(None, "S2"), (SERIAL,), SELL),
        (UnitFacts("L2"), (BOTH,), Verdict("", LOOK_AT_SERIAL, "S1")),
        (UnitFacts("L2", "S2"), (BOTH,), SELL),
        (UnitFacts(None, "S1"), (BOTH,), Verdict(RECALLED, "", "R-4 · Both")),
        (UnitFacts(expiry="2026-01-12"), (), SELL),
        (UnitFacts(expiry="2026-01-11"), (), Verdict(EXPIRED, "", "2026-01-11")),
        (UnitFacts("L1", expiry="2026-01-11"), (LOT,), Verdict(RECALLED, "", "R-2 · Mould")),
        (UnitFacts(best_before="2026-01-11"), (), Verdict(PAST_BEST, "", "2026-01-11")),
        (UnitFacts(best_before="2026-01-12"), (), SELL),
    ],
)
def test_what_is_sold_what_is_stopped_and_what_is_looked_at(
    unit: UnitFacts, recalls: tuple[Recall, ...], said: Verdict
) -> None:
    assert judged(unit, *recalls) == said


def test_past_best_before_may_be_sold_where_the_store_says_so_but_a_recalled_lot_is_said_first() -> None:
    old = UnitFacts(best_before="2026-01-11")
    assert judged(old, after=AfterBestBefore.SELL) == Verdict("", PAST_BEST, "2026-01-11")
    assert judged(old, LOT, after=AfterBestBefore.SELL) == Verdict("", LOOK_AT_LOT, "L1")


def test_many_lots_are_counted_not_hidden() -> None:
    said = judged(UnitFacts(), Recall("R", Sku("s"), "Mould", lots=tuple(f"L{n}" for n in range(8))))
    assert said.detail == "L0, L1, L2, L3, L4, L5 … +2"


def test_a_recall_says_what_why_and_which() -> None:
    assert checked_recall(BOTH) is BOTH
    many = tuple(map(str, range(MAX_LISTED + 1)))
    for bad, code in (
        (Recall("", Sku("s"), "Glass"), "recall.incomplete"),
        (Recall("R", Sku("s"), " "), "recall.incomplete"),
        (Recall("R", Sku("s"), "Glass", lots=many), "recall.too_many_units"),
        (Recall("R", Sku("s"), "Glass", lots=("L1", " ")), "recall.empty_mark"),
    ):
        with pytest.raises(RuleViolationError) as refused:
            checked_recall(bad)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Markdown("Soon", -1, 1), "markdown.bad_days"),
        (Markdown("Soon", 366, 1), "markdown.bad_days"),
        (Markdown("", 1, 1), "markdown.bad_days"),
        (Markdown("Soon", 1, 0), "markdown.bad_percent"),
        (Markdown("Soon", 1, 1_000_001), "markdown.bad_percent"),
    ],
)
def test_a_markdown_that_makes_no_sense_is_refused(rule: Markdown, code: str) -> None:
    with pytest.raises(RuleViolationError) as refused:
        checked_markdown(rule)
    assert refused.value.code == code


def test_the_deepest_markdown_that_fits_is_taken() -> None:
    rules = (Markdown("Soon", 3, 200_000), Markdown("Last day", 0, 500_000), Markdown("Meat", 3, 300_000, "meat"))
    assert all(checked_markdown(rule) for rule in rules)

    def name(expiry: str, department: str = "") -> str:
        found = markdown_of(UnitFacts(expiry=expiry), department, rules, TODAY)
        return found.name if found else ""

    assert (name("2026-01-12", "meat"), name("2026-01-13", "meat"), name("2026-01-15")) == ("Last day", "Meat", "Soon")
    assert (name("2026-01-16"), name("2026-01-11")) == ("", "")
    assert markdown_of(UnitFacts(), "", rules, TODAY) is None
    assert markdown_of(UnitFacts(best_before="2026-01-12"), "", rules, TODAY) is rules[1]


@given(st.integers(0, 10**9), st.integers(1, 1_000_000))
def test_a_markdown_never_takes_more_than_there_is(amount: int, ppm: int) -> None:
    cut = markdown_minor(Markdown("Soon", 1, ppm), amount)
    assert 0 <= cut <= amount
    assert abs(cut * 1_000_000 - amount * ppm) <= 500_000


def test_how_many_units_a_line_is() -> None:
    line = SaleLine(LineId("l"), Sku("s"), "Thing", 3 * ONE, 1, TaxRate("t", "t", 0))
    assert line.units == 3
    assert msgspec.structs.replace(line, unit="kg").units == 1
    assert msgspec.structs.replace(line, qty_milli=500).units == 1
