"""Why the drawer may hold another sum than it should: facts of the session that fit a difference, the best first.

Nothing here accuses anybody. A cause *fits* when its sum explains the difference to the cent; the others are what an
experienced supervisor would look at anyway.
"""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from retail_core.domain.drawer import MoveKind

MAX_CAUSES = 12


class CauseKind(StrEnum):
    """In the order they are looked at."""

    FLOAT_UNSAID = "float_unsaid"  # the session opened by itself and nobody said what was in the drawer
    CARD_DOUBT = "card_doubt"
    TENDER_CORRECTED = "tender_corrected"
    SALE_VOIDED = "sale_voided"
    LINE_VOIDED = "line_voided"
    MOVE_NOT_DONE = "move_not_done"  # noted, but no money moved; or moved twice
    CASH_NOT_TAKEN = "cash_not_taken"  # rung up as cash and paid by something else, or not at all
    CASH_TAKEN = "cash_taken"  # rung up as something else and paid in cash
    CHANGE = "change"  # not given, or given twice
    NOTE_MISTAKEN = "note_mistaken"  # change given on a larger note than was handed over
    NO_SALE = "no_sale"


class Trace(msgspec.Struct, frozen=True):
    """One fact of the session that may have to do with it. `sign`: the way it would move the difference, 0 for both."""

    kind: CauseKind
    minor: int
    at_ms: int
    who: str
    subject: str = ""
    sign: int = 0


class Cause(msgspec.Struct, frozen=True):
    """A candidate. `fits`: it explains the whole difference; else it is `count` facts of that kind, `minor` in all."""

    kind: CauseKind
    fits: bool
    count: int
    minor: int
    at_ms: int = 0
    who: str = ""
    subject: str = ""


SHOWN_ANYWAY = (
    CauseKind.FLOAT_UNSAID,
    CauseKind.CARD_DOUBT,
    CauseKind.TENDER_CORRECTED,
    CauseKind.SALE_VOIDED,
    CauseKind.LINE_VOIDED,
    CauseKind.NO_SALE,
)
"""Kinds told even when no single one fits; change and tenders are on every sale and would hide the rest."""


def causes(variance_minor: int, traces: Iterable[Trace]) -> tuple[Cause, ...]:
    """Candidates for a difference, those that fit first, each group in the order of `CauseKind`. None for no difference."""
    if not variance_minor:
        return ()
    known = list(traces)
    fitting = [
        Cause(trace.kind, True, 1, trace.minor, trace.at_ms, trace.who, trace.subject)
        for kind in CauseKind
        for trace in known
        if trace.kind is kind and _fits(trace, variance_minor)
    ]
    told = {cause.kind for cause in fitting}
    rest: list[Cause] = []
    for kind in SHOWN_ANYWAY:
        same = [trace for trace in known if trace.kind is kind]
        if same and kind not in told:
            rest.append(Cause(kind, False, len(same), sum(trace.minor for trace in same)))
    return (*fitting, *rest)[:MAX_CAUSES]


def of_move(kind: MoveKind, minor: int, at_ms: int, who: str, reason: str) -> tuple[Trace, ...]:
    """What a movement may explain: money noted and not moved, or moved and noted once too often."""
    if kind in {MoveKind.NO_SALE, MoveKind.COUNTING}:
        return (Trace(CauseKind.NO_SALE, 0, at_ms, who, reason),) if kind is MoveKind.NO_SALE else ()
    return (Trace(CauseKind.MOVE_NOT_DONE, minor, at_ms, who, kind.value),)


def of_cash(receipt: str, due_minor: int, given_minor: int, change_minor: int, at_ms: int, who: str) -> list[Trace]:
    """What a cash sale may explain. `given_minor` is what the till was told."""
    found = [Trace(CauseKind.CASH_NOT_TAKEN, due_minor, at_ms, who, receipt, -1)]
    if change_minor > 0:
        found.append(Trace(CauseKind.CHANGE, change_minor, at_ms, who, receipt))
        found += [
            Trace(CauseKind.NOTE_MISTAKEN, given_minor - note, at_ms, who, receipt, -1)
            for note in (given_minor // 2, given_minor * 2 // 5, given_minor // 5, given_minor // 10)
            if due_minor <= note < given_minor
        ]
    return found


def of_other_tender(receipt: str, minor: int, back_minor: int, at_ms: int, who: str) -> list[Trace]:
    """What a sale paid by something else may explain; `back_minor` was paid out in cash on a card."""
    found = [Trace(CauseKind.CASH_TAKEN, minor, at_ms, who, receipt, 1)]
    if back_minor > 0:
        found.append(Trace(CauseKind.CHANGE, back_minor, at_ms, who, receipt))
    return found


def _fits(trace: Trace, variance_minor: int) -> bool:
    if trace.kind in {CauseKind.NO_SALE, CauseKind.FLOAT_UNSAID}:
        return trace.kind is CauseKind.FLOAT_UNSAID and variance_minor > 0
    if trace.sign:
        return trace.minor * trace.sign == variance_minor
    return abs(trace.minor) == abs(variance_minor)
