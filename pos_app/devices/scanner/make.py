"""Makes the scanner a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.ports import Scanner
from pos_app.devices.scanner.camera import CameraScanner
from pos_app.devices.scanner.evdev import EvdevScanner
from pos_app.devices.scanner.hidpos import HidPosScanner
from pos_app.devices.scanner.serial import SerialScanner
from pos_app.devices.scanner.tables import CameraTable, EvdevTable, HidPosTable, ScannerTable
from pos_app.devices.transport.serial_port import PortIdentity


def make(table: ScannerTable, kit: Kit) -> Scanner:
    """Nothing is opened yet."""
    match table:
        case HidPosTable():
            return HidPosScanner(table, kit)
        case EvdevTable():
            return EvdevScanner(table, kit)
        case CameraTable():
            return CameraScanner(table, kit)
        case _:
            return SerialScanner(
                table.name, PortIdentity.of(table), kit.clock, kit.jitter,
                baud=table.baud, framing=table.framing, dressing=table.dressing, changed=kit.changed,
            )  # fmt: skip
