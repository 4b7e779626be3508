"""Scanners in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.framing import Framing
from pos_app.devices.table import SerialTable, Table


class SerialScannerTable(SerialTable, frozen=True, tag="scanner.serial", kw_only=True):
    """A scanner on a serial port or USB-CDC."""

    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    framing: Framing = Framing.LINES


class WedgeTable(Table, frozen=True, tag="scanner.wedge", kw_only=True):
    """A keyboard scanner. It works without a table; with the prefix it sends, typing is never held back."""

    prefix: Annotated[str, Meta(max_length=8)] = ""


ScannerTable = SerialScannerTable
"""Those with a driver of their own; a wedge comes through the window."""
