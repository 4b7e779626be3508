"""Makes the line display a table describes."""

from pos_app.devices.display.commands import Language
from pos_app.devices.display.serial import SerialLineDisplay
from pos_app.devices.display.tables import Cd5220Table, DisplayTable
from pos_app.devices.kit import Kit
from pos_app.devices.ports import LineDisplay
from pos_app.devices.transport.serial_port import PortIdentity


def make(table: DisplayTable, kit: Kit) -> LineDisplay:
    """Nothing is opened yet."""
    language = Language.CD5220 if isinstance(table, Cd5220Table) else Language.ESCPOS
    return SerialLineDisplay(
        table.name, PortIdentity.of(table), language, kit.jitter,
        baud=table.baud, table=table.characters, changed=kit.changed,
    )  # fmt: skip
