"""The devices of one till: made from their tables, started, looked after and closed together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from pos_app.devices.config import DeviceTable, EscPosTcpTable, PrinterDrawerTable, SerialScannerTable, WedgeTable
from pos_app.devices.drawer import PrinterDrawer
from pos_app.devices.ports import CashDrawer, Device, Health, ReceiptPrinter, Scanner, ScanSink
from pos_app.devices.printer.escpos_tcp import EscPosTcpPrinter, PrinterAddress
from pos_app.devices.scanner.serial import PortIdentity, SerialScanner
from pos_app.devices.supervisor import Jitter
from retail_core.domain.clock import Clock

Changed = Callable[[str, Health], None]
"""Told the name and health of a device when it changes, on that device's thread."""


@dataclass
class Devices:
    """What is there. `printer` and `drawer` are the first of their kind; None when the till has none."""

    scanners: list[Scanner] = field(default_factory=list[Scanner])
    printer: ReceiptPrinter | None = None
    printer_profile: str = ""
    drawer: CashDrawer | None = None
    wedge_prefix: str = ""
    _printers: dict[str, EscPosTcpPrinter] = field(default_factory=dict[str, EscPosTcpPrinter])

    @classmethod
    def make(cls, tables: Iterable[DeviceTable], clock: Clock, jitter: Jitter, changed: Changed) -> "Devices":
        """Nothing is opened yet; drawers may stand before their printers in the file."""
        made = cls()
        for table in sorted(tables, key=lambda table: isinstance(table, PrinterDrawerTable)):
            made._add(table, clock, jitter, partial(changed, table.name))
        return made

    def start(self, sink: ScanSink, jitter: Jitter) -> None:
        """Open everything; what isn't there yet is waited for. Never blocks."""
        for scanner in self.scanners:
            scanner.start(sink)
        for printer in self._printers.values():
            printer.start(jitter)

    def health(self) -> dict[str, Health]:
        """By name, for the pills on the screen."""
        return {device.name: device.health for device in self._all()}

    def close(self) -> None:
        for device in self._all():
            device.close()

    def _all(self) -> list[Device]:
        return [*self.scanners, *self._printers.values(), *([self.drawer] if self.drawer else [])]

    def _add(self, table: DeviceTable, clock: Clock, jitter: Jitter, changed: Callable[[Health], None]) -> None:
        match table:
            case SerialScannerTable():
                port = PortIdentity(table.port, table.usb_vid, table.usb_pid, table.usb_serial)
                self.scanners.append(
                    SerialScanner(
                        table.name, port, clock, jitter, baud=table.baud, framing=table.framing, changed=changed
                    )
                )
            case WedgeTable():
                self.wedge_prefix = self.wedge_prefix or table.prefix
            case EscPosTcpTable():
                address = PrinterAddress(table.host, table.port, table.two_way, table.deadline_ms)
                printer = EscPosTcpPrinter(table.name, address, clock, changed)
                self._printers[table.name] = printer
                if self.printer is None:
                    self.printer, self.printer_profile = printer, table.profile
            case PrinterDrawerTable():
                drawer = PrinterDrawer(table.name, self._printers[table.printer], table.pin, table.open_level)
                self.drawer = self.drawer or drawer
