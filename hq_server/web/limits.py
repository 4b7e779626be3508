"""How many requests one caller may send: a bucket of tokens each, filled again at a steady rate."""

from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError

PER_MINUTE = 60
BURST = 120
MAX_CALLERS = 20_000


class Buckets:
    """Belongs to the event loop. Callers beyond the bound share what the oldest ones had."""

    def __init__(self, clock: Clock, per_minute: int = PER_MINUTE, burst: int = BURST) -> None:
        self._clock = clock
        self._per_minute, self._burst = per_minute, burst
        self._left: dict[str, tuple[float, int]] = {}

    def take(self, caller: str) -> None:
        """Raises RuleViolationError `rate.too_many` when the bucket is empty."""
        now_ms = self._clock.monotonic_ms()
        left, since_ms = self._left.pop(caller, (float(self._burst), now_ms))
        left = min(float(self._burst), left + (now_ms - since_ms) * self._per_minute / 60_000)
        if len(self._left) >= MAX_CALLERS:
            self._left.pop(next(iter(self._left)))
        self._left[caller] = (max(0.0, left - 1), now_ms)
        if left < 1:
            raise RuleViolationError("rate.too_many")
