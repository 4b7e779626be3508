"""Time as an argument: the port every rim fills with a real or a frozen clock."""

from typing import Protocol


class Clock(Protocol):
    """Wall time for people and effective dates; monotonic time for waits and lock-outs."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC. May jump when somebody sets the clock."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since some fixed point of this start. Never goes backwards."""
        ...
