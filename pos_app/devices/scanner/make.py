"""Makes the scanner a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.ports import Scanner
from pos_app.devices.scanner.serial import SerialScanner
from pos_app.devices.scanner.tables import ScannerTable
from pos_app.devices.transport.serial_port import PortIdentity


def make(table: ScannerTable, kit: Kit) -> Scanner:
    """Nothing is opened yet."""
    return SerialScanner(
        table.name, PortIdentity.of(table), kit.clock, kit.jitter,
        baud=table.baud, framing=table.framing, changed=kit.changed,
    )  # fmt: skip
