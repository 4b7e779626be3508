"""Undoing the last sale of the drawer session: a full reversing sale with its own number, paid back the way it was paid.

Later, or in another session, goods only come back as a return. The card is given back first: the terminal's answer is
kept by its own journal, so after a crash in between the same press finds it done and finishes.
"""

from collections.abc import Callable
from functools import partial

import msgspec

from pos_app.devices.ports import PaymentOutcome, PaymentState
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.card_paying import CardPaying
from pos_app.service.completing import Closing, SoldBy, complete
from pos_app.service.open_sale import BLOCKED_PAYING
from pos_app.service.outcome import PaidSale
from pos_app.service.paying import Paying
from pos_app.service.receipt import Paper
from pos_app.service.selling import Selling
from pos_app.service.sold_lines import sale_line
from pos_app.service.two_people import agreed, by_two
from pos_app.storage import drawer, returns, sales
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import AuditNoted, SaleCompleted, SoldLine
from retail_core.domain.ids import IdSource, LineId, SaleId
from retail_core.domain.people import ByTwo
from retail_core.domain.receipts import paid_receipt
from retail_core.domain.returns import ReturnOf, ReturnReason
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleData, SaleState
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tender import Tender, TenderKind

REVERSIBLE = frozenset({TenderKind.CASH, TenderKind.CARD, TenderKind.POINTS})


class LastSale(msgspec.Struct, frozen=True):
    """The newest sale of this till. `same_session`: the drawer it was paid into is still the open one."""

    sale: SaleCompleted
    at_ms: int
    same_session: bool
    part_back: bool
    voided_by: str = ""


class PostVoiding:
    """All methods run on the screen's thread."""

    def __init__(
        self, selling: Selling, paying: Paying, card: CardPaying, catalogue: Reference, facts: Links, writer: Writer, ids: IdSource
    ) -> None:  # fmt: skip
        self._selling, self._paying, self._card = selling, paying, card
        self._catalogue, self._facts, self._writer, self._ids = catalogue, facts, writer, ids

    def look(self, done: Callable[[LastSale | None], None], failed: Failed) -> None:
        """What the last sale was; None when there is none."""
        self._writer.submit(_last, done, failed)

    def reverse(
        self, last: LastSale, done: Callable[[PaidSale], None], failed: Failed, approval: Approval | None = None
    ) -> None:
        """Reverse it whole. Raises ApprovalNeededError; fails with `post_void.*`, `sale.*` or the terminal's own reason."""
        operator = self._selling.signed_in()
        try:
            self._check(last)
        except RuleViolationError as refused:
            failed(refused)
            return
        act = Act("post_void", last.sale.receipt, last.sale.total_minor)
        by = agreed(by_two(self._facts), ByTwo.POST_VOID, operator, act, approval)
        note = AuditNoted("post_voided", last.sale.receipt, last.sale.total_minor, "post_void", by)
        cards = [tender for tender in last.sale.tenders if tender.kind is TenderKind.CARD]
        self._selling.paying = True
        if cards and self._card.cards:
            write = partial(self._write, last, operator, note, done, failed)
            self._card.cards.reverse(cards[0].reference, lambda outcome: self._card_answered(outcome, write, failed))
        else:
            self._write(last, operator, note, done, failed)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _check(self, last: LastSale) -> None:
        sale, receipt = last.sale, last.sale.receipt
        if self._selling.paying:
            raise RuleViolationError(BLOCKED_PAYING)
        if self._selling.sale is not None and not self._selling.sale.empty:
            raise RuleViolationError("post_void.sale_is_open")
        if last.voided_by or any(line.back for line in sale.lines):
            raise RuleViolationError("post_void.has_returns", receipt=receipt)
        if not last.same_session:
            raise RuleViolationError("post_void.other_session", receipt=receipt)
        if last.part_back:
            raise RuleViolationError("post_void.part_back", receipt=receipt)
        cards = [tender for tender in sale.tenders if tender.kind is TenderKind.CARD]
        if any(line.card for line in sale.lines):
            raise RuleViolationError("post_void.gift_card", receipt=receipt)
        paid_out = any(tender.given_minor != tender.amount_minor for tender in cards)  # cash on a card
        if paid_out or len(cards) > 1 or any(tender.kind not in REVERSIBLE for tender in sale.tenders):
            raise RuleViolationError("post_void.tender", receipt=receipt)
        if cards and not self._card.can_pay:
            raise RuleViolationError("card.no_terminal")
        if cards and not self._card.free:
            raise RuleViolationError("card.busy")

    def _card_answered(self, outcome: PaymentOutcome, write: Callable[[], None], failed: Failed) -> None:
        """Only what the terminal says was given back is: then the sale is reversed too."""
        if outcome.state in (PaymentState.UNKNOWN, PaymentState.APPROVED):
            self._selling.paying = False
            unknown = outcome.state is PaymentState.UNKNOWN
            failed(RuleViolationError("post_void.card_in_doubt" if unknown else "post_void.card_kept"))
            return
        write()

    def _write(
        self, last: LastSale, operator: SoldBy, note: AuditNoted, done: Callable[[PaidSale], None], failed: Failed
    ) -> None:
        sale, tenders = self._reversing(last, operator)
        settings = self._facts.settings()
        paper = Paper(settings.receipt_header, settings.receipt_footer) if settings else Paper()

        closing = Closing(wallet=self._paying.wallet_of(tenders))

        def work(store: TillStore) -> PaidSale:
            with store.unit() as conn:
                returns.know_lines(conn, paid_receipt(last.sale, last.at_ms))
            return complete(store, sale, operator, tenders, paper, ((note, operator.operator_id),), closing)

        def paid(reversal: PaidSale) -> None:
            self._selling.paying = False
            self._selling.last_paid = reversal
            self._paying.on_paid(reversal)
            done(reversal)

        def not_written(error: CodedError) -> None:
            self._selling.paying = False
            failed(error)

        self._writer.submit(work, paid, not_written)

    def _reversing(self, last: LastSale, operator: SoldBy) -> tuple[Sale, tuple[Tender, ...]]:
        """The same lines and tenders with the other sign."""
        lines = tuple(self._line(line, last) for line in last.sale.lines)
        data = SaleData(
            SaleId(self._ids.next()), operator.operator_id, last.sale.currency, last.at_ms, "", SaleState.PAYING, lines
        )
        tenders = tuple(
            msgspec.structs.replace(tender, amount_minor=-tender.amount_minor, given_minor=-tender.amount_minor)
            for tender in last.sale.tenders
        )
        return Sale(data), tenders

    def _line(self, line: SoldLine, last: LastSale) -> SaleLine:
        item = self._catalogue.by_sku(line.sku)
        made = sale_line(line, last.sale, item.name if item else line.sku, item.unit if item else "each")
        back = ReturnOf(ReturnReason.POST_VOID, receipt=last.sale.receipt, n=line.n)
        return msgspec.structs.replace(made, line_id=LineId(self._ids.next()), back=back)


def _last(store: TillStore) -> LastSale | None:
    found = sales.last_fact(store.history, store.journal.series)
    if found is None:
        return None
    sale = msgspec.json.decode(found.body, type=SaleCompleted)
    session = store.session
    same = session is not None and found.n > drawer.opened_n(store.conn, session.session_id)
    back = any(part.qty_milli for part in returns.came_back(store.conn, sale.receipt).values())
    return LastSale(sale, found.at, same, back, returns.voided_by(store.conn, sale.receipt))
