"""Makes the RFID reader a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.ports import RfidReader
from pos_app.devices.rfid.llrp.messages import Settings
from pos_app.devices.rfid.llrp.reader import LlrpReader
from pos_app.devices.rfid.m100_reader import M100Reader
from pos_app.devices.rfid.tables import LlrpTable, RfidTable
from pos_app.devices.transport.serial_port import PortIdentity


def make(table: RfidTable, kit: Kit) -> RfidReader:
    """Nothing is opened yet."""
    power = table.power_dbm or None
    if isinstance(table, LlrpTable):
        antennas = tuple(int(number) for number in table.antennas.split(",") if number)
        mode = None if table.mode < 0 else table.mode
        settings = Settings(antennas, power, table.session, mode, keepalive_ms=table.keepalive_ms)
        return LlrpReader(table.name, table.host, table.port, settings, kit.clock, kit.jitter, changed=kit.changed)
    return M100Reader(
        table.name, PortIdentity.of(table), kit.clock, kit.jitter,
        baud=table.baud, power_dbm=power, changed=kit.changed,
    )  # fmt: skip
