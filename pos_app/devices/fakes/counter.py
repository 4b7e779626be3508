"""A customer's line display and a scale in memory."""

from pos_app.devices.display.characters import shown
from pos_app.devices.fakes.base import StartedFake
from pos_app.devices.ports import WeightReading, WeightState
from retail_core.domain.clock import Clock


class FakeLineDisplay(StartedFake):
    """A `LineDisplay` of 2 × 20 characters."""

    def __init__(self, name: str = "fake display") -> None:
        super().__init__(name)
        self.lines = ("", "")

    def show(self, upper: str, lower: str) -> None:
        if self.usable:
            self.lines = (shown(upper), shown(lower))

    def clear(self) -> None:
        self.show("", "")


class FakeScale(StartedFake):
    """A `Scale` onto which a method puts things."""

    def __init__(self, clock: Clock, name: str = "fake scale") -> None:
        super().__init__(name)
        self._clock = clock
        self._state = WeightState.ZERO
        self._grams = 0
        self._tare_grams = 0

    def place(self, grams: int, state: WeightState = WeightState.STABLE) -> None:
        """Put something on it. OVER, UNDER and FAULT have no weight."""
        self._grams = grams
        self._state = WeightState.ZERO if state is WeightState.STABLE and grams == 0 else state

    def read(self) -> WeightReading:
        state = self._state if self.usable and not self.trouble else WeightState.STALE
        has_weight = state in {WeightState.STABLE, WeightState.MOVING, WeightState.ZERO}
        return WeightReading(state, self._grams if has_weight else None, self._tare_grams, self._clock.monotonic_ms())

    def zero(self) -> None:
        if self._state is not WeightState.MOVING:
            self.place(0)
