"""Scanners in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.barcode.dressing import Dressing
from pos_app.devices.barcode.wedge import MAX_GAP_MS, WedgeSetup
from pos_app.devices.framing import Framing
from pos_app.devices.table import SerialTable, Table, UsbNumber

Affix = Annotated[str, Meta(max_length=8)]


class SerialScannerTable(SerialTable, frozen=True, tag="scanner.serial", kw_only=True):
    """A scanner on a serial port or USB-CDC. `prefix`, `suffix`, `gs`: as learned from a test scan."""

    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    framing: Framing = Framing.LINES
    prefix: Affix = ""
    suffix: Affix = ""
    gs: Affix = ""

    @property
    def dressing(self) -> Dressing:
        return Dressing(self.prefix, self.suffix, self.gs)


class HidPosTable(Table, frozen=True, tag="scanner.hidpos", kw_only=True):
    """A scanner in HID POS mode (usage page 0x8C; extra `hid`). `usb_serial`: which one of several of its model."""

    usb_vid: UsbNumber
    usb_pid: UsbNumber
    usb_serial: str = ""
    gs: Affix = ""


class EvdevTable(Table, frozen=True, tag="scanner.evdev", kw_only=True):
    """A keyboard scanner taken from the desktop whole (Linux; extra `evdev`), so that its keys reach nobody else.

    Only one that was commissioned by a scan: `path` under /dev/input/by-id, or its numbers.
    """

    path: str = ""
    usb_vid: UsbNumber = 0
    usb_pid: UsbNumber = 0
    usb_serial: str = ""
    prefix: Affix = ""
    suffix: Affix = ""
    gs: Affix = ""
    gs_key: Annotated[int, Meta(ge=0, le=255)] = 0

    @property
    def placed(self) -> bool:
        """True when it says which keyboard it is."""
        return bool(self.path or self.usb_vid)

    @property
    def dressing(self) -> Dressing:
        return Dressing(self.prefix, self.suffix, self.gs)


class CameraTable(Table, frozen=True, tag="scanner.camera", kw_only=True):
    """A camera over the counter (extra `camera`). `path`: a video device under /dev/v4l/by-id, or /dev/video0."""

    path: Annotated[str, Meta(min_length=1, max_length=200)]


class WedgeTable(Table, frozen=True, tag="scanner.wedge", kw_only=True):
    """A keyboard scanner. It works without a table; with the prefix it sends, typing is never held back.

    `gs`: what it types in place of GS; `gs_key`: the scan code of the function key it presses for it; `gap_ms`: how far
    apart its keys may be.
    """

    prefix: Affix = ""
    suffix: Affix = ""
    gs: Affix = ""
    gs_key: Annotated[int, Meta(ge=0, le=255)] = 0
    gap_ms: Annotated[int, Meta(ge=5, le=200)] = MAX_GAP_MS

    @property
    def setup(self) -> WedgeSetup:
        return WedgeSetup(Dressing(self.prefix, self.suffix, self.gs), self.gs_key, self.gap_ms)


ScannerTable = SerialScannerTable | HidPosTable | EvdevTable | CameraTable
"""Those with a driver of their own; a wedge comes through the window."""
