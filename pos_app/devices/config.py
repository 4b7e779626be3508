"""The `[[device]]` tables of till.toml, checked. What is wrong is said with a stable code and the table's number.

[[device]]
driver = "scanner.serial"          # the part before the dot is the kind of device
name = "counter scanner"
port = "/dev/serial/by-id/usb-Datalogic_…"
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from pos_app.devices.display.tables import DisplayTable
from pos_app.devices.label.tables import LabelTable
from pos_app.devices.printer.tables import PrinterDrawerTable, PrinterTable
from pos_app.devices.rfid.tables import RfidTable
from pos_app.devices.scale.tables import ScaleTable
from pos_app.devices.scanner.tables import EvdevTable, ScannerTable, WedgeTable
from pos_app.devices.sound.tables import SoundTable
from pos_app.devices.table import SerialTable
from pos_app.devices.terminal.tables import TerminalTable
from retail_core.domain.errors import EnvironmentFault

MAX_DEVICES = 32

DeviceTable = (
    ScannerTable
    | WedgeTable
    | PrinterTable
    | PrinterDrawerTable
    | LabelTable
    | ScaleTable
    | DisplayTable
    | SoundTable
    | RfidTable
    | TerminalTable
)


def device_tables(tables: Sequence[Mapping[str, object]]) -> tuple[DeviceTable, ...]:
    """Checked tables in their order.

    Raises EnvironmentFault `device.bad_table`, `device.no_port`, `device.name_taken`, `device.no_such_printer` or
    `device.too_many`, with `table` counting from 1.
    """
    if len(tables) > MAX_DEVICES:
        raise EnvironmentFault("device.too_many", limit=MAX_DEVICES)
    made = tuple(_tables(tables))
    printers = {table.name for table in made if isinstance(table, PrinterTable)}
    for number, table in enumerate(made, start=1):
        if isinstance(table, PrinterDrawerTable) and table.printer not in printers:
            raise EnvironmentFault("device.no_such_printer", table=number, printer=table.printer)
    return made


def _tables(tables: Sequence[Mapping[str, object]]) -> Iterator[DeviceTable]:
    names: set[str] = set()
    for number, raw in enumerate(tables, start=1):
        try:
            table: DeviceTable = msgspec.convert(raw, type=DeviceTable)
        except msgspec.ValidationError as bad:
            raise EnvironmentFault("device.bad_table", table=number, why=str(bad)[:200]) from None
        if table.name in names:
            raise EnvironmentFault("device.name_taken", table=number, name=table.name)
        if isinstance(table, SerialTable | EvdevTable) and not table.placed:
            raise EnvironmentFault("device.no_port", table=number, name=table.name)
        names.add(table.name)
        yield table
