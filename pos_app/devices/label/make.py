"""Makes the label printer a table describes."""

from pos_app.devices.kit import Kit
from pos_app.devices.label.tables import LabelTable
from pos_app.devices.label.zpl_printer import ZplPrinter
from pos_app.devices.ports import LabelPrinter
from pos_app.devices.transport.tcp import TcpLink


def make(table: LabelTable, kit: Kit) -> LabelPrinter:
    """Nothing is opened yet."""
    return ZplPrinter(
        table.name, TcpLink(table.host, table.port, kit.clock), kit.clock, kit.jitter,
        two_way=table.two_way, deadline_ms=table.deadline_ms, changed=kit.changed,
    )  # fmt: skip
