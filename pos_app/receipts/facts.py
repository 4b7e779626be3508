"""What a receipt tells, and the words around it: facts in the customer's currency and language, before any layout."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from pos_app.locale.mark import _


class ReceiptCut(msgspec.Struct, frozen=True):
    """Why a line costs what it costs: a promotion by its name, anything else by its rule. Below zero is taken off.

    `until`: its last day, or the hour it ends.
    """

    rule: str
    text: str
    amount_minor: int
    until: str = ""


class ReceiptLine(msgspec.Struct, frozen=True):
    """A sold line; voided lines are not handed in. `unit` is "each" or the unit it is weighed in.

    `amount_minor` is what was paid for it, after its `cuts`. `back`: the goods came back; `of_receipt` is the receipt they were bought with, empty when there was none.
    """

    name: str
    qty_milli: int
    unit_minor: int
    amount_minor: int
    unit: str = "each"
    back: bool = False
    of_receipt: str = ""
    cuts: tuple[ReceiptCut, ...] = ()
    card: str = ""  # the last figures of the gift card it put money on; its name is then in the receipt's language


class ReceiptTax(msgspec.Struct, frozen=True):
    """One rate. `taxable_minor` is the sum of its lines, the tax being in it (`included`) or on top."""

    name: str
    rate_ppm: int
    included: bool
    taxable_minor: int
    tax_minor: int


class ReceiptTender(msgspec.Struct, frozen=True):
    """What was handed over, by kind ("cash" …); `note` says which card or foreign sum, `left_minor` what it is worth now.

    Of points both are how many they are.
    """

    kind: str
    given_minor: int
    note: str = ""
    left_minor: int | None = None
    points: int = 0


class ReceiptVoucher(msgspec.Struct, frozen=True):
    """Store credit given with the sale: whoever brings `code` may spend it."""

    amount_minor: int
    code: str


@dataclass(frozen=True)
class ReceiptData:
    """A completed sale as the customer sees it. `at_local` is the store's local time, ready to print."""

    header: tuple[str, ...]
    footer: tuple[str, ...]
    receipt_no: str
    at_local: str
    operator: str
    register: str
    currency: str
    lines: tuple[ReceiptLine, ...]
    taxes: tuple[ReceiptTax, ...]
    tenders: tuple[ReceiptTender, ...]
    total_minor: int
    change_minor: int
    short_hash: str
    copy: bool = False
    language: str = ""
    rounding_minor: int = 0
    vouchers: tuple[ReceiptVoucher, ...] = ()
    code: str = ""  # what its QR code says: signed, once head office has certified the till
    gift: bool = False  # for somebody who must not learn the prices
    reverses: str = ""  # the receipt that this one undoes whole
    invoice_no: str = ""  # of a full invoice, which names its buyer
    issued_on: str = ""  # the day of the invoice, which may be later than that of the sale
    buyer: tuple[str, ...] = ()
    points_earned: int = 0
    points_left: int | None = None  # with those earned now
    exempt_why: str = ""  # why it bears no tax
    exempt_no: str = ""  # by which certificate


TENDER_WORDS = MappingProxyType(
    {
        "cash": _("Cash"),
        "card": _("Card"),
        "gift_card": _("Gift card"),
        "store_credit": _("Store credit"),
        "points": _("Points"),
        "account": _("On account"),
        "foreign_cash": _("Foreign cash"),
    }
)


EXEMPT_WORDS = MappingProxyType(
    {"resale": _("Resale"), "charity": _("Charity"), "diplomat": _("Diplomat"), "export": _("Export")}
)


CUT_WORDS = MappingProxyType(
    {
        "label.price": _("Price on the label"),
        "manual.exempt": _("Without tax"),
        "manual.line": _("Discount"),
        "manual.price": _("Price changed"),
        "manual.sale": _("Discount on the sale"),
    }
)


@dataclass(frozen=True)
class ReceiptWords:
    """The words around the facts, in the customer's language. The rim translates them; these are the source texts."""

    copy: str = _("COPY")
    gift: str = _("GIFT RECEIPT")
    invoice: str = _("INVOICE {number}")
    issued: str = _("Issued on {date}")
    credit_note: str = _("CREDIT NOTE {number}")
    reverses: str = _("Reverses receipt {receipt}")
    buyer: str = _("Invoice to")
    training: str = _("TRAINING — not a receipt")
    total: str = _("TOTAL")
    refund: str = _("REFUND")
    returned: str = _("returned")
    returned_of: str = _("returned, receipt {receipt}")
    item: str = "1 item"
    items: str = "{count} items"
    change: str = _("Change")
    rounding: str = _("Rounding")
    left: str = _("left {amount}")
    points: str = _("{count} points")
    earned: str = _("Points earned")
    points_left: str = _("Your points now")
    credit: str = _("Store credit. Bring this code to spend it.")
    rate: str = _("Rate")
    tax: str = _("Tax")
    net: str = _("Net")
    gross: str = _("Gross")
    receipt: str = _("Receipt")
    register: str = _("Till")
    operator: str = _("Served by")
    returns: str = _("Please keep this receipt for returns")
    until: str = _("until {when}")
    exempt: str = _("Without tax: {why}")
    certificate: str = _("Certificate {number}")
    tenders: Mapping[str, str] = field(default_factory=lambda: TENDER_WORDS)
    cuts: Mapping[str, str] = field(default_factory=lambda: CUT_WORDS)
    exempt_whys: Mapping[str, str] = field(default_factory=lambda: EXEMPT_WORDS)
    right_to_left: bool = False
    items_of: Callable[[int], str] | None = None
    """How many items it were, in languages with more forms than one and many."""


ENGLISH = ReceiptWords()
