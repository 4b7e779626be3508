"""What the screen asks of the counter around it. Everything returns at once; a till without devices has `NoCounter`."""

from collections.abc import Callable
from typing import Protocol

from pos_app.devices.barcode.wedge import NO_SETUP, WedgeSetup
from pos_app.devices.ports import Health
from pos_app.receipts.labels import Label
from pos_app.runtime.device_desk import DeviceDesk


class AtCounter(Protocol):
    """The devices of one till, started."""

    @property
    def wedge(self) -> WedgeSetup:
        """How the keyboard scanner was learned."""
        ...

    @property
    def desk(self) -> DeviceDesk | None:
        """Who looks after the devices; None when there are none."""
        ...

    def healths(self) -> tuple[tuple[str, Health], ...]:
        """(kind, health) of each device; never waits."""
        ...

    def print_label(self, label: Label, done: Callable[[str], None]) -> None:
        """Print one label. `done` is told a code, empty when it came out; `label.no_printer` when there is none.

        Raises RuleViolationError `label.wrong_size`.
        """
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
    desk: DeviceDesk | None = None

    def healths(self) -> tuple[tuple[str, Health], ...]:
        return ()

    def print_label(self, label: Label, done: Callable[[str], None]) -> None:
        done("label.no_printer")

    def customer_reads(self, upper: str, lower: str) -> None:
        """Nobody reads it."""

    def sound(self, tone: str) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing was opened."""
