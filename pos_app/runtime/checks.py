"""CheckHealth in three depths: what is known, what the device itself says, and what a person sees happen.

INTERNAL asks nobody. EXTERNAL asks the device and waits for its answer, so it never runs on the screen's thread.
INTERACTIVE does something a person can see or hear: paper, an open drawer, words, a tone, a weight. The result is a
code, empty when all is well, and facts for the sentence that is made of it; unknown is never taken for all right.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from pos_app.devices.drawer import OpenLevel, learn_level
from pos_app.devices.label.tables import ZplTcpTable
from pos_app.devices.manager import Devices
from pos_app.devices.ports import (
    CardTerminal,
    CashDrawer,
    DeviceState,
    Health,
    LabelPrinter,
    LineDisplay,
    PrinterStatus,
    PrintOutcome,
    PrintResult,
    ReceiptPrinter,
    Scale,
    WeightState,
)
from pos_app.devices.printer.status import trouble
from pos_app.devices.printer.tables import CupsTable, PrinterDrawerTable, PrinterTable
from pos_app.devices.sound.player import TonePlayer
from pos_app.devices.sound.tones import Tone
from pos_app.receipts import escpos, zpl
from pos_app.receipts.label_codes import item_code
from pos_app.receipts.labels import ITEM, SHELF_EDGE, LabelFacts, price_label
from retail_core.domain.clock import Clock
from retail_core.domain.ids import Gtin

TEST_LABEL = LabelFacts("omnitill", 1234, "EUR", "TEST", item_code(Gtin("04006381333931")))
PER_MM = 100
TEST_WORDS = ("omnitill", "1234567890 ÄÖÜ ß €")
DRAWER_WAIT_MS = 2_000
WEIGHT_WAIT_MS = 8_000
LOOK_MS = 100
NOT_CONNECTED = "device.not_connected"

Wait = Callable[[int], bool]
"""Waits so many milliseconds; True when the check is to end early."""


class Depth(StrEnum):
    INTERNAL = "internal"
    EXTERNAL = "external"
    INTERACTIVE = "interactive"


@dataclass(frozen=True, slots=True)
class Checked:
    """`code` is empty when all is well. `facts` fill the sentence."""

    name: str
    depth: Depth
    code: str = ""
    facts: dict[str, str | int] = field(default_factory=dict[str, "str | int"])

    @property
    def good(self) -> bool:
        return not self.code or self.code.startswith("good.")


def check(devices: Devices, name: str, depth: Depth, clock: Clock, wait: Wait) -> Checked:
    """Check the device of this name. Never raises; bounded by the devices' own deadlines and WEIGHT_WAIT_MS."""
    known = _internal(devices, name)
    if depth is Depth.INTERNAL or not known.good:
        return known
    code, facts = _Asking(devices, name, depth, clock, wait).answer()
    return Checked(name, depth, code, facts)


def _internal(devices: Devices, name: str) -> Checked:
    device = devices.device(name)
    if device is None:
        return Checked(name, Depth.INTERNAL, "" if name in devices.tables else NOT_CONNECTED)
    return Checked(name, Depth.INTERNAL, health_code(device.health))


def health_code(health: Health) -> str:
    """What is wrong by its health alone."""
    if health.state is DeviceState.READY:
        return health.code
    return health.code or NOT_CONNECTED


Answer = tuple[str, dict[str, str | int]]


@dataclass(frozen=True)
class _Asking:
    devices: Devices
    name: str
    depth: Depth
    clock: Clock
    wait: Wait

    @property
    def by_hand(self) -> bool:
        return self.depth is Depth.INTERACTIVE

    def answer(self) -> Answer:
        devices, name = self.devices, self.name
        if name in devices.printers:
            return self.printer(devices.printers[name])
        if name in devices.drawers:
            return self.drawer(devices.drawers[name])
        if name in devices.scales:
            return self.scale(devices.scales[name])
        if name in devices.displays:
            return self.display(devices.displays[name])
        if name in devices.terminals:
            return self.terminal(devices.terminals[name])
        if name in devices.labels:
            return self.labels(devices.labels[name])
        if name in devices.sounds:
            return self.sound(devices.sounds[name])
        return "", {}

    def printer(self, printer: ReceiptPrinter) -> Answer:
        table = self.devices.tables[self.name]
        if self.by_hand and isinstance(table, PrinterTable):
            page = escpos.render(escpos.self_test(escpos.PROFILES[table.profile]), escpos.PROFILES[table.profile])
            return _of_print(printer.print_job(page), "good.printed")
        if isinstance(table, CupsTable):
            return "printer.one_way", {}
        status = printer.status()
        if status == PrinterStatus():
            return "printer.no_answer", {}
        return trouble(status) or ("printer.paper_low" if status.paper_low else "good.answers"), {}

    def drawer(self, drawer: CashDrawer) -> Answer:
        before = drawer.is_open()
        if not self.by_hand:
            return {None: "drawer.no_switch", True: "drawer.open", False: "good.shut"}[before], {}
        table = self.devices.tables[self.name]
        printer = self.devices.printers.get(table.printer) if isinstance(table, PrinterDrawerTable) else None
        shut = printer.status() if printer else PrinterStatus()
        code, facts = _of_print(drawer.kick(), "good.kicked")
        if code != "good.kicked":
            return code, facts
        if before is None:
            return self.learned_switch(printer, shut)
        until_ms = self.clock.monotonic_ms() + DRAWER_WAIT_MS
        while not drawer.is_open():
            if self.clock.monotonic_ms() > until_ms or self.wait(LOOK_MS):
                return "drawer.did_not_open", {}
        return "good.opened", {}

    def learned_switch(self, printer: ReceiptPrinter | None, shut: PrinterStatus) -> Answer:
        """A drawer nobody set up a switch for just opened: did the level of its pin change?"""
        until_ms = self.clock.monotonic_ms() + DRAWER_WAIT_MS
        while printer and self.clock.monotonic_ms() <= until_ms:
            level = learn_level(shut, printer.status())
            if level is not OpenLevel.NONE:
                return "good.switch_learned", {"open_level": level.value}
            if self.wait(LOOK_MS):
                break
        return "good.kicked", {}

    def scale(self, scale: Scale) -> Answer:
        until_ms = self.clock.monotonic_ms() + (WEIGHT_WAIT_MS if self.by_hand else 0)
        while True:
            reading = scale.read()
            if reading.state in (WeightState.STALE, WeightState.FAULT):
                return "scale.no_answer", {}
            if reading.state is WeightState.STABLE and reading.grams:
                return "good.weighs", {"grams": reading.grams}
            if self.clock.monotonic_ms() >= until_ms or self.wait(LOOK_MS):
                over = {WeightState.OVER: "scale.over", WeightState.UNDER: "scale.under"}.get(reading.state, "")
                return over or ("scale.nothing_on_it" if self.by_hand else "good.answers"), {}

    def display(self, display: LineDisplay) -> Answer:
        if self.by_hand:
            display.show(*TEST_WORDS)
            return "good.shows", {}
        return "", {}

    def terminal(self, terminal: CardTerminal) -> Answer:
        return health_code(terminal.status()) or "good.answers", {}

    def labels(self, printer: LabelPrinter) -> Answer:
        table = self.devices.tables[self.name]
        if self.by_hand and isinstance(table, ZplTcpTable):
            large = table.width_mm * PER_MM >= SHELF_EDGE.width and table.height_mm * PER_MM >= SHELF_EDGE.height
            frame = SHELF_EDGE if large else ITEM
            return _of_print(
                printer.print_job(zpl.render(price_label(TEST_LABEL, frame), table.dpi)), "good.printed_label"
            )
        return "good.answers", {}

    def sound(self, player: TonePlayer) -> Answer:
        if self.by_hand:
            for tone in Tone:
                player.play(tone)
                self.wait(400)
            return health_code(player.health) or "good.sounded", {}
        return "", {}


def _of_print(result: PrintResult, good: str) -> Answer:
    if result.outcome is PrintOutcome.CONFIRMED:
        return good, {}
    return result.reason or "printer.not_confirmed", {}
