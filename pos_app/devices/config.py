"""The `[[device]]` tables of till.toml, checked. What is wrong is said with a stable code and the table's number.

[[device]]
driver = "scanner.serial"          # scanner.wedge, printer.escpos_tcp, drawer.printer
name = "counter scanner"
port = "/dev/serial/by-id/usb-Datalogic_…"
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from pos_app.devices.drawer import OpenLevel
from pos_app.devices.framing import Framing
from retail_core.domain.errors import EnvironmentFault

MAX_DEVICES = 32

Name = Annotated[str, Meta(min_length=1, max_length=60)]
PortNumber = Annotated[int, Meta(ge=1, le=65535)]
UsbNumber = Annotated[int, Meta(ge=0, le=0xFFFF)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="driver", kw_only=True):
    """What every table has. `name` is shown to people and must be the only one of its kind."""

    name: Name


class SerialScannerTable(Table, frozen=True, tag="scanner.serial", kw_only=True):
    """`port`: a path that stays the same when it is replugged; or the USB numbers."""

    port: str = ""
    usb_vid: UsbNumber = 0
    usb_pid: UsbNumber = 0
    usb_serial: str = ""
    baud: Literal[1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200] = 9600
    framing: Framing = Framing.LINES


class WedgeTable(Table, frozen=True, tag="scanner.wedge", kw_only=True):
    """A keyboard scanner. It works without a table; with the prefix it sends, typing is never held back."""

    prefix: Annotated[str, Meta(max_length=8)] = ""


class EscPosTcpTable(Table, frozen=True, tag="printer.escpos_tcp", kw_only=True):
    """`profile` is a name of `pos_app.receipts.escpos.PROFILES`; `two_way`: it answers questions about itself."""

    host: Annotated[str, Meta(min_length=1, max_length=253)]
    port: PortNumber = 9100
    profile: str = "plain80"
    two_way: bool = True
    deadline_ms: Annotated[int, Meta(ge=1_000, le=60_000)] = 10_000


class PrinterDrawerTable(Table, frozen=True, tag="drawer.printer", kw_only=True):
    """`printer` is the name of the printer it hangs on."""

    printer: Name
    pin: Literal[2, 5] = 2
    open_level: OpenLevel = OpenLevel.NONE


DeviceTable = SerialScannerTable | WedgeTable | EscPosTcpTable | PrinterDrawerTable


def device_tables(tables: Sequence[Mapping[str, object]]) -> tuple[DeviceTable, ...]:
    """Checked tables in their order.

    Raises EnvironmentFault `device.bad_table`, `device.no_port`, `device.name_taken`, `device.no_such_printer` or
    `device.too_many`, with `table` counting from 1.
    """
    if len(tables) > MAX_DEVICES:
        raise EnvironmentFault("device.too_many", limit=MAX_DEVICES)
    made = tuple(_tables(tables))
    printers = {table.name for table in made if isinstance(table, EscPosTcpTable)}
    for number, table in enumerate(made, start=1):
        if isinstance(table, PrinterDrawerTable) and table.printer not in printers:
            raise EnvironmentFault("device.no_such_printer", table=number, printer=table.printer)
    return made


def _tables(tables: Sequence[Mapping[str, object]]) -> Iterator[DeviceTable]:
    names: set[str] = set()
    for number, raw in enumerate(tables, start=1):
        try:
            table = msgspec.convert(raw, type=DeviceTable)
        except msgspec.ValidationError as bad:
            raise EnvironmentFault("device.bad_table", table=number, why=str(bad)[:200]) from None
        if table.name in names:
            raise EnvironmentFault("device.name_taken", table=number, name=table.name)
        if isinstance(table, SerialScannerTable) and not (table.port or table.usb_vid):
            raise EnvironmentFault("device.no_port", table=number, name=table.name)
        names.add(table.name)
        yield table
