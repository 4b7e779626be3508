"""Notices that somebody, or the machine, has set the clock: wall time against running time, between one fact and the next."""

from retail_core.domain.clock import Clock
from retail_core.domain.events import AuditNoted

JUMP_MS = 60_000
"""What a clock may be off by its own fault between two facts; more is a jump."""
JUMPED = "clock_jumped"
RUNNING, STOPPED = "running", "stopped"


class ClockWatch:
    """Asked before each fact. `mark` can be kept and put back when the fact was not written after all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.mark = self._difference()

    def jump(self) -> AuditNoted | None:
        """What to write down before the next fact; the milliseconds of the jump are its subject."""
        before, self.mark = self.mark, self._difference()
        return _noted(self.mark - before, RUNNING)

    def since(self, last_ms: int) -> AuditNoted | None:
        """At the start: the newest fact is of a time to come. A jump forward while nothing ran cannot be told from a night."""
        behind_ms = self._clock.now_ms() - last_ms
        return _noted(behind_ms, STOPPED) if behind_ms < 0 else None

    def _difference(self) -> int:
        return self._clock.now_ms() - self._clock.monotonic_ms()


def _noted(jumped_ms: int, while_: str) -> AuditNoted | None:
    return AuditNoted(JUMPED, str(jumped_ms), reason=while_) if abs(jumped_ms) >= JUMP_MS else None
