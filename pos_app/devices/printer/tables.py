"""Receipt printers, and the drawers that hang on them, in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.drawer import OpenLevel
from pos_app.devices.table import Host, Name, PortNumber, Table


class EscPosTcpTable(Table, frozen=True, tag="printer.escpos_tcp", kw_only=True):
    """`profile` is a name of `pos_app.receipts.escpos.PROFILES`; `two_way`: it answers questions about itself."""

    host: Host
    port: PortNumber = 9100
    profile: str = "plain80"
    two_way: bool = True
    deadline_ms: Annotated[int, Meta(ge=1_000, le=60_000)] = 10_000


class PrinterDrawerTable(Table, frozen=True, tag="drawer.printer", kw_only=True):
    """`printer` is the name of the printer it hangs on."""

    printer: Name
    pin: Literal[2, 5] = 2
    open_level: OpenLevel = OpenLevel.NONE


PrinterTable = EscPosTcpTable
