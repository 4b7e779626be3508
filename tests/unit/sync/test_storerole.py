"""Two machines with the store role find out about one another, and one of them gives it up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.sync.storerole import NOBODY, TERM_STEP, StoreRole, appointed, heard_of, taken_over

HAS, HAS_NOT = StoreRole(has=True, generation=3), StoreRole(has=False, generation=3)


@pytest.mark.parametrize("highest", [(4, "A1"), (3, "A9")])
def test_whoever_hears_of_a_later_take_over_gives_the_role_up(highest: tuple[int, str]) -> None:
    assert heard_of(HAS, "A2", highest) == StoreRole(has=False, generation=highest[0])


@pytest.mark.parametrize("highest", [(2, "A9"), (3, "A1"), NOBODY])
def test_an_earlier_one_changes_nothing(highest: tuple[int, str]) -> None:
    assert heard_of(HAS, "A2", highest) is None
    assert heard_of(HAS_NOT, "A2", highest) is None


def test_a_machine_without_the_role_remembers_how_often_it_was_taken_over() -> None:
    assert heard_of(HAS_NOT, "A2", (7, "A1")) == StoreRole(has=False, generation=7)
    assert taken_over(StoreRole(has=False, generation=7), NOBODY) == StoreRole(has=True, generation=8)
    assert taken_over(HAS_NOT, (9, "A1")).generation == 10


@given(st.integers(0, 5), st.integers(0, 5))
def test_of_two_that_meet_exactly_one_keeps_it(one: int, other: int) -> None:
    first, second = (
        heard_of(StoreRole(True, one), "A1", (other, "A2")),
        heard_of(StoreRole(True, other), "A2", (one, "A1")),
    )
    assert (first is None) is not (second is None)


def test_a_term_of_head_office_ends_what_the_store_decided_without_it() -> None:
    alone = taken_over(taken_over(HAS_NOT, NOBODY), (9, "A1"))  # twice, while the line was down
    told, named = StoreRole(has=False, generation=TERM_STEP), StoreRole(has=True, generation=TERM_STEP)
    assert appointed(alone, "A2", 1, "A3") == told
    assert appointed(HAS_NOT, "A3", 1, "A3") == named
    assert appointed(named, "A3", 1, "A3") is None  # heard again
    assert heard_of(alone, "A2", (named.generation, "A3")) == told  # also from a neighbour alone
    again = taken_over(told, NOBODY)  # the named one does not answer either
    assert heard_of(named, "A3", (again.generation, "A2")) == StoreRole(has=False, generation=again.generation)
    assert appointed(again, "A2", 1, "A3") is None  # an older word of head office does not undo it
