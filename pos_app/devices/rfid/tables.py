"""RFID readers in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.table import Host, PortNumber, SerialTable, Table

Power = Annotated[int, Meta(ge=0, le=36)]


class LlrpTable(Table, frozen=True, tag="rfid.llrp", kw_only=True):
    """A fixed reader. `antennas`: numbers with commas, empty for all; `power_dbm` 0: as much as it may.

    `session`: 0 for a till's antenna, 2 for counts. `mode`: one of the reader's own list, -1 for the one it likes best.
    `least_dbm`: what is seen more weakly is no goods of the sale.
    """

    host: Host
    port: PortNumber = 5084
    antennas: Annotated[str, Meta(pattern=r"^([1-9][0-9]?(,[1-9][0-9]?){0,31})?$")] = ""
    power_dbm: Power = 0
    session: Literal[0, 1, 2, 3] = 0
    mode: Annotated[int, Meta(ge=-1, le=65_535)] = -1
    keepalive_ms: Annotated[int, Meta(ge=100, le=60_000)] = 2_000
    least_dbm: Annotated[int, Meta(ge=-100, le=0)] = -60


class M100Table(SerialTable, frozen=True, tag="rfid.m100", kw_only=True):
    """A serial UHF module. `power_dbm` 0: as it was set before."""

    baud: Literal[9600, 19200, 38400, 57600, 115200] = 115200
    power_dbm: Power = 0
    least_dbm: Annotated[int, Meta(ge=-100, le=0)] = -60


RfidTable = LlrpTable | M100Table
