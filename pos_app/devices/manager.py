"""The devices of one till: made from their tables, started, looked after and closed together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from pos_app.devices.config import DeviceTable
from pos_app.devices.display.make import make as make_display
from pos_app.devices.display.tables import DisplayTable
from pos_app.devices.kit import Kit
from pos_app.devices.ports import (
    CashDrawer,
    Device,
    Health,
    LineDisplay,
    ReceiptPrinter,
    RfidReader,
    Scale,
    Scanner,
    ScanSink,
    TagSink,
)
from pos_app.devices.printer.make import make as make_printer
from pos_app.devices.printer.make import make_drawer
from pos_app.devices.printer.tables import PrinterDrawerTable, PrinterTable
from pos_app.devices.rfid.make import make as make_rfid
from pos_app.devices.rfid.tables import RfidTable
from pos_app.devices.scale.make import make as make_scale
from pos_app.devices.scale.tables import ScaleTable
from pos_app.devices.scanner.make import make as make_scanner
from pos_app.devices.scanner.tables import ScannerTable, WedgeTable
from pos_app.devices.sound.player import TonePlayer
from pos_app.devices.sound.tables import SoundTable
from pos_app.devices.supervisor import Jitter
from pos_app.devices.table import Table
from retail_core.domain.clock import Clock

DeviceT = TypeVar("DeviceT", bound=Device)
Changed = Callable[[str, Health], None]
"""Told the name and health of a device when it changes, on that device's thread."""


@dataclass
class Devices:
    """What is there. A till has one of most kinds: the first one named; None when it has none."""

    scanners: list[Scanner] = field(default_factory=list[Scanner])
    printers: list[ReceiptPrinter] = field(default_factory=list[ReceiptPrinter])
    printer_profile: str = ""
    drawer: CashDrawer | None = None
    scale: Scale | None = None
    display: LineDisplay | None = None
    sound: TonePlayer | None = None
    rfid: RfidReader | None = None
    rfid_least_cdbm: int = 0
    wedge_prefix: str = ""
    _made: dict[str, Device] = field(default_factory=dict[str, Device])

    @classmethod
    def make(cls, tables: Iterable[DeviceTable], clock: Clock, jitter: Jitter, changed: Changed) -> "Devices":
        """Nothing is opened yet; drawers may stand before their printers in the file."""
        made = cls()
        for table in sorted(tables, key=lambda table: isinstance(table, PrinterDrawerTable)):
            made._add(table, Kit(clock, jitter, partial(changed, table.name), made._made))
        return made

    @property
    def printer(self) -> ReceiptPrinter | None:
        return self.printers[0] if self.printers else None

    def start(self, sink: ScanSink, tags: TagSink = lambda _: None) -> None:
        """Open everything; what isn't there yet is waited for. Never blocks."""
        if self.rfid is not None:
            self.rfid.start(tags)
        for scanner in self.scanners:
            scanner.start(sink)
        for device in (*self.printers, self.scale, self.display, self.sound):
            if device is not None:
                device.start()

    def health(self) -> dict[str, Health]:
        """By name, for the pills on the screen."""
        return {name: device.health for name, device in self._made.items()}

    def close(self) -> None:
        for device in self._made.values():
            device.close()

    def _add(self, table: DeviceTable, kit: Kit) -> None:
        if isinstance(table, WedgeTable):
            self.wedge_prefix = self.wedge_prefix or table.prefix
        elif isinstance(table, ScannerTable):
            self.scanners.append(self._keep(table, make_scanner(table, kit)))
        elif isinstance(table, PrinterTable):
            self.printer_profile = self.printer_profile or table.profile
            self.printers.append(self._keep(table, make_printer(table, kit)))
        elif isinstance(table, PrinterDrawerTable):
            drawer = self._keep(table, make_drawer(table, kit))
            self.drawer = self.drawer or drawer
        else:
            self._add_one_of_a_kind(table, kit)

    def _add_one_of_a_kind(self, table: ScaleTable | DisplayTable | SoundTable | RfidTable, kit: Kit) -> None:
        if isinstance(table, RfidTable):
            rfid = self._keep(table, make_rfid(table, kit))
            if self.rfid is None:
                self.rfid, self.rfid_least_cdbm = rfid, table.least_dbm * 100
        elif isinstance(table, ScaleTable):
            scale = self._keep(table, make_scale(table, kit))
            self.scale = self.scale or scale
        elif isinstance(table, DisplayTable):
            display = self._keep(table, make_display(table, kit))
            self.display = self.display or display
        else:
            sound = self._keep(table, TonePlayer(table.name, table.volume, table.command))
            self.sound = self.sound or sound

    def _keep(self, table: Table, device: DeviceT) -> DeviceT:
        self._made[table.name] = device
        return device
