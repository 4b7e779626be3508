"""Paying the open sale: what it waits for, what is taken for it, and the one transaction that makes it durable.

Paying never waits on the screen's thread: the writer's answer alone makes the sale "paid", and a refusal leaves it open.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import Closing, SoldBy, complete
from pos_app.service.drawer_keeping import Owed
from pos_app.service.instruments import Instruments
from pos_app.service.open_sale import BLOCKED_DOUBT, BLOCKED_PAYING
from pos_app.service.outcome import PaidSale
from pos_app.service.receipt import Paper
from pos_app.service.reserving import Reserving, Taken, contested, from_a_receipt
from pos_app.service.selling import Selling
from pos_app.service.value_booking import Wallet
from pos_app.storage.readers import Links
from retail_core.domain.cashrounding import CashRounding, cash_due, close_in_cash
from retail_core.domain.claims import Claims
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import InstrumentId, SaleId
from retail_core.domain.loyalty import LoyaltyRules, points_of
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import MAX_TOTAL_MINOR
from retail_core.domain.tender import Tender, TenderKind, TenderRules, suggested_cash
from retail_core.domain.value import VALUE_OF

BLOCKED_PENDING = "sale.pending_lines"
BLOCKED_STOPPED = "sale.stopped_lines"
BLOCKED_EMPTY = "sale.nothing_to_pay"
BLOCKED_ASKS = "sale.open_questions"

Paid = Callable[[PaidSale], None]


class Place(Protocol):
    """Where a sale stands while it is written: in front (`Selling`), or waiting beside another one."""

    def lock(self, sale: Sale) -> None: ...

    def sold(self, paid: PaidSale) -> None: ...

    def reopen(self, sale: Sale) -> None: ...


class Beside(Place, Protocol):
    """The place of a sale that waits."""

    @property
    def language(self) -> str: ...


class Ending(msgspec.Struct, frozen=True):
    """What closes a sale: the last tenders, what cash was rounded by, and numbers of store credit that is given."""

    tenders: tuple[Tender, ...] = ()
    rounding_minor: int = 0
    vouchers: Mapping[str, str] = {}


class Paying:
    """What is taken for the open sale. All methods run on the screen's thread."""

    def __init__(
        self, selling: Selling, facts: Links, writer: Writer, instruments: Instruments, claims: Claims
    ) -> None:
        self._selling, self._facts, self._writer, self._instruments = selling, facts, writer, instruments
        self.reserving = Reserving(facts, claims)
        self.language = ""  # the customer's, when somebody chose it for this sale; else the store's
        self._slips: dict[SaleId, tuple[str, ...]] = {}  # what a terminal without a printer wants printed with a sale
        self.on_paid: Paid = lambda _: None  # the counter opens the drawer and prints
        self.loyalty: Callable[[Sale], LoyaltyRules | None] = lambda _: None  # by what the customer of a sale earns
        self.on_not_paid: Failed = lambda _: None  # what stood in the way comes off the sale again

    def blocked_by(self) -> tuple[str, ...]:
        """Codes of what Pay must wait for; empty when the sale can be paid."""
        selling = self._selling
        if selling.sale is None or selling.sale.empty:
            return (BLOCKED_EMPTY,)
        blocks = [_why_pending(selling.sale)] if selling.sale.pending else []
        if selling.sale.questions:
            blocks.append(BLOCKED_ASKS)
        return tuple([*blocks, BLOCKED_PAYING] if selling.paying else blocks)

    @property
    def tender_rules(self) -> TenderRules:
        """How this store lets its customers pay."""
        return self._instruments.rules

    def cash_rule(self) -> CashRounding:
        """The store's smallest coin."""
        settings = self._facts.settings()
        return CashRounding(settings.cash_rounding_minor) if settings else CashRounding()

    def cash_due(self) -> int:
        """What is left, in coins there are; below zero it goes back to the customer."""
        sale = self._selling.sale
        return cash_due(sale.left_minor, self.cash_rule()) if sale else 0

    def suggested_cash(self) -> tuple[int, ...]:
        """What closes the sale first, then likely notes."""
        sale = self._selling.sale
        return suggested_cash(self.cash_due(), sale.currency, self.cash_rule().coin_minor) if sale else ()

    def payable(self) -> tuple[Sale, SoldBy]:
        """The sale and who sells it, when it can be paid now. Raises RuleViolationError with why it cannot."""
        selling = self._selling
        if selling.paying:
            raise RuleViolationError(BLOCKED_PAYING)
        if selling.in_doubt:
            raise RuleViolationError(BLOCKED_DOUBT)
        if selling.sale is None or selling.sale.empty:
            raise RuleViolationError(BLOCKED_EMPTY)
        selling.recheck()  # the day may have changed since the scan
        if selling.sale.pending:
            raise RuleViolationError(_why_pending(selling.sale), lines=selling.sale.pending)
        if selling.sale.questions:
            raise RuleViolationError(BLOCKED_ASKS, n=selling.sale.questions)
        return selling.sale, selling.signed_in()

    def pay_cash(self, given_minor: int, done: Paid, failed: Failed, *, print_receipt: bool = True) -> None:
        """Pay what is left in cash, rounded to the smallest coin, and make the sale durable; of what the customer gets back
        exactly that much goes out. A second press while the first is written changes nothing.
        """

        def cash(sale: Sale) -> Ending:
            return Ending(*close_with_cash(sale.left_minor, given_minor, self.cash_rule()))

        self.finish(cash, done, failed, print_receipt=print_receipt)

    def finish_paid(self, done: Paid, failed: Failed, *, print_receipt: bool = True) -> None:
        """Make a sale durable that was paid whole by what was taken already."""
        self.finish(_nothing_more, done, failed, print_receipt=print_receipt)

    def finish(
        self, ending: Callable[[Sale], Ending], done: Paid, failed: Failed, *, print_receipt: bool = True
    ) -> None:
        """Make the sale durable with the tenders it has and those of `ending`, which is asked only while something is left."""
        try:
            sale, operator = self.payable()
            more = ending(sale) if sale.left_minor else Ending()
        except RuleViolationError as refused:
            failed(refused)
            return
        self._complete(_Writing(self._selling, sale, operator, more, done, failed, print_receipt, self.language))

    def finish_beside(
        self, place: Beside, sale: Sale, operator: SoldBy, done: Paid, failed: Failed, *, print_receipt: bool
    ) -> None:
        """Make a sale durable that was paid whole while another one is in front, which is not touched."""
        writing = _Writing(place, sale, operator, Ending(), done, failed, print_receipt, place.language)
        try:
            self._complete(writing)
        except RuleViolationError as refused:
            failed(refused)

    def customer_language(self) -> str:
        """What the receipt and the customer's display speak."""
        return self.language or self._store_language()

    def note_slip(self, sale_id: SaleId, lines: Sequence[str]) -> None:
        """Print these lines of the card terminal on the receipt of this sale."""
        self._slips[sale_id] = (*self._slips.get(sale_id, ()), *lines)

    def wallet_of(self, tenders: Sequence[Tender]) -> Wallet:
        """What HQ last said of the cards, credit and points among these."""
        named = [tender for tender in tenders if tender.kind in VALUE_OF]
        return self._instruments.wallet([InstrumentId(tender.reference) for tender in named])

    def note_reprint(self, receipt_no: str) -> None:
        """A receipt was printed once more: the journal says who asked for it."""
        if self._selling.operator:
            self._selling.notes.add(AuditNoted("receipt_reprinted", receipt_no), self._selling.operator)

    def _complete(self, writing: "_Writing") -> None:
        """Cards, receipts and units are claimed first, so that no other till of the store uses the same."""
        sale, more = writing.sale, writing.more
        tenders = (*sale.tenders, *more.tenders)
        named = tuple(InstrumentId(tender.reference) for tender in tenders if tender.kind in VALUE_OF)
        cards = tuple(line.card for line in sale if line.card and not line.voided)
        receipts = tuple(dict.fromkeys(line.back.receipt for line in sale if from_a_receipt(line) and line.back))
        with_paper = writing.print_receipt or bool(more.vouchers)  # the number of new credit stands nowhere else
        writing.place.lock(sale)

        def write() -> None:
            in_store = {receipt: told for receipt in receipts if (told := self._facts.shared_returns(receipt))}
            points = points_of(sale.customer.customer_id) if sale.customer else None
            wallet = self._instruments.wallet([*named, *cards], points)
            closing = Closing(more.rounding_minor, wallet, more.vouchers, in_store, self.loyalty(sale))
            owed, paper = self._selling.notes.take(), self._paper(writing) if with_paper else None
            self._writer.submit(
                lambda store: complete(store, sale, writing.operator, tenders, paper, owed, closing),
                lambda paid: self._paid(paid, writing),
                lambda error: self._not_paid(writing, owed, error, {}),
            )

        self.reserving.reserve(sale, tenders, write, lambda error, taken: self._not_paid(writing, (), error, taken))

    def _paper(self, writing: "_Writing") -> Paper:
        settings = self._facts.settings()
        paper = Paper(settings.receipt_header, settings.receipt_footer) if settings else Paper()
        spoken = writing.language or self._store_language()
        slips = self._slips.get(writing.sale.sale_id, ())
        return msgspec.structs.replace(paper, language=spoken, footer=(*slips, *paper.footer))

    def _store_language(self) -> str:
        settings = self._facts.settings()
        return settings.lang if settings else ""

    def _paid(self, paid: PaidSale, writing: "_Writing") -> None:
        self._slips.pop(writing.sale.sale_id, None)
        self.reserving.forget(writing.sale.sale_id)
        if writing.in_front:
            self.language = ""
        writing.place.sold(paid)
        self.on_paid(paid)
        writing.done(paid)

    def _not_paid(self, writing: "_Writing", owed: Owed, error: CodedError, taken: Taken) -> None:
        self._selling.notes.give_back(owed)
        self.reserving.give_back(writing.sale.sale_id)
        writing.place.reopen(contested(writing.sale, taken) if taken else writing.sale)
        if writing.in_front:
            self.on_not_paid(error)
        writing.failed(error)


@dataclass(frozen=True, slots=True)
class _Writing:
    """A sale on its way into the file, and who is told what became of it."""

    place: Place
    sale: Sale
    operator: SoldBy
    more: Ending
    done: Paid
    failed: Failed
    print_receipt: bool
    language: str  # what was chosen for this sale; empty: the store's

    @property
    def in_front(self) -> bool:
        return isinstance(self.place, Selling)


def close_with_cash(left_minor: int, given_minor: int, rule: CashRounding) -> tuple[tuple[Tender, ...], int]:
    """The cash tender that closes a sale, none when less than half a coin is left, and what it was rounded by.

    Raises `tender.not_positive`, `tender.too_large`, `tender.too_little`, `cash.no_such_coin`.
    """
    if given_minor < 0 < left_minor:
        raise RuleViolationError("tender.not_positive")
    if given_minor > MAX_TOTAL_MINOR:
        raise RuleViolationError("tender.too_large", limit_minor=MAX_TOTAL_MINOR)
    paid = close_in_cash(left_minor, given_minor if left_minor > 0 else cash_due(left_minor, rule), rule)
    tender = Tender(TenderKind.CASH, paid.amount_minor, paid.given_minor)
    return (tender,) if paid.amount_minor or paid.given_minor else (), paid.rounding_minor


def _nothing_more(sale: Sale) -> Ending:
    raise RuleViolationError("tender.too_little", missing_minor=sale.left_minor)


def _why_pending(sale: Sale) -> str:
    """An unknown code is said before a unit that must not be sold."""
    return BLOCKED_PENDING if any(line.unknown for line in sale) else BLOCKED_STOPPED
