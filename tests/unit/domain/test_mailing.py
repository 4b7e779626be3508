"""A mail is tried for about four days and then somebody is told; what was sent stays sent."""

import pytest

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.mailing import MAX_TRIES, WAITS_MS, MailAction, MailState, after, next_try_ms

DAY_MS = 86_400_000


def test_a_mail_that_is_refused_may_be_asked_for_once_more_and_one_that_was_sent_may_not() -> None:
    assert after(MailState.WAITING, MailAction.REFUSE) is MailState.FAILED
    assert after(MailState.FAILED, MailAction.RETRY) is MailState.WAITING
    for state in (MailState.SENT, MailState.ERASED, MailState.WAITING):
        with pytest.raises(RuleViolationError, match=r"mail\.illegal_move"):
            after(state, MailAction.RETRY)


def test_waits_grow_and_end_after_some_days() -> None:
    assert list(WAITS_MS) == sorted(WAITS_MS)
    assert 3 * DAY_MS < sum(WAITS_MS) < 5 * DAY_MS
    assert [next_try_ms(1_000, tries) - 1_000 for tries in range(1, MAX_TRIES)] == list(WAITS_MS)
