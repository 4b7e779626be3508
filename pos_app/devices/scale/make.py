"""Makes the scale a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.ports import Scale
from pos_app.devices.scale.nci import Nci
from pos_app.devices.scale.reading import ScaleProtocol
from pos_app.devices.scale.serial import SerialScale
from pos_app.devices.scale.sma import Sma
from pos_app.devices.scale.tables import NciTable, ScaleTable, SmaTable, Toledo8217Table
from pos_app.devices.scale.toledo8217 import Toledo8217
from pos_app.devices.transport.serial_port import PortIdentity


def make(table: ScaleTable, kit: Kit) -> Scale:
    """Nothing is opened yet."""
    return SerialScale(
        table.name, PortIdentity.of(table), _protocol(table), kit.clock, kit.jitter,
        baud=table.baud, bits=table.bits, parity=table.parity, changed=kit.changed,
    )  # fmt: skip


def _protocol(table: ScaleTable) -> ScaleProtocol:
    match table:
        case Toledo8217Table():
            return Toledo8217(table.unit)
        case SmaTable():
            return Sma()
        case NciTable():
            return Nci()
