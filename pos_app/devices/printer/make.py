"""Makes the receipt printer a table describes."""

from typing import Protocol

from pos_app.devices.drawer import KickingPrinter
from pos_app.devices.kit import Kit
from pos_app.devices.ports import ReceiptPrinter
from pos_app.devices.printer.cups import CupsPrinter
from pos_app.devices.printer.escpos import EscPosPrinter
from pos_app.devices.printer.tables import CupsTable, EscPosSerialTable, EscPosTcpTable, EscPosUsbTable, PrinterTable
from pos_app.devices.transport.link import Link
from pos_app.devices.transport.serial_link import SerialLink
from pos_app.devices.transport.serial_port import PortIdentity
from pos_app.devices.transport.tcp import TcpLink
from pos_app.devices.transport.usb_link import UsbLink
from retail_core.domain.clock import Clock


class KickingReceiptPrinter(ReceiptPrinter, KickingPrinter, Protocol):
    """A receipt printer with a connector for a drawer."""


def make(table: PrinterTable, kit: Kit) -> KickingReceiptPrinter:
    """Nothing is opened yet."""
    if isinstance(table, CupsTable):
        return CupsPrinter(table.name, table.queue, table.server, kit.changed)
    return EscPosPrinter(
        table.name, _link(table, kit.clock), kit.clock, kit.jitter,
        two_way=table.two_way, deadline_ms=table.deadline_ms, changed=kit.changed,
    )  # fmt: skip


def _link(table: EscPosTcpTable | EscPosSerialTable | EscPosUsbTable, clock: Clock) -> Link:
    match table:
        case EscPosTcpTable():
            return TcpLink(table.host, table.port, clock)
        case EscPosSerialTable():
            port = PortIdentity(table.serial_port, table.usb_vid, table.usb_pid, table.usb_serial)
            return SerialLink(port, table.baud, clock, handshake=table.handshake)
        case EscPosUsbTable():
            return UsbLink(table.usb_vid, table.usb_pid, table.usb_serial, clock)
