"""What stands on the counter: this till's devices, and the printing of what its sales have queued."""

import random
from collections.abc import Sequence
from types import MappingProxyType
from typing import Self

import msgspec

from pos_app.devices.config import DeviceTable
from pos_app.devices.manager import Devices
from pos_app.devices.ports import Health, ScanSink
from pos_app.devices.sound.tones import Tone
from pos_app.receipts import escpos
from pos_app.receipts.layout import ReceiptData, receipt_document
from pos_app.runtime.printing import Printing
from pos_app.storage.spool import PrintJob
from pos_app.till import Till
from retail_core.domain.errors import EnvironmentFault

TONES = MappingProxyType({"ok": Tone.OK, "error": Tone.ERROR, "warning": Tone.ATTENTION})


class Counter:
    """Open it after the till; close it before."""

    def __init__(self, devices: Devices, printing: Printing | None) -> None:
        self._devices = devices
        self._printing = printing

    @classmethod
    def open(cls, tables: Sequence[DeviceTable], till: Till, sink: ScanSink) -> Self:
        """Start every device of `tables`; what is not there is waited for. `sink` runs on the scanners' threads.

        From now on each paid sale opens the drawer and is printed. Raises EnvironmentFault `device.no_such_profile`.
        """
        devices = Devices.make(tables, till.clock, random.random, lambda _name, _health: None)
        printing = None
        if devices.printer:
            profile = _profile(devices.printer_profile)
            devices.start(sink)
            printing = Printing(till.writer, devices.printer, devices.drawer, lambda job: rendered(job, profile))
            till.selling.on_paid = lambda _: printing.sale_paid(kick=True)
        else:
            devices.start(sink)
        if devices.scale:
            till.selling.lines.weigh = devices.scale.read
        return cls(devices, printing)

    @property
    def wedge_prefix(self) -> str:
        """What the keyboard scanner sends first, when it was set up to."""
        return self._devices.wedge_prefix

    def healths(self) -> tuple[tuple[str, Health], ...]:
        """(kind, health) of each device that a person can do something about; never waits."""
        one_each = {"scale": self._devices.scale, "display": self._devices.display}
        return (
            *(("scanner", scanner.health) for scanner in self._devices.scanners),
            *(("printer", printer.health) for printer in self._devices.printers),
            *((kind, device.health) for kind, device in one_each.items() if device),
        )

    def customer_reads(self, upper: str, lower: str) -> None:
        """Put two lines on the customer's display; never waits."""
        if self._devices.display:
            self._devices.display.show(upper, lower)

    def sound(self, tone: str) -> None:
        """Play the tone for what the screen says by colour; never waits."""
        if self._devices.sound and tone in TONES:
            self._devices.sound.play(TONES[tone])

    def close(self) -> None:
        if self._printing:
            self._printing.close()
        self._devices.close()


def _profile(name: str) -> escpos.Profile:
    try:
        return escpos.PROFILES[name]
    except KeyError:
        raise EnvironmentFault("device.no_such_profile", profile=name[:40]) from None


def rendered(job: PrintJob, profile: escpos.Profile) -> bytes:
    """The printer's bytes of a queued receipt."""
    return escpos.render(receipt_document(msgspec.json.decode(job.document, type=ReceiptData)), profile)
