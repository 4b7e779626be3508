"""The facts a machine writes down, as types. A fact is past tense, immutable and free of personal data.

What concerns a person travels beside the event as its `private` part (see `retail_core.wire.envelope`); the body then
carries only `commit`, the SHA-256 of salt and part, so that erasing the part leaves every hash chain valid.
"""

from enum import StrEnum

import msgspec

from retail_core.domain.coupons import SaleCoupon
from retail_core.domain.customers import Purpose
from retail_core.domain.drawer_events import DayClosed, DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.fulfilment import Action, MovedLine
from retail_core.domain.ids import CustomerId, Gtin, InstrumentId, OrderId, SaleId, Sku
from retail_core.domain.paper_events import InvoiceIssued, MailWanted
from retail_core.domain.returns import ReturnOf
from retail_core.domain.saledata import SaleData
from retail_core.domain.saleline import LineSort, PriceReason
from retail_core.domain.stock import StockState
from retail_core.domain.tax import Exemption, TaxPart
from retail_core.domain.tender import Tender
from retail_core.domain.value import ValueMoved


class EpochOpened(msgspec.Struct, frozen=True, omit_defaults=True):
    """The first event of every epoch: why a new one began and where the last one stood."""

    series: str
    why: str  # "first start" | "rolled back" | "fork" | "replaced"
    prev_epoch: str = ""
    last_seq: int = 0
    last_hash: str = ""


class SoldTax(msgspec.Struct, frozen=True):
    """A line's share of one tax class of the document."""

    tax_class: str
    tax_minor: int


class SoldLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of a completed sale. Voided lines do not travel here; voiding is its own event.

    Of goods that came back `back` is set and `amount_minor` and taxes are negative; `qty_milli` never is.
    """

    n: int
    sku: Sku
    qty_milli: int
    unit_minor: int
    amount_minor: int
    tax_class: str
    tax_minor: int
    gtin: Gtin | None = None
    book: str = ""
    reasons: tuple[PriceReason, ...] = ()
    more_taxes: tuple[SoldTax, ...] = ()  # where more than one rate applies
    lot: str | None = None
    serial: str | None = None
    epc: str | None = None
    expiry: str | None = None
    back: ReturnOf | None = None
    sort: LineSort = LineSort.GOODS
    by: str = ""  # who put it on the sale, when that was somebody else than who finished it
    card: InstrumentId | None = None  # of sort GIFT_CARD
    fields: tuple[tuple[str, str], ...] = ()  # what the item asked for; never anything about a person
    despite: str = ""  # the receipt, or the register, that had this very unit when somebody sold it all the same


class SaleCompleted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A paid sale. `total_minor` = Σ line amounts + taxes added = Σ tenders; negative when the customer got money back."""

    sale_id: SaleId
    receipt: str
    currency: str
    lines: tuple[SoldLine, ...]
    taxes: tuple[TaxPart, ...]
    tenders: tuple[Tender, ...]
    total_minor: int
    change_minor: int = 0
    rounding_minor: int = 0
    customer: CustomerId | None = None
    order_id: OrderId | None = None
    tier: str = ""  # whose prices the customer had
    coupons: tuple[SaleCoupon, ...] = ()  # codes that took something off
    exempt: Exemption | None = None  # it bears no tax; each line's share of what was included is a reason of its own


class StockMoved(msgspec.Struct, frozen=True, omit_defaults=True):
    """A movement no other event implies: opening stock, delivery, adjustment, write-off."""

    lines: tuple["StockMovedLine", ...]
    reason: str
    document: str = ""


class StockMovedLine(msgspec.Struct, frozen=True, omit_defaults=True):
    sku: Sku
    qty_milli: int
    from_state: StockState
    to_state: StockState
    lot: str | None = None
    serial: str | None = None
    epc: str | None = None


class StockCounted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A counted quantity and the cut it belongs to: `cut` maps "node/epoch" to the last seq that came before it."""

    sku: Sku
    qty_milli: int
    count_id: str
    at_ms: int
    cut: dict[str, int]


class FulfilmentFact(StrEnum):
    """What a store or HQ says happened to an order; the event type is `fulfilment.<fact>`."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PICK_STARTED = "pick_started"
    PICKED = "picked"
    SHORT = "short"
    SUBSTITUTED = "substituted"
    STAGED = "staged"
    READY = "ready"
    COLLECTED = "collected"
    EXPIRED = "expired"
    RESTOCKED = "restocked"
    CANCEL_REQUESTED = "cancel_requested"
    CANCEL_CONFIRMED = "cancel_confirmed"
    CANCEL_REFUSED = "cancel_refused"
    SHIPPED = "shipped"
    RECEIVED = "received"


ACTION_OF = {
    FulfilmentFact.OFFERED: Action.OFFER,
    FulfilmentFact.ACCEPTED: Action.ACCEPT,
    FulfilmentFact.REJECTED: Action.REJECT,
    FulfilmentFact.PICK_STARTED: Action.START_PICKING,
    FulfilmentFact.PICKED: Action.PICK,
    FulfilmentFact.SHORT: Action.SHORT,
    FulfilmentFact.STAGED: Action.STAGE,
    FulfilmentFact.READY: Action.MARK_READY,
    FulfilmentFact.COLLECTED: Action.HAND_OVER,
    FulfilmentFact.EXPIRED: Action.EXPIRE,
    FulfilmentFact.RESTOCKED: Action.SCAN_BACK,
    FulfilmentFact.CANCEL_CONFIRMED: Action.CANCEL,
    FulfilmentFact.SHIPPED: Action.SHIP,
    FulfilmentFact.RECEIVED: Action.RECEIVE,
}
"""The act behind a fact; requests and refusals of a cancellation change no state and are not here."""


class FulfilmentEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of an order. `order_v` is the order's version after it; it only ever grows."""

    what: FulfilmentFact
    order_id: OrderId
    order_v: int
    lines: tuple[MovedLine, ...] = ()
    shelf: str = ""
    reason: str = ""
    proof: str = ""  # "pass" | "code": how the customer was checked
    commit: str = ""  # hash of the private part, when there is one


class CustomerCreated(msgspec.Struct, frozen=True, omit_defaults=True):
    """A till made a new customer. Who it is travels beside the event (`customers.Person`); `commit` is its hash."""

    customer_id: CustomerId
    commit: str


class CustomerConsented(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer was asked, and said yes or no to the text of this version."""

    customer_id: CustomerId
    purpose: Purpose
    given: bool
    text_version: str


class AuditNoted(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that must be explainable later; the event type is `audit.<what>`."""

    what: str  # "signed_in" | "signed_out" | "pin_refused" | "line_voided" | "sale_voided" | "number_series" |
    # "card_doubt_settled" | "receipt_reprinted" | "approved" | "approval_refused" |
    # "line_discounted" | "price_overridden" | "sale_discounted" | "discount_undone" | "clock_jumped" |
    # "unit_sold_again"
    subject: str = ""
    amount_minor: int = 0  # of an approval: the act's own, in the act's unit; of an enrolment code: when it ends, in ms
    reason: str = ""
    by: str = ""  # the operator id of a second person who agreed


class BasketSuspended(msgspec.Struct, frozen=True, omit_defaults=True):
    """A basket was put aside, whole, so that any till of the store can take it up."""

    sale_id: SaleId
    put_ms: int  # tells this time of putting it aside from an earlier or later one
    units: int
    total_minor: int
    first: str
    basket: SaleData


class BasketRecalled(msgspec.Struct, frozen=True, omit_defaults=True):
    """The basket put aside at `put_ms` was taken up; on another till it goes on as the sale `as_sale`."""

    sale_id: SaleId
    put_ms: int
    as_sale: SaleId


class TillLocked(msgspec.Struct, frozen=True, omit_defaults=True):
    """A manager of the store shut another till out of the store's network, or let it in again.

    `nodes` are that machine's, its agent first; `n` counts the acts on it. `heard_from`: written by a machine that was told,
    by the agent of the till where it was decided; empty where it was.
    """

    nodes: tuple[str, ...]
    register: str
    locked: bool
    n: int
    why: str = ""
    by: str = ""  # the operator id of the manager who decided
    heard_from: str = ""


class SyncDamaged(msgspec.Struct, frozen=True, omit_defaults=True):
    """Sent under the seq of an event whose bytes no longer match its chain, so that the stream never stops."""

    sha256: str
    raw: str  # base64 of what is left
    claimed_id: str = ""


DrawerEvent = DrawerOpened | DrawerMoved | DrawerCounted | DrawerClosed | DayClosed
Event = (
    EpochOpened
    | SaleCompleted
    | StockMoved
    | StockCounted
    | FulfilmentEvent
    | CustomerCreated
    | CustomerConsented
    | BasketSuspended
    | BasketRecalled
    | ValueMoved
    | InvoiceIssued
    | MailWanted
    | AuditNoted
    | SyncDamaged
    | TillLocked
    | DrawerEvent
)
