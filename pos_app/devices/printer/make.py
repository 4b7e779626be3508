"""Makes the receipt printer a table describes."""

from typing import Protocol

from pos_app.devices.drawer import KickingPrinter
from pos_app.devices.kit import Kit
from pos_app.devices.ports import ReceiptPrinter
from pos_app.devices.printer.escpos_tcp import EscPosTcpPrinter, PrinterAddress
from pos_app.devices.printer.tables import PrinterTable


class KickingReceiptPrinter(ReceiptPrinter, KickingPrinter, Protocol):
    """A receipt printer with a connector for a drawer."""


def make(table: PrinterTable, kit: Kit) -> KickingReceiptPrinter:
    """Nothing is opened yet."""
    address = PrinterAddress(table.host, table.port, table.two_way, table.deadline_ms)
    return EscPosTcpPrinter(table.name, address, kit.clock, kit.jitter, kit.changed)
