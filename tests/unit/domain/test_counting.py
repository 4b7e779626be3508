"""Counting while the shop sells: a count replaces what came before it, whatever arrives when."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.counting import Change, Count, Place, Shelf, change_of, latest, replaces, shelf
from retail_core.domain.events import StockCounted
from retail_core.domain.ids import Sku
from retail_core.domain.stock import StockMovement, StockState

MILK = Sku("1001")
MINUTE_MS = 60_000
DOUBT_MS = 1_000


def sold(till: str, seq: int, minute: int, pieces: int = 1) -> Change:
    return Change(Place(f"{till}/e1", seq, minute * MINUTE_MS), -1000 * pieces)


def count(name: str, till: str, seq: int, minute: int, pieces: int, **cut: int) -> Count:
    heard = {f"{other}/e1": through for other, through in cut.items()}
    counted = StockCounted(MILK, 1000 * pieces, name, minute * MINUTE_MS, heard)
    return Count(Place(f"{till}/e1", seq, minute * MINUTE_MS), counted)


def test_without_a_count_the_shelf_is_what_moved() -> None:
    assert shelf([], [sold("T1", 1, 1), Change(Place("hq/g1", 1, 0), 10_000)], DOUBT_MS) == Shelf(9_000)


def test_a_count_replaces_what_the_tills_had_sold_before_and_keeps_what_they_sold_after() -> None:
    counted = count("C1", "T1", 5, 10, 20, T1=4, T2=7)
    sales = [sold("T1", 4, 9), sold("T2", 7, 9), sold("T1", 6, 11, 2), sold("T2", 8, 12)]
    assert shelf([counted], sales, DOUBT_MS) == Shelf(17_000, "C1")


def test_a_sale_that_arrives_late_from_a_till_that_was_heard_changes_nothing() -> None:
    counted = count("C1", "T1", 5, 10, 20, T2=7)
    assert shelf([counted], [sold("T2", 3, 2)], DOUBT_MS).qty_milli == 20_000


def test_of_a_till_that_could_not_be_heard_time_decides() -> None:
    counted = count("C1", "T1", 5, 10, 20, T1=4)
    assert shelf([counted], [sold("T3", 90, 9), sold("T3", 91, 11)], DOUBT_MS) == Shelf(19_000, "C1")


@pytest.mark.parametrize("change", [sold("T3", 9, 10), sold("T2", 8, 10), sold("T2", 7, 10)])
def test_a_sale_at_the_moment_of_the_count_asks_for_another_count(change: Change) -> None:
    assert shelf([count("C1", "T1", 5, 10, 20, T1=4, T2=7)], [change], DOUBT_MS).recount


def test_what_takes_nothing_from_the_shelf_asks_for_no_count() -> None:
    nothing = Change(Place("T3/e1", 9, 10 * MINUTE_MS), 0)
    assert shelf([count("C1", "T1", 5, 10, 20, T1=4)], [nothing], DOUBT_MS) == Shelf(20_000, "C1")


@pytest.mark.parametrize("change", [sold("T2", 8, 3), sold("T2", 6, 30)])
def test_when_number_and_clock_disagree_somebody_counts_again(change: Change) -> None:
    assert shelf([count("C1", "T1", 5, 10, 20, T2=7)], [change], DOUBT_MS).recount


def test_the_count_that_knew_of_the_other_holds_even_if_its_clock_is_behind() -> None:
    first, second = count("C1", "T1", 5, 10, 20, T1=4), count("C2", "T2", 3, 4, 12, T1=6, T2=2)
    assert latest([first, second]) is second
    assert latest([second, first]) is second
    assert latest([]) is None


def test_of_two_counts_that_knew_nothing_of_one_another_the_later_one_holds() -> None:
    first, second = count("C1", "T1", 5, 10, 20), count("C2", "T2", 3, 12, 18)
    assert latest([second, first]) is second


def test_counts_that_claim_to_know_one_another_still_give_one_answer() -> None:
    first, second = count("C1", "T1", 5, 10, 20, T2=9), count("C2", "T2", 3, 12, 18, T1=9)
    assert latest([second, first]) is latest([first, second])


def test_only_the_shelf_itself_is_counted() -> None:
    place = Place("T1/e1", 1, 0)
    moves = [
        StockMovement(1, MILK, 3000, StockState.SELLABLE, StockState.CUSTOMER, "sale"),
        StockMovement(2, MILK, 1000, StockState.CUSTOMER, StockState.SELLABLE, "return"),
        StockMovement(3, MILK, 5000, StockState.PICKED, StockState.CUSTOMER, "fulfilment.collected"),
    ]
    assert change_of(place, moves) == Change(place, -2000)


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Count], list[Change], dict[Place, bool], int]:
    """A truthful day of three tills: what they sold and counted, in the order in which it happened."""
    here, now_ms = 100, 0
    tills: dict[str, int] = {"T1": 0, "T2": 0, "T3": 0}
    counts: list[Count] = []
    changes: list[Change] = []
    since: dict[Place, bool] = {}
    for n in range(draw(st.integers(1, 30))):
        till = draw(st.sampled_from(sorted(tills)))
        now_ms += draw(st.integers(2 * DOUBT_MS, MINUTE_MS))
        tills[till] += 1
        place = Place(f"{till}/e1", tills[till], now_ms)
        if draw(st.booleans()):
            heard = draw(st.sets(st.sampled_from(sorted(tills)))) | {till}
            cut = {f"{one}/e1": tills[one] for one in sorted(heard)}
            counts.append(Count(place, StockCounted(MILK, 1000 * here, f"C{n}", now_ms, cut)))
            since = {}
        else:
            pieces = draw(st.integers(1, 3))
            here -= pieces
            changes.append(Change(place, -1000 * pieces))
            since[place] = True
    return counts, changes, since, 1000 * here


@given(days(), st.randoms(use_true_random=False))
def test_whatever_arrives_when_the_shelf_is_what_it_is(
    day: tuple[list[Count], list[Change], dict[Place, bool], int], chance: Random
) -> None:
    counts, changes, since, here_milli = day
    chance.shuffle(counts)
    chance.shuffle(changes)
    found = shelf(counts, changes, DOUBT_MS)
    assert not found.recount
    if counts:
        assert found.qty_milli == here_milli
        held = latest(counts)
        assert held
        assert {change.place for change in changes if not replaces(held, change.place)} == since.keys()
