"""The devices of one till: made from their tables, started, looked after, added to and closed together."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pos_app.devices.config import DeviceTable
from pos_app.devices.display.make import make as make_display
from pos_app.devices.display.tables import DisplayTable
from pos_app.devices.drawer import PrinterDrawer
from pos_app.devices.kit import Kit
from pos_app.devices.label.make import make as make_label_printer
from pos_app.devices.label.tables import LabelTable
from pos_app.devices.ports import (
    CardTerminal,
    CashDrawer,
    Device,
    Health,
    LabelPrinter,
    LineDisplay,
    ReceiptPrinter,
    RfidReader,
    Scale,
    Scanner,
    ScanSink,
    TagSink,
)
from pos_app.devices.printer.make import KickingReceiptPrinter
from pos_app.devices.printer.make import make as make_printer
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
from pos_app.devices.terminal.events import NO_EVENTS, TerminalEvents
from pos_app.devices.terminal.journal import PaymentJournal
from pos_app.devices.terminal.make import make as make_terminal
from pos_app.devices.terminal.tables import TerminalTable
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault

T = TypeVar("T")
Changed = Callable[[str, Health], None]
"""Told the name and health of a device when it changes, on that device's thread."""


def _nothing(_: object) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Surroundings:
    """What the devices of a till need of it. `payments` None: no card terminal can be made."""

    clock: Clock
    jitter: Jitter
    scans: ScanSink = _nothing
    tags: TagSink = _nothing
    payments: PaymentJournal | None = None
    terminal_events: TerminalEvents = NO_EVENTS
    changed: Changed = lambda _name, _health: None


class Devices:
    """What is there, by name. A till works with the first of most kinds."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._started = False
        self.tables: dict[str, DeviceTable] = {}
        self.scanners: dict[str, Scanner] = {}
        self.printers: dict[str, KickingReceiptPrinter] = {}
        self.drawers: dict[str, CashDrawer] = {}
        self.labels: dict[str, LabelPrinter] = {}
        self.scales: dict[str, Scale] = {}
        self.displays: dict[str, LineDisplay] = {}
        self.readers: dict[str, RfidReader] = {}
        self.terminals: dict[str, CardTerminal] = {}
        self.sounds: dict[str, TonePlayer] = {}

    @classmethod
    def make(cls, tables: Iterable[DeviceTable], around: Surroundings) -> "Devices":
        """Nothing is opened yet; drawers may stand before their printers in the file."""
        made = cls(around)
        for table in sorted(tables, key=lambda table: isinstance(table, PrinterDrawerTable)):
            made.add(table)
        return made

    # ── the first of each kind ───────────────────────────────────────────────────────────────────

    @property
    def printer(self) -> ReceiptPrinter | None:
        return _first(self.printers)

    @property
    def drawer(self) -> CashDrawer | None:
        return _first(self.drawers)

    @property
    def label_printer(self) -> LabelPrinter | None:
        return _first(self.labels)

    @property
    def scale(self) -> Scale | None:
        return _first(self.scales)

    @property
    def display(self) -> LineDisplay | None:
        return _first(self.displays)

    @property
    def reader(self) -> RfidReader | None:
        return _first(self.readers)

    @property
    def terminal(self) -> CardTerminal | None:
        return _first(self.terminals)

    @property
    def sound(self) -> TonePlayer | None:
        return _first(self.sounds)

    @property
    def wedge(self) -> WedgeTable | None:
        """How the keyboard scanner was learned; None when it was not."""
        return next((table for table in self.tables.values() if isinstance(table, WedgeTable)), None)

    # ── all together ─────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Open everything; what isn't there yet is waited for. Never blocks."""
        self._started = True
        for name in self.tables:
            self._start(name)

    def add(self, table: DeviceTable) -> None:
        """Make one more, in place of one of the same name; it is started when the others are.

        Raises EnvironmentFault `device.no_such_printer` or `device.no_journal`.
        """
        self.pause(table.name)
        self._make(table, Kit(self._around.clock, self._around.jitter, partial(self._around.changed, table.name)))
        self.tables[table.name] = table
        if self._started:
            self._start(table.name)
        if isinstance(table, PrinterTable):
            for drawer in self._drawers_on(table.name):  # they held the one that was there before
                self.add(drawer)

    def remove(self, name: str) -> None:
        """Give one back."""
        self.tables.pop(name, None)
        self.pause(name)

    def pause(self, name: str) -> None:
        """Close one for as long as somebody else needs its port; `add` with its table takes it up again."""
        for kind in self._kinds():
            device = kind.pop(name, None)
            if device is not None:
                device.close()

    def device(self, name: str) -> Device | None:
        """The one of this name; None for a keyboard scanner, which has no driver."""
        return next((kind[name] for kind in self._kinds() if name in kind), None)

    def health(self) -> dict[str, Health]:
        """By name, for the pills on the screen."""
        return {name: device.health for kind in self._kinds() for name, device in kind.items()}

    def close(self) -> None:
        for kind in self._kinds():
            for device in kind.values():
                device.close()

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _kinds(self) -> tuple[dict[str, Device], ...]:
        return (
            self.scanners,
            self.drawers,
            self.printers,
            self.labels,
            self.scales,
            self.displays,
            self.readers,
            self.terminals,
            self.sounds,
        )  # type: ignore[return-value]  # fmt: skip - each holds devices

    def _make(self, table: DeviceTable, kit: Kit) -> None:
        if isinstance(table, WedgeTable):
            return
        if isinstance(table, ScannerTable):
            self.scanners[table.name] = make_scanner(table, kit)
        elif isinstance(table, PrinterTable):
            self.printers[table.name] = make_printer(table, kit)
        elif isinstance(table, PrinterDrawerTable):
            self.drawers[table.name] = self._drawer(table)
        elif isinstance(table, SoundTable):
            self.sounds[table.name] = TonePlayer(table.name, table.volume, table.command)
        else:
            self._make_other(table, kit)

    def _make_other(self, table: LabelTable | ScaleTable | DisplayTable | RfidTable | TerminalTable, kit: Kit) -> None:
        if isinstance(table, LabelTable):
            self.labels[table.name] = make_label_printer(table, kit)
        elif isinstance(table, ScaleTable):
            self.scales[table.name] = make_scale(table, kit)
        elif isinstance(table, DisplayTable):
            self.displays[table.name] = make_display(table, kit)
        elif isinstance(table, RfidTable):
            self.readers[table.name] = make_rfid(table, kit)
        elif self._around.payments is None:
            raise EnvironmentFault("device.no_journal", name=table.name)
        else:
            self.terminals[table.name] = make_terminal(table, kit, self._around.payments, self._around.terminal_events)

    def _drawers_on(self, printer: str) -> list[PrinterDrawerTable]:
        tables = self.tables.values()
        return [table for table in tables if isinstance(table, PrinterDrawerTable) and table.printer == printer]

    def _drawer(self, table: PrinterDrawerTable) -> CashDrawer:
        printer = self.printers.get(table.printer)
        if printer is None:
            raise EnvironmentFault("device.no_such_printer", printer=table.printer)
        return PrinterDrawer(table.name, printer, table.pin, table.open_level)

    def _start(self, name: str) -> None:
        if name in self.scanners:
            self.scanners[name].start(self._around.scans)
        elif name in self.readers:
            self.readers[name].start(self._around.tags)
        else:
            kinds = (self.printers, self.labels, self.scales, self.displays, self.terminals, self.sounds)
            startable = next((kind[name] for kind in kinds if name in kind), None)
            if startable is not None:
                startable.start()


def _first(kind: dict[str, T]) -> T | None:
    return next(iter(kind.values()), None)
