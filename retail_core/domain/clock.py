"""Time as an argument: the port every rim fills with a real or a frozen clock; and what is known of another clock."""

from typing import Protocol, Self

import msgspec


class Clock(Protocol):
    """Wall time for people and effective dates; monotonic time for waits and lock-outs."""

    def now_ms(self) -> int:
        """Milliseconds since 1970-01-01 UTC. May jump when somebody sets the clock."""
        ...

    def monotonic_ms(self) -> int:
        """Milliseconds since some fixed point of this start. Never goes backwards."""
        ...

    def running_since(self) -> str:
        """Names the point `monotonic_ms` counts from; two programs with the same name count alike. Empty when none do."""
        ...


class OtherClock(msgspec.Struct, frozen=True):
    """Somebody else's clock, known by how far it is ahead of this machine's running time.

    Setting this machine's clock changes nothing of what is known, so nobody has to be asked again to see through a jump.
    """

    ahead_ms: int | None = None

    def shown(self, other_ms: int, monotonic_ms: int, step_ms: int = 0) -> Self:
        """It shows `other_ms` at this moment of ours. A measure no finer than `step_ms` changes only what is further off."""
        ahead_ms = other_ms - monotonic_ms
        known = self.ahead_ms is not None and abs(ahead_ms - self.ahead_ms) <= step_ms
        return self if known else type(self)(ahead_ms)

    def now_ms(self, clock: Clock) -> int:
        """What it shows now; what our wall clock shows when it was never measured."""
        return clock.now_ms() if self.ahead_ms is None else self.ahead_ms + clock.monotonic_ms()

    def offset_ms(self, clock: Clock, at_ms: int | None = None) -> int:
        """How far it is ahead of our wall clock, whatever that shows now (`at_ms`); 0 when it was never measured."""
        return 0 if self.ahead_ms is None else self.now_ms(clock) - (clock.now_ms() if at_ms is None else at_ms)
