"""How long something took on a machine that others use too.

A bound of the product is meant for a till with a core of its own. What a test measures in its own process it measures
without the time in which a thread was ready to run and the machine had no core for it (Linux counts that for each thread).
"""

import time
from contextlib import suppress
from pathlib import Path

TASKS = Path("/proc/self/task")


class Watch:
    """Runs from when it is made."""

    def __init__(self) -> None:
        self._began_s, self._waited_s = time.monotonic(), _waited_s()

    @property
    def took_s(self) -> float:
        """Seconds until now, without those in which this process waited for a core."""
        waited_s = max(0.0, _waited_s() - self._waited_s)  # a thread that ended takes its figure along
        return max(0.0, time.monotonic() - self._began_s - waited_s)


def _waited_s() -> float:
    """By all threads of this process together; 0 where the system does not say."""
    waited_ns = 0
    for thread in TASKS.iterdir() if TASKS.exists() else ():
        with suppress(OSError, IndexError, ValueError):  # it ended meanwhile
            waited_ns += int((thread / "schedstat").read_text().split()[1])
    return waited_ns / 1e9
