"""What the tills of a store know of one another's drawers comes to the same in every order, and told twice counts once."""

from collections.abc import Sequence
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.drawer import MoveKind, SessionTotals, Tally
from retail_core.domain.events import DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.origin import Origin
from retail_core.domain.shared import SharedKind, key_of, merged, told_by
from retail_core.domain.shared_drawer import (
    MAX_CASH_MOVES,
    DrawerBegun,
    DrawerFact,
    SharedDrawer,
    is_later,
    is_left_behind,
)

OPENED = DrawerOpened("d1", "S1-T1", "EUR", 10_000)
BY_ITSELF = DrawerOpened("d1", "S1-T1", "EUR", 0, by_itself=True)
COUNTED = DrawerCounted("d1", "S1-T1", 1, 14_900, 15_000)
COUNTED_AGAIN = DrawerCounted("d1", "S1-T1", 2, 15_000, 15_000)
TOTALS = SessionTotals(
    moves={"float": Tally(1, 500), "loan": Tally(1, 2_000), "drop": Tally(2, 30_000), "bank": Tally(1, 700)}
)
CLOSED = DrawerClosed("d1", "S1-T1", "A", 7, "EUR", 1_000, "op-1", 10_000, 14_980, 15_000, TOTALS)


def moved(kind: MoveKind, minor: int = 0) -> DrawerMoved:
    return DrawerMoved("d1", "S1-T1", kind, minor, "safe")


def origin(seq: int, epoch: str = "e1") -> Origin:
    return Origin("till-1", "op-1", f"till-1/{epoch}", seq, 1_000 * seq, "2026-03-02")


def heard(*facts: tuple[DrawerFact, Origin]) -> SharedDrawer:
    """Folded as the store role does."""
    rows: dict[tuple[SharedKind, str], SharedDrawer] = {}
    for event, where in facts:
        for one in told_by(event, where, lambda kind, key: rows.get((kind, key))):
            assert isinstance(one, SharedDrawer)
            rows[key_of(one)] = one
    return rows[SharedKind.DRAWER, "d1"]


def test_an_open_drawer_says_whose_it_is_since_when_and_what_was_moved() -> None:
    drawer = heard(
        (OPENED, origin(1)),
        (moved(MoveKind.DROP, 20_000), origin(4)),
        (moved(MoveKind.BANK, 1_000), origin(5)),
        (moved(MoveKind.LOAN, 3_000), origin(6)),
    )
    assert (drawer.node, drawer.biz_date, drawer.end) == ("till-1", "2026-03-02", None)
    assert (drawer.begun_by, drawer.since_ms, drawer.float_minor) == ("op-1", 1_000, 10_000)
    assert (drawer.in_minor, drawer.out_minor, drawer.variance_minor) == (3_000, 21_000, None)
    assert drawer.heard_ms == 1_000


def test_change_money_that_was_named_later_is_the_float() -> None:
    assert heard((BY_ITSELF, origin(1)), (moved(MoveKind.FLOAT, 8_000), origin(2))).float_minor == 8_000


def test_a_drawer_opened_without_money_moving_is_no_news() -> None:
    for kind in (MoveKind.NO_SALE, MoveKind.COUNTING):
        assert not told_by(moved(kind), origin(2), lambda _kind, _key: None)


def test_the_last_count_says_what_was_there_and_what_was_missing_then() -> None:
    drawer = heard((OPENED, origin(1)), (COUNTED_AGAIN, origin(9)), (COUNTED, origin(8)))
    assert drawer.count is not None
    assert (drawer.count.at_ms, drawer.count.counted_minor, drawer.variance_minor) == (9_000, 15_000, 0)
    assert heard((OPENED, origin(1)), (COUNTED, origin(8))).variance_minor == -100


@pytest.mark.parametrize(
    "facts",
    list(
        permutations(
            [
                (OPENED, origin(1)),
                (moved(MoveKind.DROP, 30_000), origin(3)),
                (COUNTED, origin(8)),
                (CLOSED, origin(9)),
            ]
        )
    ),
)
def test_a_closed_drawer_stays_closed_whatever_arrives_later(facts: Sequence[tuple[DrawerFact, Origin]]) -> None:
    drawer = heard(*facts, *facts)
    assert drawer.end is not None
    assert (drawer.since_ms, drawer.begun_by, drawer.end.at_ms) == (1_000, "op-1", 9_000)
    assert (drawer.float_minor, drawer.in_minor, drawer.out_minor) == (10_500, 2_000, 30_700)
    assert drawer.variance_minor == -20
    assert (drawer.begun, drawer.moves, drawer.count) == (None, (), None)


def test_a_drawer_is_known_before_anybody_tells_of_its_beginning() -> None:
    drawer = heard((moved(MoveKind.DROP, 500), origin(3)))
    assert (drawer.since_ms, drawer.begun_by, drawer.float_minor, drawer.out_minor, drawer.heard_ms) == (
        0,
        "",
        0,
        500,
        0,
    )


def test_a_till_put_back_to_an_old_copy_has_its_newest_closing() -> None:
    again = DrawerClosed("d1", "S1-T1", "B", 1, "EUR", 1_000, "op-1", 10_000, 15_000, 15_000, TOTALS)
    for facts in permutations([(CLOSED, origin(9, "e1")), (again, origin(5, "e2"))]):
        assert heard(*facts).variance_minor == 0


def test_a_row_is_bounded_and_keeps_the_newest_moves() -> None:
    facts = [(moved(MoveKind.DROP, 1), origin(seq)) for seq in range(1, MAX_CASH_MOVES + 4)]
    drawer = heard(*facts)
    assert [move.seq for move in drawer.moves] == list(range(4, MAX_CASH_MOVES + 4))


def _joined(parts: Sequence[SharedDrawer]) -> SharedDrawer | None:
    def add(here: SharedDrawer | None, offered: SharedDrawer) -> SharedDrawer | None:
        news = merged(here, offered)
        assert news is None or isinstance(news, SharedDrawer)
        return news or here

    return reduce(add, parts, None)


@st.composite
def drawer_facts(draw: st.DrawFn) -> tuple[DrawerFact, Origin]:
    """What a till may have written of one session; a place in a stream always holds the same fact."""
    epoch, seq = draw(st.sampled_from(("e1", "e2"))), draw(st.integers(1, 12))
    kinds = (MoveKind.FLOAT, MoveKind.LOAN, MoveKind.DROP, MoveKind.BANK)
    choices: Sequence[DrawerFact] = (
        OPENED,
        COUNTED,
        COUNTED_AGAIN,
        CLOSED,
        *(moved(kind, 100 * seq) for kind in kinds),
    )
    return choices[(seq * (5 if epoch == "e1" else 3)) % len(choices)], origin(seq, epoch)


@given(st.lists(drawer_facts(), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_every_machine_of_the_store_comes_to_the_same_whatever_it_heard_first(
    facts: list[tuple[DrawerFact, Origin]], chance: object
) -> None:
    rows = [one for event, where in facts for one in told_by(event, where, lambda _kind, _key: None)]
    assert all(isinstance(one, SharedDrawer) for one in rows)
    known = [one for one in rows if isinstance(one, SharedDrawer)]
    straight = _joined(known)
    mixed = [*known, *known[: len(known) // 2]]
    chance.shuffle(mixed)  # type: ignore[attr-defined] # hypothesis names no type for it
    assert _joined(mixed) == straight
    half = len(mixed) // 2
    parts = [part for part in (_joined(mixed[:half]), _joined(mixed[half:])) if part]
    assert _joined(parts) == straight


def test_a_session_is_left_behind_when_its_register_began_another_or_its_machine_was_shut_out() -> None:
    def session(name: str, node: str, at_ms: int) -> SharedDrawer:
        return SharedDrawer(name, node, begun=DrawerBegun(f"{node}/e1", 1, at_ms, "op-1"))

    old, new, other = session("d1", "till-1", 10), session("d2", "till-1b", 20), session("d3", "till-2", 30)
    registers = {"till-1": "T1", "till-1b": "T1"}
    assert is_left_behind(old, [old, new, other], registers, ())
    assert not is_left_behind(new, [old, new, other], registers, ())
    assert not is_left_behind(other, [old, new, other], registers, ())  # of a till whose register nobody told
    assert is_left_behind(other, [other], registers, ["till-2"])


def test_of_two_sessions_the_journal_says_which_came_later_whatever_the_clock_said() -> None:
    wrong = SharedDrawer("d1", "till-1", begun=DrawerBegun("till-1/e1", 3, 9_000_000, "op-1"))
    right = SharedDrawer("d2", "till-1", begun=DrawerBegun("till-1/e1", 70, 1_000, "op-1"))
    assert is_later(right, wrong)
    assert not is_later(wrong, right)
    assert is_left_behind(wrong, [wrong, right], {}, ())
