"""A cash drawer that hangs on the receipt printer, as nearly all do."""

from enum import StrEnum
from typing import Protocol

from pos_app.devices.ports import Health, PrinterStatus, PrintResult


class OpenLevel(StrEnum):
    """What the drawer's switch puts on the printer's sensor pin while the drawer is open; drawers differ."""

    HIGH = "high"
    LOW = "low"
    NONE = "none"  # no switch, or nobody has tried it out yet


def learn_level(shut: PrinterStatus, opened: PrinterStatus) -> OpenLevel:
    """What the switch says, from the printer's status with the drawer shut and with it open."""
    if shut.drawer_pin_high is None or opened.drawer_pin_high is None or shut.drawer_pin_high is opened.drawer_pin_high:
        return OpenLevel.NONE
    return OpenLevel.HIGH if opened.drawer_pin_high else OpenLevel.LOW


class KickingPrinter(Protocol):
    """The part of a printer that a drawer needs."""

    @property
    def health(self) -> Health: ...

    def kick_drawer(self, pin: int) -> PrintResult: ...

    def status(self) -> PrinterStatus: ...


class PrinterDrawer:
    """A `CashDrawer` on connector pin 2 or 5 of `printer`, which it does not own and does not close."""

    def __init__(
        self, name: str, printer: KickingPrinter, pin: int = 2, open_level: OpenLevel = OpenLevel.NONE
    ) -> None:
        self._name = name
        self._printer = printer
        self._pin = pin
        self._open_level = open_level

    @property
    def name(self) -> str:
        return self._name

    @property
    def health(self) -> Health:
        """Its printer's: a drawer alone says nothing."""
        return self._printer.health

    def kick(self) -> PrintResult:
        return self._printer.kick_drawer(self._pin)

    def is_open(self) -> bool | None:
        if self._open_level is OpenLevel.NONE:
            return None
        high = self._printer.status().drawer_pin_high
        return None if high is None else high is (self._open_level is OpenLevel.HIGH)

    def close(self) -> None:
        """Nothing of its own to give back."""
