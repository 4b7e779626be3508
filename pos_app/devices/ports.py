"""What the till may ask of each kind of device, and the facts devices report. No I/O here.

A driver and its fake keep the same promises; `tests/devices/contract` holds both to them. What holds for all:
- nothing here raises because a device is away or broken: the answer says so, with a stable reason;
- sinks are called on the device's own thread (a fake's: on the caller's), one call at a time, in the order of things;
- `close()` returns promptly, may be called twice, and no sink is called after it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class DeviceState(StrEnum):
    ABSENT = "absent"  # not plugged in, not reachable or not started
    CONNECTING = "connecting"
    READY = "ready"
    FAULT = "fault"  # there, but somebody has to do something; the health code says what


@dataclass(frozen=True, slots=True)
class Health:
    """How a device is. `code` is stable and empty while all is well; `detail` helps whoever repairs it."""

    state: DeviceState
    code: str = ""
    detail: str = ""


class Device(Protocol):
    """What every port has."""

    @property
    def name(self) -> str:
        """The name given to it in till.toml."""
        ...

    @property
    def health(self) -> Health:
        """What is known now; never asks the device and never waits."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


# ── scanner ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ScanEvent:
    """One read. Identical reads are separate events; none is ever dropped.

    `text` is the label without its AIM id (`]E0`), never longer than the framer's limit. `problem` is empty or a code
    (`scan.too_long`, `scan.binary`, `scan.unframed`): the read happened and the cashier must hear that it is no good.
    `pairs_with_last`: the 1D and 2D symbols of one item, read in one sweep of one imager: this is the second.
    """

    raw: bytes
    aim_id: str | None
    text: str
    source: str
    t_mono_ms: int
    problem: str = ""
    pairs_with_last: bool = False

    @property
    def label(self) -> str:
        """What was scanned, with its AIM id in front: how to read it depends on the symbol."""
        return (self.aim_id or "") + self.text


ScanSink = Callable[[ScanEvent], None]


class Scanner(Device, Protocol):
    """A hand or counter scanner that speaks for itself (serial, HID POS); wedges come through the window instead."""

    def start(self, sink: ScanSink) -> None:
        """Deliver every read to `sink`, also after the scanner was unplugged and came back."""
        ...


# ── RFID ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TagRead:
    """A tag was seen `count` times; de-duplication is the reader of the facts' business. `rssi_cdbm`: 0.01 dBm."""

    epc: bytes
    antenna: int
    rssi_cdbm: int
    source: str
    t_mono_ms: int
    count: int = 1


TagSink = Callable[[Sequence[TagRead]], None]
"""Reads come in handfuls: a busy reader sees a thousand tags a second. An empty one says that time passed with none."""


class RfidReader(Device, Protocol):
    """A fixed or hand-held UHF reader."""

    def start(self, sink: TagSink) -> None:
        """Connect; nothing is read before `begin_inventory`."""
        ...

    def begin_inventory(self) -> None:
        """Read tags until `end_inventory`; a reader that was away goes on reading when it is back.

        While it reads, a handful comes at least once a second, an empty one if need be: a tag that is in none of them
        is not there, and where no handful comes nobody looked.
        """
        ...

    def end_inventory(self) -> None:
        """Stop reading. Reads already under way may still arrive."""
        ...


# ── paper ────────────────────────────────────────────────────────────────────────────────────────


class PrintOutcome(StrEnum):
    CONFIRMED = "confirmed"  # read back from the printer after its cut
    UNKNOWN = "unknown"  # bytes went out and nobody said whether they became paper
    FAILED = "failed"  # nothing of the job was sent; it may be sent again


@dataclass(frozen=True, slots=True)
class PrintResult:
    """`reason` is a stable code when the outcome is not CONFIRMED: `printer.paper_out`, `printer.unreachable` …"""

    outcome: PrintOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer said about itself. None means that nobody knows, which is never shown as all right."""

    online: bool | None = None
    paper_out: bool | None = None
    paper_low: bool | None = None
    cover_open: bool | None = None
    drawer_pin_high: bool | None = None


class ReceiptPrinter(Device, Protocol):
    """Prints one finished job at a time; safe to call from any thread, never from the screen's."""

    def start(self) -> None:
        """Look after it from now on. It prints without that too."""
        ...

    def print_job(self, job: bytes) -> PrintResult:
        """Print `job`, which ends with its cut. Returns within the printer's deadline, whatever happens."""
        ...

    def status(self) -> PrinterStatus:
        """Ask the printer now. Returns within a second; all None when it does not answer."""
        ...


class LabelPrinter(Device, Protocol):
    """Prints shelf and item labels; the same promises as the receipt printer."""

    def start(self) -> None:
        """Open it and look after it from now on."""
        ...

    def print_job(self, job: bytes) -> PrintResult:
        """Print `job`, one or more labels in the printer's language."""
        ...


class CashDrawer(Device, Protocol):
    """The drawer under the counter."""

    def kick(self) -> PrintResult:
        """Open it. CONFIRMED: the pulse was taken; whether the drawer moved is what `is_open` may know."""
        ...

    def is_open(self) -> bool | None:
        """None when the drawer has no switch or nobody answers."""
        ...


# ── counter ──────────────────────────────────────────────────────────────────────────────────────


class LineDisplay(Device, Protocol):
    """Two lines for the customer. Text the display has no characters for is shown as near as it can."""

    def start(self) -> None:
        """Open it and look after it from now on."""
        ...

    def show(self, upper: str, lower: str) -> None:
        """Replace both lines. Too long is cut off, never wrapped; a display that is away is no error."""
        ...

    def clear(self) -> None:
        """Show nothing."""
        ...


class WeightState(StrEnum):
    STABLE = "stable"
    MOVING = "moving"
    ZERO = "zero"
    OVER = "over"
    UNDER = "under"
    STALE = "stale"  # the scale has not answered for a while: there is no weight, not a weight of zero
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class WeightReading:
    """`grams` is None unless the state is STABLE, MOVING or ZERO; an error is a state, never 0 kg."""

    state: WeightState
    grams: int | None
    tare_grams: int
    t_mono_ms: int


class Scale(Device, Protocol):
    """A scale at the counter, read by level: the same weight may be read twice."""

    def start(self) -> None:
        """Open it and look after it from now on."""
        ...

    def read(self) -> WeightReading:
        """The weight now. Returns within half a second; STALE when the scale does not answer."""
        ...

    def zero(self) -> None:
        """Set the empty scale to zero; ignored by a scale that moves."""
        ...


# ── money ────────────────────────────────────────────────────────────────────────────────────────


class PaymentState(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"
    ABORTED = "aborted"  # the terminal says that nothing was taken
    UNKNOWN = "unknown"  # ask by `enquire` before anything else; it may have been paid


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """How a card payment ended. `masked_card` holds the last four digits at most.

    `amount_minor` may be less than was asked for: a partial approval. `reference` finds it again at the terminal.
    `lines` are the terminal's receipt, when the till prints it; they come once, with the answer itself.
    """

    state: PaymentState
    tender_id: str
    amount_minor: int
    currency: str
    masked_card: str = ""
    reference: str = ""
    reason: str = ""
    card_name: str = ""
    lines: tuple[str, ...] = ()


class CardTerminal(Device, Protocol):
    """Takes money by card. Every payment carries the till's own tender id, so that asking again never pays twice."""

    def start(self) -> None:
        """Open it and look after it from now on."""
        ...

    def authorise(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        """Take an amount. With a tender id it has seen before it answers what became of that one."""
        ...

    def refund(self, tender_id: str, amount_minor: int, currency: str) -> PaymentOutcome:
        """Pay an amount back to a card; the same promises as `authorise`."""
        ...

    def enquire(self, tender_id: str) -> PaymentOutcome:
        """What became of this tender; UNKNOWN with a reason when the terminal cannot be asked or its answer is no proof."""
        ...

    def reverse(self, tender_id: str) -> PaymentOutcome:
        """Give it back. ABORTED: the money went back, or was never taken; a second call answers the same.

        APPROVED with a reason: it stays paid. UNKNOWN: it may have gone back; nothing is sent again before that is known.
        """
        ...

    def end_of_day(self) -> PaymentOutcome:
        """Close the terminal's day: APPROVED with its total, or a reason."""
        ...

    def status(self) -> Health:
        """Ask the terminal how it is; answers within a few seconds."""
        ...

    def abort(self, tender_id: str = "") -> None:
        """Ask the terminal to stop this payment, or the one under way; it still answers for itself, and may be approved.

        One that has not reached the terminal yet is not sent any more.
        """
        ...
