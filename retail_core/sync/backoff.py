"""How long to wait: full jitter under a doubling ceiling, a peer's own word first, and never for ever."""

BACKOFF_FLOOR_MS = 50
BACKOFF_BASE_MS = 500
BACKOFF_CAP_MS = 30_000
"""With the round trip after it, no sale waits longer than 60 s after the line heals (promise R6)."""
RETRY_AFTER_CAP_MS = 120_000
PACE_CAP_MS = 60_000


def after_failure(failures: int, retry_after_ms: int, jitter: float) -> int:
    """Milliseconds to wait after the n-th failure in a row (n ≥ 1); `jitter` is drawn evenly from [0, 1)."""
    ceiling = min(BACKOFF_CAP_MS, BACKOFF_BASE_MS << min(failures - 1, 16))
    asked = min(max(retry_after_ms, 0), RETRY_AFTER_CAP_MS)
    return max(BACKOFF_FLOOR_MS, asked + int(jitter * ceiling))


def pause(asked_ms: int) -> int:
    """The receiver's wished pause before the next batch, within bounds."""
    return min(max(asked_ms, 0), PACE_CAP_MS)
