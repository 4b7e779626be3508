"""Each line of the agent runs by itself: what ends one is told, the others go on, and it begins again after a pause.

A fault of the surroundings may last as long as it likes: a full disk may have room later. A bug of ours that ends the same
line time after time ends the program, whose service starts it again from nothing.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault
from retail_core.sync.backoff import after_failure

LOG = logging.getLogger(__name__)
Line = Callable[[], Awaitable[None]]
FAILED, GIVEN_UP = "agent.line_failed", "agent.line_given_up"
MAX_BUGS_IN_A_ROW = 10
WELL_AFTER_MS = 60_000
"""A line that ran for so long was well: what ends it now is the first of its kind."""
SHOWN_MS = 3_000
"""A fault is told until the line has run for so long again."""
LEAST_PAUSE_MS = 1_000


def pause_ms(failures: int) -> int:
    """Full jitter under a doubling ceiling, after a second in any case."""
    return after_failure(failures, LEAST_PAUSE_MS, random.random())  # noqa: S311 - jitter


class Supervisor:
    """Keeps lines running. `restarts` counts by line how often one had to begin again since the start."""

    def __init__(self, clock: Clock, pause: Callable[[int], int] = pause_ms) -> None:
        self._clock, self._pause = clock, pause
        self._faults: dict[str, str] = {}
        self._running_since_ms: dict[str, int] = {}  # lines that run now
        self.restarts: Counter[str] = Counter()

    @property
    def faults(self) -> Mapping[str, str]:
        """By line, the code of what ended it and has not been seen to be over."""
        now_ms = self._clock.monotonic_ms()
        return {
            name: code
            for name, code in self._faults.items()
            if now_ms - self._running_since_ms.get(name, now_ms) < SHOWN_MS
        }

    async def keep(self, name: str, line: Line) -> None:
        """Until cancelled. Raises what ended the line for the tenth time in a row, when it was a bug each time."""
        failures = bugs = 0
        while True:
            began_ms = self._running_since_ms[name] = self._clock.monotonic_ms()
            try:
                await line()
            except Exception as raised:
                if self._clock.monotonic_ms() - began_ms >= WELL_AFTER_MS:
                    failures = bugs = 0
                failures += 1
                fault = _named(raised)
                bugs = 0 if fault else bugs + 1
                self._tell(name, raised, fault)
                if bugs == MAX_BUGS_IN_A_ROW:
                    LOG.critical("%s fails again and again", name, extra={"code": GIVEN_UP})
                    raise
            del self._running_since_ms[name]
            self.restarts[name] += 1
            await asyncio.sleep(self._pause(max(failures, 1)) / 1000)

    def _tell(self, name: str, raised: Exception, fault: EnvironmentFault | None) -> None:
        self._faults[name] = fault.code if fault else FAILED
        if fault:
            LOG.error("%s: %s", name, fault, extra={"code": fault.code})
        else:
            LOG.error("%s: %r", name, raised, exc_info=raised, extra={"code": FAILED})


def _named(raised: Exception) -> EnvironmentFault | None:
    """What somebody can repair, when nothing else is in it."""
    if not isinstance(raised, ExceptionGroup):
        return raised if isinstance(raised, EnvironmentFault) else None
    named = [_named(one) for one in cast("ExceptionGroup[Exception]", raised).exceptions]
    return named[0] if all(named) else None
