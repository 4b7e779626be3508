"""How long a machine has been without head office's word, by its running time and not by what its clock is set to. No I/O.

While it runs, running time counts: setting the clock changes nothing. While it was switched off only the clock can say how
long that was, so the clock is believed for that one stretch; when it is set right later, the stretch is judged again.
"""

from typing import Self

import msgspec

DAY_MS = 86_400_000
TRUST_ALONE_MS = 35 * DAY_MS
"""Head office may have shut a machine out that the store still lets in: beyond this nobody in the store trusts its list."""
WARN_ALONE_MS = 28 * DAY_MS
SET_MS = 2_000
"""The clock and running time differ by more than this: somebody has set the clock."""


def days_left(alone_days: int) -> int | None:
    """In how many days trust ends, 0 when it has; None while there is no need to speak of it. `alone_days` are whole days."""
    left = TRUST_ALONE_MS // DAY_MS - alone_days
    return max(0, left) if alone_days >= WARN_ALONE_MS // DAY_MS else None


class Kept(msgspec.Struct, frozen=True):
    """What outlives a restart. `said_ms`: head office's clock in its newest word; `wall_ms`: ours when it was written."""

    said_ms: int
    silent_ms: int
    wall_ms: int


class Alone(msgspec.Struct, frozen=True):
    """`ran_ms` without a word while running, or counted in earlier runs; `off_ms` switched off before this run.

    `off_since_ms` is what the clock showed then; None when that stretch does not matter any more.
    """

    said_ms: int
    ran_ms: int
    off_ms: int
    off_since_ms: int | None
    began_ms: int  # running time at the start
    wall_ms: int
    mono_ms: int

    @classmethod
    def begun(cls, kept: Kept | None, wall_ms: int, mono_ms: int) -> Self:
        """At the start of the program; `kept` is None on a machine that never counted."""
        if kept is None:
            return cls(0, 0, 0, None, mono_ms, wall_ms, mono_ms)
        off_ms = max(0, wall_ms - kept.wall_ms)
        return cls(kept.said_ms, kept.silent_ms, off_ms, kept.wall_ms, mono_ms, wall_ms, mono_ms)

    @property
    def silent_ms(self) -> int:
        return self.ran_ms + self.off_ms

    @property
    def ended(self) -> bool:
        """True when the list of the store's machines is too old to be trusted."""
        return self.silent_ms >= TRUST_ALONE_MS

    def kept(self) -> Kept:
        return Kept(self.said_ms, self.silent_ms, self.wall_ms)

    def clock_set(self, wall_ms: int, mono_ms: int) -> bool:
        """Whether somebody set the clock since the last count."""
        return abs((wall_ms - self.wall_ms) - (mono_ms - self.mono_ms)) > SET_MS

    def counted(self, wall_ms: int, mono_ms: int) -> Self:
        """Now."""
        off_ms = self._off_ms(wall_ms, mono_ms) if self.clock_set(wall_ms, mono_ms) else self.off_ms
        ran_ms = self.ran_ms + mono_ms - self.mono_ms
        return msgspec.structs.replace(self, ran_ms=ran_ms, off_ms=off_ms, wall_ms=wall_ms, mono_ms=mono_ms)

    def carried(self, said_ms: int) -> Self:
        """A neighbour brought a true word. Only how much newer it is than the last one counts: it may have lain there."""
        newer_ms = said_ms - self.said_ms
        return self if newer_ms <= 0 else self._since(said_ms, max(0, self.silent_ms - newer_ms))

    def heard(self, said_ms: int) -> Self:
        """Head office itself answered just now; `said_ms` is 0 when it says no word, as one of an older release."""
        return self._since(said_ms or self.said_ms, 0)

    def _since(self, said_ms: int, silent_ms: int) -> Self:
        return msgspec.structs.replace(self, said_ms=said_ms, ran_ms=silent_ms, off_ms=0, off_since_ms=None)

    def _off_ms(self, wall_ms: int, mono_ms: int) -> int:
        """How long it was off, by the clock as it is set now. A clock that was wrong at the start made that too long, or none."""
        if self.off_since_ms is None:
            return self.off_ms
        judged_ms = wall_ms - (mono_ms - self.began_ms) - self.off_since_ms
        return judged_ms if judged_ms >= 0 and (self.off_ms == 0 or judged_ms < self.off_ms) else self.off_ms
