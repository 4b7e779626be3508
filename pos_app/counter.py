"""What stands on the counter: this till's devices, and the printing of what its sales have queued."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Self

import msgspec

from pos_app.devices.barcode.wedge import NO_SETUP, WedgeSetup
from pos_app.devices.config import DeviceTable
from pos_app.devices.label.tables import LabelTable
from pos_app.devices.manager import Devices, Surroundings
from pos_app.devices.ports import CardTerminal, Health, PaymentOutcome, ScanSink, TagRead, TagSink
from pos_app.devices.printer.tables import PrinterTable
from pos_app.devices.rfid.inventory import Presence, PresenceRules
from pos_app.devices.rfid.tables import RfidTable
from pos_app.devices.scanner.pair import PairedScans
from pos_app.devices.sound.tones import Tone
from pos_app.devices.terminal.events import TerminalEvents
from pos_app.receipts import escpos
from pos_app.receipts.document import Logo, ReceiptDocument
from pos_app.receipts.drawer_report import Facts, report_document
from pos_app.receipts.facts import ReceiptData
from pos_app.receipts.labels import Label
from pos_app.receipts.layout import for_training, receipt_document
from pos_app.receipts.report_words import report_words
from pos_app.receipts.words import receipt_words
from pos_app.runtime.cards import CardDesk
from pos_app.runtime.device_desk import DeviceDesk
from pos_app.runtime.device_report import DeviceReport
from pos_app.runtime.payments import TillPayments
from pos_app.runtime.printing import Printing, Station
from pos_app.runtime.writer import Failed
from pos_app.service.labels import zpl_job
from pos_app.service.papers import buyer_lines
from pos_app.service.receipt_codes import ReceiptCodes
from pos_app.service.till_choices import Tones
from pos_app.storage.spool import REPORT, PrintJob
from pos_app.till import Till
from retail_core.domain.clock import Clock
from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.domain.scanned import TagUnit

UnitsSink = Callable[[tuple[TagUnit, ...], tuple[str, ...]], None]
"""Told which units came onto the till's antenna and which EPCs left it."""
TONES = MappingProxyType({"ok": Tone.OK, "error": Tone.ERROR, "warning": Tone.ATTENTION})
LOUD_PERCENT, QUIET_SHARE = 100, 3
KINDS = ("scanner", "printer", "scale", "display", "rfid", "terminal", "label")


class Counter:
    """Open it after the till; close it before."""

    def __init__(self, devices: Devices, till: Till) -> None:
        self.devices = devices
        self.cards: CardDesk | None = None
        self.printing: Printing | None = None
        self._till = till
        self._tones = Tones.NORMAL
        till.tell_devices = DeviceReport(till.writer, till.clock, self._standing).tick
        self.desk = DeviceDesk(devices, till.home, till.clock, till.writer.deliver, lambda _: self._wire())

    @classmethod
    def open(
        cls, tables: Sequence[DeviceTable], till: Till, sink: ScanSink, tags: UnitsSink = lambda _came, _went: None
    ) -> Self:
        """Start every device of `tables`; what is not there is waited for. Sinks run on the devices' threads.

        From now on each paid sale opens the drawer and is printed. Raises EnvironmentFault `device.no_such_profile`.
        """
        for table in tables:
            if isinstance(table, PrinterTable):
                _paper(table, till.receipt_codes)
        around = Surroundings(
            till.clock,
            random.random,
            PairedScans(sink),
            _on_antenna(tables, till.clock, tags),
            TillPayments(till.writer),
            _terminal_events(till),
            lambda _name, _health: till.writer.deliver(till.refresh),
        )
        devices = Devices.make(tables, around)
        devices.start()
        made = cls(devices, till)
        made._wire()
        return made

    def _wire(self) -> None:
        """Give the till what stands on its counter now. On the screen's thread."""
        devices, till = self.devices, self._till
        stations = [
            Station(devices.printers[name], _paper(table, till.receipt_codes, training=till.home.training))
            for name, table in list(devices.tables.items())
            if isinstance(table, PrinterTable)
        ]
        if self.printing:
            self.printing.use(stations, devices.drawer)
        elif stations:
            printing = self.printing = Printing(till.writer, stations, devices.drawer)
            real = not till.home.training  # a trainee's drawer stays shut
            till.paying.on_paid = lambda paid: printing.sale_paid(kick=paid.cash and real)
            till.drawer.kick = lambda: printing.sale_paid(kick=real)
            till.drawer.printed = lambda: printing.sale_paid(kick=False)
        if devices.reader:
            devices.reader.begin_inventory()
        if devices.scale:
            till.selling.lines.weigh = devices.scale.read
        if devices.terminal and self.cards is None and not till.home.training:  # no trainee charges a card
            self.cards = till.card_paying.cards = CardDesk(devices.terminal, till.writer.deliver)

    @property
    def terminal(self) -> CardTerminal | None:
        """The card terminal, which waits for its answers: the screen asks `cards`."""
        return self.devices.terminal

    @property
    def wedge(self) -> WedgeSetup:
        """How the keyboard scanner was learned."""
        return self.devices.wedge.setup if self.devices.wedge else NO_SETUP

    def healths(self) -> tuple[tuple[str, Health], ...]:
        """(kind, health) of each device that a person can do something about; never waits."""
        devices = self.devices
        kinds = (
            devices.scanners, devices.printers, devices.scales, devices.displays, devices.readers, devices.terminals,
            devices.labels,
        )  # fmt: skip
        return tuple(
            (name, device.health) for name, kind in zip(KINDS, kinds, strict=True) for device in list(kind.values())
        )

    def _standing(self) -> tuple[tuple[str, Health], ...]:
        """As `healths`, and the drawers."""
        return (*self.healths(), *(("drawer", drawer.health) for drawer in list(self.devices.drawers.values())))

    def print_label(self, label: Label, done: Callable[[str], None]) -> None:
        """Print one label; `done` is told a code, empty when it came out. Raises RuleViolationError `label.wrong_size`."""
        table = next((one for one in self.devices.tables.values() if isinstance(one, LabelTable)), None)
        if table is None:
            done("label.no_printer")
        else:
            self.desk.print_labels(zpl_job([(label, 1)], table), lambda result: done(result.reason))

    def reprint(self, done: Callable[[str], None], failed: Failed) -> None:
        """Print the last receipt once more, marked as a copy; that it was is noted in the journal."""
        if self.printing is None:
            failed(RuleViolationError("receipt.no_printer"))
            return

        def printed(number: str) -> None:
            self._till.paying.note_reprint(number)
            done(number)

        self.printing.reprint("", printed, failed)

    def print_queued(self) -> None:
        """Some other paper waits for the printer."""
        if self.printing:
            self.printing.sale_paid(kick=False)

    def close_terminal_day(self, done: Callable[[PaymentOutcome], None]) -> bool:
        """Have the card terminal close its day; False when there is none."""
        if self.cards is None:
            return False
        self.cards.end_of_day(done)
        return True

    def customer_reads(self, upper: str, lower: str) -> None:
        """Put two lines on the customer's display; never waits."""
        if self.devices.display:
            self.devices.display.show(upper, lower)

    def sound(self, tone: str) -> None:
        """Play the tone for what the screen says by colour; never waits."""
        player = self.devices.sound
        if player and tone in TONES and self._tones is not Tones.OFF:
            set_up = player.volume_percent
            loud = {Tones.QUIET: set_up // QUIET_SHARE, Tones.LOUD: LOUD_PERCENT}.get(self._tones, set_up)
            player.play(TONES[tone], loud)

    def loudness(self, tones: str) -> None:
        """How loud tones are from now on; normal is what stands in the player's table."""
        self._tones = Tones(tones)

    def close(self) -> None:
        self._till.tell_devices = lambda: None
        self.desk.close()
        if self.cards:
            self.cards.close()
        if self.printing:
            self.printing.close()
        self.devices.close()


def _on_antenna(tables: Sequence[DeviceTable], clock: Clock, tags: UnitsSink) -> TagSink:
    """What lies on the till's antenna: stray and passing tags are none of the sale."""
    least_dbm = next((table.least_dbm for table in tables if isinstance(table, RfidTable)), 0)
    presence = Presence(PresenceRules(least_cdbm=least_dbm * 100))

    def take(reads: Sequence[TagRead]) -> None:
        change = presence.take(reads, clock.monotonic_ms())
        if change.came or change.went:
            tags(change.came, change.went)

    return take


def _terminal_events(till: Till) -> TerminalEvents:
    """What the terminal tells by itself, handed to the screen's thread."""
    paying, deliver = till.card_paying, till.writer.deliver
    return TerminalEvents(
        lambda code, text: deliver(lambda: paying.doing(code, text)),
        lambda outcome: deliver(lambda: paying.settled(outcome)),
    )


def _paper(table: PrinterTable, codes: ReceiptCodes, *, training: bool = False) -> Callable[[PrintJob], bytes]:
    """How a queued receipt becomes this printer's bytes. Raises EnvironmentFault `device.no_such_profile`."""
    profile = escpos.PROFILES.get(table.profile)
    if profile is None:
        raise EnvironmentFault("device.no_such_profile", profile=table.profile[:40])
    return partial(rendered, codes=codes, profile=profile, logo=table.logo, training=training)


def _document(job: PrintJob, codes: ReceiptCodes) -> ReceiptDocument:
    if job.kind == REPORT:
        facts = msgspec.json.decode(job.document, type=Facts)
        return report_document(facts, report_words(facts.language))
    data = msgspec.json.decode(job.document, type=ReceiptData)
    signed = replace(data, code=codes.code_of(job.fact, job.sold_ms, gift=data.gift), buyer=buyer_lines(job.private))
    return receipt_document(signed, receipt_words(data.language))


def rendered(
    job: PrintJob, codes: ReceiptCodes, profile: escpos.Profile, logo: str = "", *, training: bool = False
) -> bytes:
    """The printer's bytes of a queued receipt, signed, or of a report, under the shop's logo if it has one."""
    document = _document(job, codes)
    if training:
        document = for_training(document, receipt_words(""))
    if logo:
        document = replace(document, elements=(Logo(logo), *document.elements))
    return escpos.render(document, profile)
