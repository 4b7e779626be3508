"""Paying the open sale: what it waits for, what is taken for it, and the one transaction that makes it durable.

Paying never waits on the screen's thread: the writer's answer alone makes the sale "paid", and a refusal leaves it open.
"""

from collections.abc import Callable

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy, complete
from pos_app.service.outcome import PaidSale
from pos_app.service.receipt import Paper
from pos_app.service.selling import BLOCKED_PAYING, Selling
from pos_app.storage.readers import Links
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.sale import Sale, Tender, cash_tender
from retail_core.domain.tender import suggested_cash

BLOCKED_PENDING = "sale.pending_lines"
BLOCKED_STOPPED = "sale.stopped_lines"
BLOCKED_EMPTY = "sale.nothing_to_pay"

Paid = Callable[[PaidSale], None]


class Paying:
    """What is taken for the open sale. All methods run on the screen's thread."""

    def __init__(self, selling: Selling, facts: Links, writer: Writer) -> None:
        self._selling, self._facts, self._writer = selling, facts, writer
        self.language = ""  # the customer's, when somebody chose it for this sale; else the store's
        self.slips: tuple[str, ...] = ()  # what a card terminal without a printer wants printed with this sale
        self.on_paid: Paid = lambda _: None  # the counter opens the drawer and prints

    def blocked_by(self) -> tuple[str, ...]:
        """Codes of what Pay must wait for; empty when the sale can be paid."""
        selling = self._selling
        if selling.sale is None or selling.sale.empty:
            return (BLOCKED_EMPTY,)
        blocks = [_why_pending(selling.sale)] if selling.sale.pending else []
        return tuple([*blocks, BLOCKED_PAYING] if selling.paying else blocks)

    def suggested_cash(self) -> tuple[int, ...]:
        """The exact amount first, then likely notes."""
        sale = self._selling.sale
        return suggested_cash(sale.left_minor, sale.currency) if sale else ()

    def payable(self) -> tuple[Sale, SoldBy]:
        """The sale and who sells it, when it can be paid now. Raises RuleViolationError with why it cannot."""
        selling = self._selling
        if selling.paying:
            raise RuleViolationError(BLOCKED_PAYING)
        if selling.sale is None or selling.sale.empty:
            raise RuleViolationError(BLOCKED_EMPTY)
        selling.recheck()  # the day may have changed since the scan
        if selling.sale.pending:
            raise RuleViolationError(_why_pending(selling.sale), lines=selling.sale.pending)
        return selling.sale, selling.signed_in()

    def pay_cash(self, given_minor: int, done: Paid, failed: Failed, *, print_receipt: bool = True) -> None:
        """Pay what is left in cash and make the sale durable. A second press while the first is written changes nothing."""
        try:
            sale, operator = self.payable()
            tenders = (*sale.tenders, cash_tender(sale.left_minor, given_minor)) if sale.left_minor else sale.tenders
        except RuleViolationError as refused:
            failed(refused)
            return
        self._complete(sale, operator, tenders, done, failed, print_receipt=print_receipt)

    def finish_paid(self, done: Paid, failed: Failed, *, print_receipt: bool = True) -> None:
        """Make a sale durable that was paid whole by what was taken already."""
        try:
            sale, operator = self.payable()
            if sale.left_minor:
                raise RuleViolationError("tender.too_little", missing_minor=sale.left_minor)
        except RuleViolationError as refused:
            failed(refused)
            return
        self._complete(sale, operator, sale.tenders, done, failed, print_receipt=print_receipt)

    def customer_language(self) -> str:
        """What the receipt and the customer's display speak."""
        settings = self._facts.settings()
        return self.language or (settings.lang if settings else "")

    def note_reprint(self, receipt_no: str) -> None:
        """A receipt was printed once more: the journal says who asked for it."""
        if self._selling.operator:
            self._selling.notes.add(AuditNoted("receipt_reprinted", receipt_no), self._selling.operator)

    def _complete(
        self, sale: Sale, operator: SoldBy, tenders: tuple[Tender, ...], done: Paid, failed: Failed, *, print_receipt: bool
    ) -> None:  # fmt: skip
        self._selling.lock(sale)
        settings, owed = self._facts.settings(), self._selling.notes.take()
        paper = Paper(settings.receipt_header, settings.receipt_footer) if settings else Paper()
        paper = msgspec.structs.replace(paper, language=self.customer_language())
        if self.slips:
            paper = msgspec.structs.replace(paper, footer=(*self.slips, *paper.footer))
        self._writer.submit(
            lambda store: complete(store, sale, operator, tenders, paper if print_receipt else None, owed),
            lambda paid: self._paid(paid, done),
            lambda error: self._not_paid(sale, owed, error, failed),
        )

    def _paid(self, paid: PaidSale, done: Paid) -> None:
        self.slips, self.language = (), ""
        self._selling.sold(paid)
        self.on_paid(paid)
        done(paid)

    def _not_paid(self, sale: Sale, owed: tuple[AuditNoted, ...], error: CodedError, failed: Failed) -> None:
        self._selling.notes.give_back(owed)
        self._selling.reopen(sale)
        failed(error)


def _why_pending(sale: Sale) -> str:
    """An unknown code is said before a unit that must not be sold."""
    return BLOCKED_PENDING if any(line.unknown for line in sale) else BLOCKED_STOPPED
