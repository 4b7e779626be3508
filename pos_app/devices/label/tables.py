"""Label printers in till.toml."""

from typing import Annotated, Literal

from msgspec import Meta

from pos_app.devices.table import Host, PortNumber, Table

Millimetres = Annotated[int, Meta(ge=15, le=250)]


class ZplTcpTable(Table, frozen=True, tag="label.zpl_tcp", kw_only=True):
    """`width_mm` and `height_mm` are those of the labels in it; `two_way`: it answers questions about itself.

    Give an address rather than a name as `host`: looking a name up is not bounded by the deadline.
    """

    host: Host
    port: PortNumber = 9100
    dpi: Literal[203, 300] = 203
    width_mm: Millimetres = 70
    height_mm: Millimetres = 38
    two_way: bool = True
    deadline_ms: Annotated[int, Meta(ge=1_000, le=120_000)] = 30_000


LabelTable = ZplTcpTable
