"""A drawer: what may follow what, what should be in it, and when it is counted again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.drawer import (
    DRAWER_TRANSITIONS,
    MAX_PIECES,
    MAX_REASON_CHARS,
    MOVE_SIGN,
    Counted,
    DrawerAct,
    DrawerRules,
    DrawerSession,
    MoveKind,
    Pieces,
    SessionState,
    SessionTotals,
    Tally,
    TaxTally,
    business_date_of_session,
    check_float,
    check_move,
    count_again,
    denominations,
    expected_cash,
    needs_reason,
    sum_of,
)
from retail_core.domain.drawer_events import DrawerClosed
from retail_core.domain.drawer_totals import with_move
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.saledata import MAX_TOTAL_MINOR

OPEN = DrawerSession("ses-1", "S0319-T1", "2025-11-24", "EUR", 1, "op-1", 10_000)


def counted(minor: int, expected: int = 10_000) -> Counted:
    return Counted("op-1", 1, minor, expected)


def refused(code: str, act: object) -> None:
    with pytest.raises(RuleViolationError) as error:
        act()  # type: ignore[operator]
    assert error.value.code == code


def test_a_session_is_counted_and_then_closed() -> None:
    done = OPEN.after(DrawerAct.SELL).after(DrawerAct.MOVE).after(DrawerAct.COUNT).after(DrawerAct.CLOSE)
    assert done.state is SessionState.CLOSED


@pytest.mark.parametrize("act", [DrawerAct.SELL, DrawerAct.MOVE])
def test_a_sale_or_a_movement_after_a_count_makes_the_count_worth_nothing(act: DrawerAct) -> None:
    counted_once = OPEN.after(DrawerAct.COUNT)
    assert counted_once.after(DrawerAct.COUNT) is counted_once
    assert counted_once.after(act).state is SessionState.OPEN


def test_the_count_that_holds_is_the_last_one_while_nothing_has_happened_since() -> None:
    session = DrawerSession("s", "d", "2025-11-24", "EUR", 1, "op", counts=(counted(1), counted(2)))
    assert session.last_count is None
    assert session.after(DrawerAct.COUNT).last_count == counted(2)


@pytest.mark.parametrize("act", list(DrawerAct))
def test_a_closed_drawer_stays_closed(act: DrawerAct) -> None:
    closed = OPEN.after(DrawerAct.COUNT).after(DrawerAct.CLOSE)
    refused("drawer.closed_already", lambda: closed.after(act))


def test_a_drawer_nobody_counted_cannot_be_closed() -> None:
    refused("drawer.not_counted", lambda: OPEN.after(DrawerAct.CLOSE))


def test_every_move_of_the_table_ends_in_a_state_the_table_knows() -> None:
    assert {state for state, _ in DRAWER_TRANSITIONS} == {SessionState.OPEN, SessionState.COUNTED}


@given(
    st.integers(0, 10**6),
    st.lists(st.tuples(st.sampled_from(list(MoveKind)), st.integers(0, 10**5)), max_size=12),
    st.integers(-(10**6), 10**6),
)
def test_what_should_be_in_the_drawer_is_float_and_sales_and_each_movement_by_its_sign(
    float_minor: int, moves: list[tuple[MoveKind, int]], cash_minor: int
) -> None:
    totals = SessionTotals(cash_minor=cash_minor)
    for kind, minor in moves:
        totals = with_move(totals, kind, minor)
    assert expected_cash(float_minor, totals) == float_minor + cash_minor + sum(MOVE_SIGN[k] * m for k, m in moves)


def test_a_session_knows_what_should_be_in_it() -> None:
    assert OPEN.expected_minor == 10_000


@pytest.mark.parametrize(
    ("kind", "minor", "reason", "code"),
    [
        (MoveKind.NO_SALE, 5, "change", "drawer.no_sale_has_no_amount"),
        (MoveKind.LOAN, 0, "change", "drawer.amount_not_positive"),
        (MoveKind.DROP, -5, "safe", "drawer.amount_not_positive"),
        (MoveKind.LOAN, MAX_TOTAL_MINOR + 1, "change", "drawer.amount_too_large"),
        (MoveKind.DROP, 501, "safe", "drawer.not_enough"),
        (MoveKind.BANK, 501, "bank", "drawer.not_enough"),
        (MoveKind.LOAN, 5, "", "drawer.reason_missing"),
        (MoveKind.NO_SALE, 0, "x" * (MAX_REASON_CHARS + 1), "drawer.reason_missing"),
    ],
)
def test_a_movement_that_cannot_be_is_refused(kind: MoveKind, minor: int, reason: str, code: str) -> None:
    refused(code, lambda: check_move(kind, minor, reason, 500))


def test_a_movement_that_can_be_is_not() -> None:
    check_move(MoveKind.DROP, 500, "safe", 500)
    check_move(MoveKind.NO_SALE, 0, "change", 0)
    check_float(0)


def test_a_float_is_nothing_or_more() -> None:
    refused("drawer.amount_not_positive", lambda: check_float(-1))
    refused("drawer.amount_too_large", lambda: check_float(MAX_TOTAL_MINOR + 1))


def test_coins_and_notes_add_up() -> None:
    assert sum_of((Pieces(1_000, 3), Pieces(5, 7))) == 3_035


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        (Pieces(0, 1), "drawer.bad_count"),
        (Pieces(5, -1), "drawer.bad_count"),
        (Pieces(5, MAX_PIECES + 1), "drawer.bad_count"),
        (Pieces(MAX_TOTAL_MINOR, 2), "drawer.amount_too_large"),
    ],
)
def test_a_count_nobody_can_have_made_is_refused(piece: Pieces, code: str) -> None:
    refused(code, lambda: sum_of((piece,)))


def test_a_large_difference_is_counted_once_more_and_not_for_ever() -> None:
    rules = DrawerRules(limit_minor=500)
    assert not count_again((), rules)
    assert not count_again((counted(10_500),), rules)
    assert count_again((counted(9_499),), rules)
    assert not count_again((counted(9_499), counted(9_499)), rules)


def test_every_difference_needs_a_reason() -> None:
    assert needs_reason(counted(9_999))
    assert not needs_reason(counted(10_000))


def test_a_clock_set_back_puts_no_session_into_a_day_that_is_over() -> None:
    assert business_date_of_session("2025-11-24", None) == "2025-11-24"
    assert business_date_of_session("2025-11-21", "2025-11-24") == "2025-11-24"
    assert business_date_of_session("2025-11-25", "2025-11-24") == "2025-11-25"


def test_a_drawer_is_counted_by_the_money_of_its_country() -> None:
    euro = denominations("EUR")
    assert euro.notes == (20_000, 10_000, 5_000, 2_000, 1_000, 500)
    assert euro.coins == (200, 100, 50, 20, 10, 5, 2, 1)
    assert denominations("KRW").coins == ()
    assert denominations("AUD").coins[0] == 50


def test_tax_is_in_the_price_or_on_top() -> None:
    assert TaxTally("food", 90_000, included=True, taxable_minor=109, tax_minor=9).net_minor == 100
    assert TaxTally("food", 90_000, included=False, taxable_minor=100, tax_minor=9).net_minor == 100


def test_a_z_knows_its_difference() -> None:
    closed = DrawerClosed("s", "d", "A", 1, "EUR", 1, "op", 0, 90, 100, SessionTotals(moves={"no_sale": Tally(2)}))
    assert closed.variance_minor == -10
    assert closed.totals.no_sales == 2
