"""Simulated time and a line that loses, repeats, delays and reorders what is sent."""

import heapq
import random
from collections.abc import Callable
from hashlib import sha256

START_MS = 1_767_225_600_000  # wall time of the first simulated millisecond
MAX_STEPS = 400_000


class RunawayError(AssertionError):
    """The simulated store would not come to rest."""


class Clockwork:
    """An event queue in simulated milliseconds, one source of chance, and a trace by which two runs are compared."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.now_ms = 0
        self.trace: list[str] = []
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._n = 0

    @property
    def wall_ms(self) -> int:
        return START_MS + self.now_ms

    def note(self, text: str) -> None:
        self.trace.append(f"{self.now_ms} {text}")

    @property
    def trace_digest(self) -> str:
        return sha256("\n".join(self.trace).encode()).hexdigest()

    def after(self, delay_ms: int, act: Callable[[], None]) -> None:
        self._n += 1
        heapq.heappush(self._queue, (self.now_ms + max(0, delay_ms), self._n, act))

    def at(self, when_ms: int, act: Callable[[], None]) -> None:
        self.after(when_ms - self.now_ms, act)

    def run_until(self, when_ms: int) -> None:
        while self._queue and self._queue[0][0] <= when_ms:
            self.now_ms, _, act = heapq.heappop(self._queue)
            act()
            if self._n > MAX_STEPS:
                raise RunawayError(f"more than {MAX_STEPS} simulated acts")
        self.now_ms = when_ms


class MachineClock:
    """The clock of one machine: `wrong_ms` ahead of true time, and by how much is what somebody changes at night."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork
        self.wrong_ms = 0

    def now_ms(self) -> int:
        return self._clockwork.wall_ms + self.wrong_ms

    def monotonic_ms(self) -> int:
        return self._clockwork.now_ms

    def running_since(self) -> str:
        return "simulated"


class Line:
    """Between any two parties. Both directions of a cut pair are dead until it heals."""

    def __init__(self, clockwork: Clockwork, loss: float, repeat: float) -> None:
        self._clockwork = clockwork
        self.loss = loss
        self.repeat = repeat
        self._cut: dict[frozenset[str], int] = {}
        self.lost = self.repeated = 0

    def cut(self, a: str, b: str, for_ms: int) -> None:
        self._cut[frozenset((a, b))] = self._clockwork.now_ms + for_ms

    def heal(self) -> None:
        self._cut.clear()
        self.loss = self.repeat = 0.0

    def carry(self, source: str, target: str, deliver: Callable[[], None]) -> None:
        """Perhaps deliver, perhaps twice, each time after its own delay."""
        chance = self._clockwork.chance
        dead = self._cut.get(frozenset((source, target)), 0) > self._clockwork.now_ms
        if dead or chance.random() < self.loss:
            self.lost += 1
            return
        copies = 1
        if chance.random() < self.repeat:
            copies = 2
            self.repeated += 1
        for _ in range(copies):
            slow = chance.random() < 0.05
            self._clockwork.after(chance.randint(500, 40_000) if slow else chance.randint(2, 80), deliver)
