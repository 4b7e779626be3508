"""The life of a receipt that goes out by e-mail: it waits, is tried a bounded number of times, and its end is a state."""

from enum import StrEnum
from types import MappingProxyType

from retail_core.domain.errors import RuleViolationError

_MINUTE_MS, _HOUR_MS = 60_000, 3_600_000
WAITS_MS = (
    _MINUTE_MS,
    5 * _MINUTE_MS,
    15 * _MINUTE_MS,
    _HOUR_MS,
    4 * _HOUR_MS,
    12 * _HOUR_MS,
    24 * _HOUR_MS,
    48 * _HOUR_MS,
)
"""How long to wait after each try: about four days in all, as RFC 5321, 4.5.4.1 wants it."""
MAX_TRIES = len(WAITS_MS) + 1


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"  # refused for good, or tried too often
    ERASED = "erased"  # whom it was for was erased before it went


class MailAction(StrEnum):
    ACCEPT = "accept"  # the mail server has it
    DEFER = "defer"
    REFUSE = "refuse"
    ERASE = "erase"
    RETRY = "retry"  # somebody asks for it once more


MAIL_TRANSITIONS = MappingProxyType(
    {
        (MailState.WAITING, MailAction.ACCEPT): MailState.SENT,
        (MailState.WAITING, MailAction.DEFER): MailState.WAITING,
        (MailState.WAITING, MailAction.REFUSE): MailState.FAILED,
        (MailState.WAITING, MailAction.ERASE): MailState.ERASED,
        (MailState.FAILED, MailAction.RETRY): MailState.WAITING,
    }
)


def after(state: MailState, action: MailAction) -> MailState:
    """Raises RuleViolationError `mail.illegal_move`."""
    found = MAIL_TRANSITIONS.get((state, action))
    if found is None:
        raise RuleViolationError("mail.illegal_move", state=state.value, action=action.value)
    return found


def next_try_ms(now_ms: int, tries: int) -> int:
    """When a mail that was tried `tries` times is due again. Only while `tries` is below MAX_TRIES."""
    return now_ms + WAITS_MS[tries - 1]
