"""One line of a sale, and why it costs what it costs. What is done to it by hand is kept apart from what it is cut by."""

from enum import StrEnum
from typing import Self

import msgspec

from retail_core.domain.asks import EXPIRY, LOT, NO_RULES, SERIAL, ItemRules
from retail_core.domain.discounts import BY_HAND, LINE_RULE, PRICE_RULE, SALE_RULE, Kind, Manual, off_line, percent_text
from retail_core.domain.ids import Gtin, InstrumentId, LineId, Sku
from retail_core.domain.quantity import ONE, amount_minor
from retail_core.domain.returns import ReturnOf
from retail_core.domain.scanned import Scanned
from retail_core.domain.tagged import UnitTaken
from retail_core.domain.tax import EXEMPT_RULE, TaxRate


class PriceReason(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a line costs what it costs: the rule and what it took off (negative) or put on."""

    rule: str
    amount_minor: int
    text: str = ""
    why: str = ""  # the reason a person gave, for what was done by hand
    by: str = ""  # the operator id of a second person who agreed
    until: str = ""  # how long a promotion holds: its last day YYYY-MM-DD, or HH:MM of the store's day

    @property
    def by_hand(self) -> bool:
        return self.rule.startswith(BY_HAND)


OF_THE_SALE = frozenset({SALE_RULE, EXEMPT_RULE})
"""Rules of the whole sale, of which each line has its share."""


class Seen(StrEnum):
    """How the unit of a line came to be known; what tells a second look at it from a second unit."""

    CODE = "code"  # bar code, quick key or typed: which unit of the item is not known
    SERIAL = "serial"  # a bar code with its serial
    TAG = "tag"  # only its RFID tag, so far


class LineSort(StrEnum):
    """What a line sells. Only goods move stock."""

    GOODS = "goods"
    DEPARTMENT = "department"  # at a price typed at the till; no item is named
    DEPOSIT = "deposit"  # taken with the goods it belongs to
    DEPOSIT_BACK = "deposit_back"  # paid out for empties; its amount is negative
    GIFT_CARD = "gift_card"  # money put on a card: no goods, no tax, no discount


GIFT_CARD_SKU = Sku("GIFT-CARD")  # of lines of sort GIFT_CARD; no item of the catalogue
DISCOUNTED = frozenset({LineSort.GOODS, LineSort.DEPARTMENT})


class SaleLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line. `sku` is empty while nobody knows the scan; `stopped` says why a known unit must not be sold.

    Both wait for somebody: they block paying, not scanning, and count for nothing.
    """

    line_id: LineId
    sku: Sku
    name: str
    qty_milli: int
    unit_minor: int
    tax: TaxRate  # the main rate; more than one applies where jurisdictions stack
    label: str = ""  # what was scanned or typed
    gtin: Gtin | None = None
    unit: str = "each"
    department: str = ""
    book: str = ""  # version of the price book the price came from
    reasons: tuple[PriceReason, ...] = ()
    more_taxes: tuple[TaxRate, ...] = ()
    lot: str | None = None
    serial: str | None = None
    epc: str | None = None
    expiry: str | None = None  # YYYY-MM-DD
    voided: bool = False
    best_before: str | None = None  # YYYY-MM-DD
    stopped: str = ""  # a stable code, such as unit.recalled
    look: str = ""  # what the cashier should look at before it is sold, such as unit.check_lot
    detail: str = ""  # goes with either
    unweighed: bool = False  # loose goods of which nobody knows the weight yet
    packed: bool = False  # its weight or price came from its label: one more is another pack like it
    off_ppm: int = 0  # what its date takes off
    seen: Seen = Seen.CODE
    codes: int = 1  # labels of this one unit that were read in one sweep
    told: Scanned | None = None  # of an unknown code: what its label says besides
    manual: Manual | None = None  # what a person took off this line; its reason follows from it
    no_discount: bool = False  # nobody takes anything off by hand, nor does a discount of the sale
    back: ReturnOf | None = None  # these goods come back: the line takes its price off the sale
    sort: LineSort = LineSort.GOODS
    by: str = ""  # who put it on the sale; several operators may work on one
    card: InstrumentId | None = None  # of sort GIFT_CARD: whose money it becomes; `label` ends like its number
    rules: ItemRules = NO_RULES  # what must be known before it is sold
    filled: tuple[tuple[str, str], ...] = ()  # fields of the item's own, as answered
    of: LineId | None = None  # the line this deposit is taken with
    taken: UnitTaken | None = None  # the store said that another till has this very unit

    @property
    def unknown(self) -> bool:
        """True while nobody has said what this scan is."""
        return not self.sku and not self.voided

    @property
    def pending(self) -> bool:
        """True while somebody has to do something about it before the sale can be paid."""
        return (not self.sku or bool(self.stopped)) and not self.voided

    @property
    def counts(self) -> bool:
        """True when it adds to the sale."""
        return bool(self.sku) and not self.voided and not self.stopped

    @property
    def contested(self) -> bool:
        """True while nobody has said what to do about a unit that another till has."""
        return self.taken is not None and not self.taken.agreed and self.counts and self.back is None

    @property
    def unfilled(self) -> tuple[str, ...]:
        """Fields that must be known before it is sold, and are not."""
        if not self.rules.required or not self.counts or self.back is not None:
            return ()
        known = dict(self.filled) | {SERIAL: self.serial, LOT: self.lot, EXPIRY: self.expiry or self.best_before}
        return tuple(name for name in self.rules.required if not known.get(name))

    @property
    def units(self) -> int:
        """How many units of the item; a weighed line is one."""
        return self.qty_milli // ONE if self.unit == "each" and self.qty_milli >= ONE else 1

    @property
    def taxes(self) -> tuple[TaxRate, ...]:
        """Every rate this line is sold under."""
        return (self.tax, *self.more_taxes)

    @property
    def takes_discount(self) -> bool:
        """True when something may be taken off by hand."""
        return self.counts and not self.no_discount and self.back is None and self.sort in DISCOUNTED

    @property
    def before_hand_minor(self) -> int:
        """What it costs by the price list and its promotions, before anything was done by hand."""
        reasons = sum(reason.amount_minor for reason in self.reasons if not reason.by_hand)
        return amount_minor(self.unit_minor, self.qty_milli) + reasons

    @property
    def exempt(self) -> bool:
        """True when it bears no tax; what was included is a reason of its own."""
        return bool(self.reasons) and any(reason.rule == EXEMPT_RULE for reason in self.reasons)

    @property
    def before_share_minor(self) -> int:
        """What it costs before the sale's discount and its exemption are shared."""
        return self.amount_minor - sum(reason.amount_minor for reason in self.reasons if reason.rule in OF_THE_SALE)

    def without_shares(self) -> Self:
        """The line without what it has of the sale's discount and exemption; goods that come back keep theirs."""
        if self.back or not any(reason.rule in OF_THE_SALE for reason in self.reasons):
            return self
        return msgspec.structs.replace(self, reasons=tuple(r for r in self.reasons if r.rule not in OF_THE_SALE))

    def with_reason(self, reason: PriceReason) -> Self:
        """The line with one more reason."""
        return msgspec.structs.replace(self, reasons=(*self.reasons, reason))

    @property
    def amount_minor(self) -> int:
        """What this line adds to the sale, or takes off it for goods that come back; zero when voided or pending."""
        if not self.counts:
            return 0
        price = amount_minor(self.unit_minor, self.qty_milli)
        if self.reasons:  # most lines have none, and every line is asked several times a sale
            price += sum(reason.amount_minor for reason in self.reasons)
        return price if self.back is None else -price


def by_hand(line: SaleLine) -> SaleLine:
    """The line with the reason of what was done to it by hand reckoned from what it costs now; goods that come back
    keep what they were sold with."""
    if line.back or (line.manual is None and not any(reason.by_hand for reason in line.reasons)):
        return line
    kept = tuple(reason for reason in line.reasons if not reason.by_hand)
    manual = line.manual
    if manual and line.counts and not line.no_discount:
        minor = off_line(manual, line.before_hand_minor, line.qty_milli)
        rule = PRICE_RULE if manual.kind is Kind.PRICE else LINE_RULE
        kept = (*kept, PriceReason(rule, minor, percent_text(manual), manual.why, manual.by))
    return line if kept == line.reasons else msgspec.structs.replace(line, reasons=kept)


def paid_out(line: SaleLine) -> SaleLine:
    """The line of empties: what they are worth goes to the customer."""
    reasons = tuple(msgspec.structs.replace(reason, amount_minor=-reason.amount_minor) for reason in line.reasons)
    return msgspec.structs.replace(line, unit_minor=-line.unit_minor, reasons=reasons)
