"""The trading day, which is not always the calendar day: a bar closes at three in the morning."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import NewType

BusinessDate = NewType("BusinessDate", str)  # "2026-11-23"
DEFAULT_DAY_STARTS_AT_H = 4


def business_date(at_ms: int, zone: tzinfo, day_starts_at_h: int = DEFAULT_DAY_STARTS_AT_H) -> BusinessDate:
    """The business date a moment belongs to: before `day_starts_at_h` o'clock it is still yesterday."""
    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    return BusinessDate((local - timedelta(hours=day_starts_at_h)).date().isoformat())
