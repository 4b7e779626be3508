"""What the screen asks of the counter around it. Everything returns at once; a till without devices has `NoCounter`."""

from typing import Protocol

from pos_app.devices.barcode.wedge import NO_SETUP, WedgeSetup
from pos_app.devices.ports import Health


class AtCounter(Protocol):
    """The devices of one till, started."""

    @property
    def wedge(self) -> WedgeSetup:
        """How the keyboard scanner was learned."""
        ...

    def healths(self) -> tuple[tuple[str, Health], ...]:
        """(kind, health) of each device; never waits."""
        ...

    def customer_reads(self, upper: str, lower: str) -> None:
        """Put two lines on the customer's line display."""
        ...

    def sound(self, tone: str) -> None:
        """Play the tone of this name, if there is one: ok, warning, error."""
        ...

    def close(self) -> None: ...


class NoCounter:
    """No device but the keyboard."""

    wedge = NO_SETUP

    def healths(self) -> tuple[tuple[str, Health], ...]:
        return ()

    def customer_reads(self, upper: str, lower: str) -> None:
        """Nobody reads it."""

    def sound(self, tone: str) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing was opened."""
