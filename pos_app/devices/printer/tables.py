"""Receipt printers, and the drawers that hang on them, in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.drawer import OpenLevel
from pos_app.devices.table import Host, Name, PortNumber, Table, UsbNumber

Deadline = Annotated[int, Meta(ge=1_000, le=60_000)]


class PaperTable(Table, frozen=True, kw_only=True):
    """`profile` is a name of `pos_app.receipts.escpos.PROFILES`; `logo` a picture file printed above each receipt."""

    profile: str = "plain80"
    logo: str = ""


class EscPosTcpTable(PaperTable, frozen=True, tag="printer.escpos_tcp", kw_only=True):
    """`two_way`: it answers questions about itself."""

    host: Host
    port: PortNumber = 9100
    two_way: bool = True
    deadline_ms: Deadline = 10_000


class EscPosSerialTable(PaperTable, frozen=True, tag="printer.escpos_serial", kw_only=True):
    """On a serial port or USB-CDC: `serial_port` stays the same when it is replugged; or the USB numbers."""

    serial_port: str = ""
    usb_vid: UsbNumber = 0
    usb_pid: UsbNumber = 0
    usb_serial: str = ""
    baud: Literal[9600, 19200, 38400, 57600, 115200] = 115200
    handshake: bool = True
    two_way: bool = True
    deadline_ms: Deadline = 20_000


class EscPosUsbTable(PaperTable, frozen=True, tag="printer.escpos_usb", kw_only=True):
    """On USB, class 7 (extra `usb`)."""

    usb_vid: UsbNumber
    usb_pid: UsbNumber
    usb_serial: str = ""
    two_way: bool = True
    deadline_ms: Deadline = 10_000


class CupsTable(PaperTable, frozen=True, tag="printer.cups_raw", kw_only=True):
    """Behind a raw CUPS queue; `server` as `lp -h` takes it, empty for this machine's own."""

    queue: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,126}$")]
    server: Annotated[str, Meta(pattern=r"^([A-Za-z0-9_./:-]{1,200})?$")] = ""


class PrinterDrawerTable(Table, frozen=True, tag="drawer.printer", kw_only=True):
    """`printer` is the name of the printer it hangs on."""

    printer: Name
    pin: Literal[2, 5] = 2
    open_level: OpenLevel = OpenLevel.NONE


PrinterTable = EscPosTcpTable | EscPosSerialTable | EscPosUsbTable | CupsTable
