"""What a terminal's last doing says of a payment in doubt: proof, or nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail_core.domain.payments import (
    CONTRADICTION,
    FOR_PEOPLE,
    IN_DOUBT,
    MARKED_AS,
    RECEIPTS,
    TRACES,
    TRANSITIONS,
    Act,
    LastDone,
    LogEntry,
    Mark,
    PaymentRecord,
    Sort,
    Stage,
    Step,
    follows,
    judge,
    same,
)

ASKED = LogEntry(Sort.ASKED, "t-1")
BEFORE = LogEntry(Sort.TAKEN, "t-0", Mark(50, 7))
NEXT = Mark(51, 8)
DOUBTFUL = PaymentRecord("t-1", Act.PAY, Stage.UNKNOWN, 1000, "EUR", 1)
REVERSING = msgspec.structs.replace(DOUBTFUL, stage=Stage.REVERSING, approved_minor=1000, trace=50, receipt=7)


def last(mark: Mark, result: int | None = 0, amount_minor: int | None = 1000) -> LastDone:
    return LastDone(mark, result, amount_minor)


def step(record: PaymentRecord, told: LastDone, *log: LogEntry) -> tuple[Step, str]:
    verdict = judge(record, told, log)
    return verdict.step, verdict.reason.removeprefix("terminal.")


# ── numbers ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (Mark(5, 1), Mark(5, 1), True),
        (Mark(5), Mark(5, 9), True),  # what only one of them says does not part them
        (Mark(5, 1), Mark(6, 1), False),
        (Mark(0, 1), Mark(6, 1), True),
        (Mark(0, 1), Mark(6, 2), False),
        (Mark(), Mark(), False),
        (Mark(5, 1, "28000001"), Mark(5, 1, "28000002"), False),
        (Mark(5, 1, "28000001"), Mark(5, 1), True),
        (Mark(5, 1, "", "1127090000"), Mark(5, 1, "", "1128090000"), False),
    ],
)
def test_two_numbers_name_the_same_doing_or_not(one: Mark, other: Mark, alike: bool) -> None:
    assert same(one, other) is same(other, one) is alike


@pytest.mark.parametrize(
    ("new", "old", "next_one"),
    [
        (Mark(51), Mark(50), True),
        (Mark(52), Mark(50), False),
        (Mark(50), Mark(50), False),
        (Mark(52, 8), Mark(50, 7), True),  # a diagnosis took a trace, but no receipt
        (Mark(0, 8), Mark(50, 7), True),
        (Mark(51), Mark(0, 7), False),
        (Mark(1, 1), Mark(TRACES, 3), True),
        (Mark(0, 1), Mark(0, RECEIPTS), True),
        (Mark(51, 8, "28000001"), Mark(50, 7, "28000002"), False),  # another terminal stands there now
        (Mark(), Mark(50, 7), False),
    ],
)
def test_the_very_next_doing_is_one_on_in_either_count(new: Mark, old: Mark, next_one: bool) -> None:
    assert follows(new, old) is next_one


# ── payments ─────────────────────────────────────────────────────────────────────────────────────


def test_the_very_next_doing_of_the_same_amount_is_the_payment() -> None:
    assert step(DOUBTFUL, last(NEXT), BEFORE, ASKED) == (Step.APPROVE, "")


def test_what_was_last_before_and_still_is_means_that_nothing_was_taken() -> None:
    assert step(DOUBTFUL, last(BEFORE.mark), BEFORE, ASKED) == (Step.ABORT, "not_taken")


def test_a_refused_doing_is_passed_over_by_terminals_that_repeat_only_payments() -> None:
    refused = LogEntry(Sort.REFUSED, "t-9", Mark(51, 8))
    assert step(DOUBTFUL, last(BEFORE.mark), BEFORE, refused, ASKED) == (Step.ABORT, "not_taken")
    assert step(DOUBTFUL, last(refused.mark, 0x6C), BEFORE, refused, ASKED) == (Step.ABORT, "not_taken")
    assert step(DOUBTFUL, last(Mark(52, 9)), BEFORE, refused, ASKED) == (Step.APPROVE, "")
    older = LogEntry(Sort.TAKEN, "t-8", Mark(49, 6))
    assert step(DOUBTFUL, last(older.mark), older, BEFORE, ASKED) == (Step.DOUBT, "other_payment")


def test_the_next_doing_was_refused() -> None:
    assert step(DOUBTFUL, last(NEXT, 0x6C), BEFORE, ASKED) == (Step.DECLINE, "declined")


@pytest.mark.parametrize(
    ("told", "log", "reason"),
    [
        (last(Mark()), [BEFORE, ASKED], "no_last_payment"),
        (last(NEXT), [BEFORE], "no_last_payment"),  # its beginning is too long ago to be in the log
        (last(NEXT), [ASKED], "no_earlier_payment"),
        (last(NEXT, None), [BEFORE, ASKED], "other_payment"),
        (last(NEXT, 0, 900), [BEFORE, ASKED], "other_payment"),
        (last(NEXT, 0, None), [BEFORE, ASKED], "other_payment"),
        (last(Mark(52, 9)), [BEFORE, ASKED], "other_payment"),  # a payment and its reversal, or two by hand
        (last(Mark(1, 1)), [BEFORE, ASKED], "other_payment"),  # its counters began again
        (last(NEXT), [BEFORE, ASKED, LogEntry(Sort.ASKED, "t-2")], "later_payment"),
        (last(NEXT), [BEFORE, ASKED, LogEntry(Sort.SEEN, "", NEXT)], "later_payment"),
        (last(BEFORE.mark), [BEFORE, ASKED, LogEntry(Sort.TAKEN, "t-2", NEXT)], "later_payment"),
    ],
)
def test_everything_else_is_a_doubt_for_people(told: LastDone, log: list[LogEntry], reason: str) -> None:
    assert step(DOUBTFUL, told, *log) == (Step.DOUBT, reason)
    assert f"terminal.{reason}" in FOR_PEOPLE


def test_a_later_payment_that_came_to_nothing_hides_nothing() -> None:
    assert step(DOUBTFUL, last(BEFORE.mark), BEFORE, ASKED, LogEntry(Sort.ASKED, "t-2")) == (Step.ABORT, "not_taken")


def test_what_was_heard_before_the_line_died_must_be_what_is_last() -> None:
    heard = msgspec.structs.replace(DOUBTFUL, trace=NEXT.trace, receipt=NEXT.receipt)
    assert step(heard, last(NEXT), BEFORE, ASKED)[0] is Step.APPROVE
    other = msgspec.structs.replace(heard, trace=99)
    assert step(other, last(NEXT), BEFORE, ASKED) == (Step.DOUBT, "other_payment")


@given(
    st.integers(1, 60), st.integers(0, 9), st.sampled_from([0, 0x6C, None]), st.integers(999, 1001),
    st.lists(st.builds(LogEntry, st.sampled_from(Sort), st.sampled_from(["t-1", "t-2"]), st.builds(Mark, st.integers(48, 53)))),
)  # fmt: skip
def test_paid_is_never_said_without_all_of_the_proof(
    trace: int, receipt: int, result: int | None, amount: int, log: list[LogEntry]
) -> None:
    told = LastDone(Mark(trace, receipt), result, amount)
    if judge(DOUBTFUL, told, log).step is Step.APPROVE:
        assert (result, amount) == (0, 1000)
        assert not any(same(entry.mark, told.mark) for entry in log)


# ── reversals ────────────────────────────────────────────────────────────────────────────────────


def test_a_reversal_in_doubt_was_done_or_not() -> None:
    paid = LogEntry(Sort.TAKEN, "t-1", Mark(50, 7))
    log = (ASKED, paid, ASKED)
    assert step(REVERSING, last(NEXT), *log) == (Step.REVERSE, "")
    assert step(REVERSING, last(paid.mark), *log) == (Step.KEEP, "not_reversed")
    assert step(REVERSING, last(NEXT, 0xB5), *log) == (Step.KEEP, "declined")
    assert step(REVERSING, last(NEXT, 0, 1), *log) == (Step.DOUBT, "other_payment")


# ── its life ─────────────────────────────────────────────────────────────────────────────────────


def test_every_step_has_its_kind_of_entry_and_every_doubt_a_way_out() -> None:
    assert set(MARKED_AS) == set(Step)
    for stage in IN_DOUBT:
        assert {after for (before, _), after in TRANSITIONS.items() if before is stage} - IN_DOUBT
    assert CONTRADICTION in FOR_PEOPLE
