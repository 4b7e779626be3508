"""What the screen asks of the counter around it. Everything returns at once; a till without devices has `NoCounter`."""

from collections.abc import Callable
from typing import Protocol

from pos_app.devices.barcode.wedge import NO_SETUP, WedgeSetup
from pos_app.devices.ports import Health, PaymentOutcome
from pos_app.receipts.labels import Label
from pos_app.runtime.device_desk import DeviceDesk
from pos_app.runtime.writer import Failed
from retail_core.domain.errors import RuleViolationError


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

    def reprint(self, done: Callable[[str], None], failed: Failed) -> None:
        """Print the last receipt once more, marked as a copy; `done` is told its number."""
        ...

    def print_queued(self) -> None:
        """Some other paper than a sale's waits for the printer."""
        ...

    def close_terminal_day(self, done: Callable[[PaymentOutcome], None]) -> bool:
        """Have the card terminal close its day; False when there is none."""
        ...

    def customer_reads(self, upper: str, lower: str) -> None:
        """Put two lines on the customer's line display."""
        ...

    def sound(self, tone: str) -> None:
        """Play the tone of this name, if there is one: ok, warning, error."""
        ...

    def loudness(self, tones: str) -> None:
        """How loud tones are from now on: off, quiet, normal, loud."""
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

    def reprint(self, done: Callable[[str], None], failed: Failed) -> None:
        failed(RuleViolationError("receipt.no_printer"))

    def print_queued(self) -> None:
        """It waits for a printer."""

    def close_terminal_day(self, done: Callable[[PaymentOutcome], None]) -> bool:
        return False

    def customer_reads(self, upper: str, lower: str) -> None:
        """Nobody reads it."""

    def sound(self, tone: str) -> None:
        """Nobody hears it."""

    def loudness(self, tones: str) -> None:
        """Nobody hears it."""

    def close(self) -> None:
        """Nothing was opened."""
