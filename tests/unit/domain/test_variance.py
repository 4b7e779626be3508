"""A difference in the drawer: what may have happened, the best guess first."""

import pytest

from retail_core.domain.drawer import MoveKind
from retail_core.domain.variance import (
    MAX_CAUSES,
    CauseKind,
    Trace,
    causes,
    of_cash,
    of_move,
    of_other_tender,
)


def kinds(variance: int, *traces: Trace) -> list[tuple[CauseKind, bool]]:
    return [(cause.kind, cause.fits) for cause in causes(variance, traces)]


def test_no_difference_has_no_cause() -> None:
    assert causes(0, of_cash("r", 100, 100, 0, 1, "op")) == ()


@pytest.mark.parametrize(
    ("variance", "kind"),
    [
        (-1_200, CauseKind.CASH_NOT_TAKEN),
        (-800, CauseKind.CHANGE),
        (800, CauseKind.CHANGE),
    ],
)
def test_a_cash_sale_explains_its_own_sum_and_its_change(variance: int, kind: CauseKind) -> None:
    sale = of_cash("r-1", 1_200, 2_000, 800, 5, "op-1")
    found = causes(variance, sale)
    assert [(cause.kind, cause.subject, cause.who, cause.at_ms) for cause in found] == [(kind, "r-1", "op-1", 5)]


def test_fifty_typed_for_a_twenty_explains_thirty_too_little() -> None:
    assert (CauseKind.NOTE_MISTAKEN, True) in kinds(-3_000, *of_cash("r", 1_200, 5_000, 3_800, 5, "op"))
    assert kinds(3_000, *of_cash("r", 1_200, 5_000, 3_800, 5, "op")) == []


def test_a_card_sale_that_was_paid_in_cash_explains_too_much() -> None:
    (card,) = of_other_tender("r", 990, 0, 1, "op")
    assert kinds(990, card) == [(CauseKind.CASH_TAKEN, True)]
    assert kinds(-990, card) == []


def test_cash_paid_out_on_a_card_explains_its_sum() -> None:
    assert (CauseKind.CHANGE, True) in kinds(-500, *of_other_tender("r", 990, 500, 1, "op"))


@pytest.mark.parametrize("kind", [MoveKind.LOAN, MoveKind.DROP, MoveKind.BANK, MoveKind.FLOAT])
def test_a_movement_noted_and_not_made_explains_its_sum_either_way(kind: MoveKind) -> None:
    (trace,) = of_move(kind, 5_000, 1, "op", "safe")
    assert kinds(5_000, trace) == kinds(-5_000, trace) == [(CauseKind.MOVE_NOT_DONE, True)]


def test_openings_without_a_sale_are_always_told_and_never_proof() -> None:
    opened = (*of_move(MoveKind.NO_SALE, 0, 1, "op", "change"), *of_move(MoveKind.NO_SALE, 0, 2, "op", "look"))
    (cause,) = causes(-70, opened)
    assert (cause.kind, cause.fits, cause.count) == (CauseKind.NO_SALE, False, 2)
    assert of_move(MoveKind.COUNTING, 0, 1, "op", "count") == ()


def test_a_float_nobody_said_explains_too_much_and_not_too_little() -> None:
    unsaid = Trace(CauseKind.FLOAT_UNSAID, 0, 1, "op")
    assert kinds(10_000, unsaid) == [(CauseKind.FLOAT_UNSAID, True)]
    assert kinds(-10_000, unsaid) == [(CauseKind.FLOAT_UNSAID, False)]


def test_what_fits_comes_first_and_other_voids_are_summed() -> None:
    traces = (
        Trace(CauseKind.SALE_VOIDED, 300, 1, "op"),
        Trace(CauseKind.LINE_VOIDED, 119, 1, "op"),
        Trace(CauseKind.LINE_VOIDED, 81, 2, "op"),
        Trace(CauseKind.CARD_DOUBT, 700, 3, "op"),
    )
    found = causes(700, traces)
    assert [(cause.kind, cause.fits, cause.count, cause.minor) for cause in found] == [
        (CauseKind.CARD_DOUBT, True, 1, 700),
        (CauseKind.SALE_VOIDED, False, 1, 300),
        (CauseKind.LINE_VOIDED, False, 2, 200),
    ]


def test_no_more_causes_than_somebody_reads() -> None:
    many = [Trace(CauseKind.CASH_TAKEN, 5, n, "op", sign=1) for n in range(40)]
    assert len(causes(5, many)) == MAX_CAUSES


def test_an_exact_cash_sale_has_no_change_to_mistake() -> None:
    assert [trace.kind for trace in of_cash("r", 100, 100, 0, 1, "op")] == [CauseKind.CASH_NOT_TAKEN]
