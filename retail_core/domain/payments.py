"""A card payment's life at one terminal, as a table, and what the terminal's last payment says of one in doubt.

Nothing may be asked of the terminal for a tender that is SENT or UNKNOWN but what became of it; only APPROVED counts as
paid. A terminal numbers what it does one by one and carries no number of ours: it is by its numbers that a payment is
found again. Where they leave any doubt the answer is "unknown", never a guess.
"""

from collections.abc import Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec


class Act(StrEnum):
    """What is asked of the terminal."""

    PAY = "pay"
    REFUND = "refund"


class Stage(StrEnum):
    SENT = "SENT"  # asked for, or about to be; until the answer nobody knows
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    ABORTED = "ABORTED"  # nothing was taken
    UNKNOWN = "UNKNOWN"  # the terminal could not say; ask again
    REVERSING = "REVERSING"
    REVERSED = "REVERSED"


class Step(StrEnum):
    APPROVE = "approve"
    DECLINE = "decline"
    ABORT = "abort"
    DOUBT = "doubt"
    BEGIN_REVERSAL = "begin_reversal"
    REVERSE = "reverse"
    KEEP = "keep"  # the reversal was refused: it stays paid


TRANSITIONS = MappingProxyType(
    {
        **{(stage, Step.APPROVE): Stage.APPROVED for stage in (Stage.SENT, Stage.UNKNOWN)},
        **{(stage, Step.DECLINE): Stage.DECLINED for stage in (Stage.SENT, Stage.UNKNOWN)},
        **{(stage, Step.ABORT): Stage.ABORTED for stage in (Stage.SENT, Stage.UNKNOWN)},
        **{(stage, Step.DOUBT): Stage.UNKNOWN for stage in (Stage.SENT, Stage.UNKNOWN)},
        (Stage.APPROVED, Step.BEGIN_REVERSAL): Stage.REVERSING,
        (Stage.REVERSING, Step.DOUBT): Stage.REVERSING,
        (Stage.REVERSING, Step.REVERSE): Stage.REVERSED,
        (Stage.REVERSING, Step.KEEP): Stage.APPROVED,
    }
)


IN_DOUBT = frozenset({Stage.SENT, Stage.UNKNOWN, Stage.REVERSING})


class PaymentRecord(msgspec.Struct, frozen=True):
    """One tender at one terminal. `masked_card` holds four digits at most; `trace` and `receipt` are the terminal's.

    `terminal` is the name it has in till.toml.
    """

    tender_id: str
    act: Act
    stage: Stage
    amount_minor: int
    currency: str
    at_ms: int
    approved_minor: int = 0
    trace: int = 0
    receipt: int = 0
    masked_card: str = ""
    card_name: str = ""
    reason: str = ""
    terminal: str = ""


# ── the terminal's own numbers ───────────────────────────────────────────────────────────────────

TRACES = 1_000_000  # both counters begin again
RECEIPTS = 10_000


class Mark(msgspec.Struct, frozen=True):
    """What a terminal calls one thing it did. Zero and empty: it did not say. `stamp` is its clock, MMDDhhmmss."""

    trace: int = 0
    receipt: int = 0
    terminal_id: str = ""
    stamp: str = ""

    @property
    def numbered(self) -> bool:
        return bool(self.trace or self.receipt)


def same(one: Mark, other: Mark) -> bool:
    """True when both name the same thing; what only one of them says does not part them."""
    if one.terminal_id and other.terminal_id and one.terminal_id != other.terminal_id:
        return False
    if one.stamp and other.stamp and one.stamp != other.stamp:
        return False
    if one.trace and other.trace:
        return one.trace == other.trace
    return one.receipt == other.receipt != 0


def follows(new: Mark, old: Mark) -> bool:
    """True when `new` is the very next thing the terminal did after `old`, in either of its two counts."""
    if new.terminal_id and old.terminal_id and new.terminal_id != old.terminal_id:
        return False
    by_trace = bool(new.trace and old.trace) and (new.trace - old.trace) % TRACES == 1
    by_receipt = bool(new.receipt and old.receipt) and (new.receipt - old.receipt) % RECEIPTS == 1
    return by_trace or by_receipt


class Sort(StrEnum):
    """Kinds of entries in a terminal's log."""

    ASKED = "asked"  # we asked for something; nothing is known yet
    TAKEN = "taken"  # money moved, either way
    REFUSED = "refused"  # numbered, but no money moved
    SEEN = "seen"  # somebody else's, or nobody knows whose


MARKED_AS = MappingProxyType(
    {
        Step.APPROVE: Sort.TAKEN,
        Step.REVERSE: Sort.TAKEN,
        Step.DECLINE: Sort.REFUSED,
        Step.ABORT: Sort.REFUSED,
        Step.KEEP: Sort.REFUSED,
        Step.DOUBT: Sort.SEEN,
        Step.BEGIN_REVERSAL: Sort.SEEN,
    }
)
"""What a terminal's number stands for when it comes with a step of a payment."""


class LogEntry(msgspec.Struct, frozen=True):
    """What we asked of a terminal and what it told of itself, in this order."""

    sort: Sort
    tender_id: str
    mark: Mark = Mark()


NO_LAST_PAYMENT = "terminal.no_last_payment"
NO_BASELINE = "terminal.no_earlier_payment"
OTHER_PAYMENT = "terminal.other_payment"
LATER_PAYMENT = "terminal.later_payment"
NOT_TAKEN = "terminal.not_taken"
NOT_REVERSED = "terminal.not_reversed"
CONTRADICTION = "terminal.contradiction"
OTHER_REVERSED = "terminal.other_reversed"
REFUSED = "terminal.declined"
FOR_PEOPLE = frozenset({NO_LAST_PAYMENT, NO_BASELINE, OTHER_PAYMENT, LATER_PAYMENT, CONTRADICTION, OTHER_REVERSED})
"""Reasons of a doubt that asking again cannot end: somebody has to look at the terminal's receipts."""


class LastDone(msgspec.Struct, frozen=True):
    """The last thing a terminal did, as it tells it again. `result` 0: done; None: it did not say."""

    mark: Mark
    result: int | None
    amount_minor: int | None


class Verdict(msgspec.Struct, frozen=True):
    """The step that follows for the tender in doubt, and why."""

    step: Step
    reason: str = ""


def judge(record: PaymentRecord, last: LastDone, log: Sequence[LogEntry]) -> Verdict:
    """What the terminal's last doing says of a tender whose end nobody knows. `log` is in order, the newest last.

    Taken: it is the very next thing after all we knew of when we asked, done, and to the cent what was asked for.
    Not taken: it is still what we knew of when we asked. Everything else is a doubt.
    """
    asked = _asked(record.tender_id, log)
    if not last.mark.numbered or asked is None:
        return Verdict(Step.DOUBT, NO_LAST_PAYMENT)
    before, after = log[:asked], log[asked + 1 :]
    if _still_last(last.mark, before):
        moved_on = any(entry.sort in {Sort.TAKEN, Sort.SEEN} for entry in after)
        return Verdict(Step.DOUBT, LATER_PAYMENT) if moved_on else _nothing_done(record)
    baseline = next((entry.mark for entry in reversed(before) if entry.mark.numbered), None)
    if baseline is None:
        return Verdict(Step.DOUBT, NO_BASELINE)
    if any(entry.sort is Sort.ASKED or same(entry.mark, last.mark) for entry in after):
        return Verdict(Step.DOUBT, LATER_PAYMENT)
    told = Mark(record.trace, record.receipt)
    heard_already = record.stage is not Stage.REVERSING and told.numbered
    if not follows(last.mark, baseline) or (heard_already and not same(told, last.mark)):
        return Verdict(Step.DOUBT, OTHER_PAYMENT)
    return _done(record, last)


def _done(record: PaymentRecord, last: LastDone) -> Verdict:
    reversing = record.stage is Stage.REVERSING
    if last.result is not None and last.result != 0:
        return Verdict(Step.KEEP if reversing else Step.DECLINE, REFUSED)
    expected_minor = record.approved_minor if reversing else record.amount_minor
    if last.result is None or last.amount_minor != expected_minor:
        return Verdict(Step.DOUBT, OTHER_PAYMENT)
    return Verdict(Step.REVERSE if reversing else Step.APPROVE)


def _nothing_done(record: PaymentRecord) -> Verdict:
    if record.stage is Stage.REVERSING:
        return Verdict(Step.KEEP, NOT_REVERSED)
    return Verdict(Step.ABORT, NOT_TAKEN)


def _asked(tender_id: str, log: Sequence[LogEntry]) -> int | None:
    """Where the tender was asked for, or its reversal, whichever was later."""
    places = (n for n in reversed(range(len(log))) if log[n].sort is Sort.ASKED and log[n].tender_id == tender_id)
    return next(places, None)


def _still_last(mark: Mark, before: Sequence[LogEntry]) -> bool:
    """True when `mark` is the newest known, or the newest but for refused ones, which some terminals do not repeat."""
    for entry in reversed(before):
        if entry.mark.numbered and same(entry.mark, mark):
            return True
        if entry.mark.numbered and entry.sort is not Sort.REFUSED:
            return False
    return False
