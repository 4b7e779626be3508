"""`Retry-After` in both of its forms (RFC 9110 §10.2.3): seconds, or a date by the clock of whoever answered."""

from email.utils import parsedate_to_datetime

MAX_CHARS = 40


def retry_after_ms(text: str, date: str, now_ms: int) -> int:
    """Milliseconds to wait, 0 when nothing usable was asked for.

    A date is taken beside the answer's own `Date`, so that a wrong clock here does not matter; `now_ms` where there is none.
    """
    text = text.strip()[:MAX_CHARS]
    if text.isascii() and text.isdigit():
        return int(text) * 1000
    until_ms = _date_ms(text)
    if until_ms is None:
        return 0
    answered_ms = _date_ms(date[:MAX_CHARS])
    return max(0, until_ms - (now_ms if answered_ms is None else answered_ms))


def _date_ms(text: str) -> int | None:
    try:
        return int(parsedate_to_datetime(text).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
