"""The real clock and the real ids: the only place in retail_core that reads either."""

import os
import time
from functools import cache
from pathlib import Path

from retail_core.domain.ids import RANDOM_BYTES, uuid7

RUNNING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""The one that goes on while the machine sleeps, so that waking up is no jump of the clock."""


class SystemClock:
    """This machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        return time.clock_gettime_ns(RUNNING) // 1_000_000

    def running_since(self) -> str:
        return _boot()


class SystemIds:
    """UUIDv7 from this machine's clock and random numbers."""

    def next(self) -> str:
        return uuid7(time.time_ns() // 1_000_000, os.urandom(RANDOM_BYTES))


@cache
def _boot() -> str:
    """This start of the machine, by random(4); other systems have no name for it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
