"""Paying by card: the basket is on disk before the terminal is asked, and only the terminal's word counts.

A tender's id begins with its sale's, so that after a crash the payments of the basket that was found again are known.
While the terminal works its sale cannot change, but may wait beside the next customer's (`service.waiting_sale`); a doubt
holds up this sale alone, never the next question about it.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from pos_app.devices.ports import PaymentOutcome, PaymentState
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy
from pos_app.service.outcome import PaidSale
from pos_app.service.paying import Paying
from pos_app.service.reserving import Taken, contested
from pos_app.service.selling import Selling
from pos_app.service.waiting_sale import WaitingSale
from pos_app.storage import payments, sales
from pos_app.storage.store import TillStore
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import IdSource, SaleId
from retail_core.domain.payments import FOR_PEOPLE, IN_DOUBT, Act, PaymentRecord, Stage, Step
from retail_core.domain.roles import Permission, check
from retail_core.domain.sale import Sale
from retail_core.domain.tender import Tender, TenderKind, TenderRules

NOT_THERE = "card.no_terminal"
BY_PEOPLE = "terminal.settled_by_people"
SEPARATOR = ":"

Answered = Callable[[PaymentOutcome], None]


class Cards(Protocol):
    """The terminal's desk; everything is answered on the screen's thread."""

    def pay(self, tender_id: str, amount_minor: int, currency: str, done: Answered) -> None: ...

    def refund(self, tender_id: str, amount_minor: int, currency: str, done: Answered) -> None: ...

    def enquire(self, tender_id: str, done: Answered) -> None: ...

    def reverse(self, tender_id: str, done: Answered) -> None: ...

    def stop(self, tender_id: str) -> None: ...


class CardState(StrEnum):
    IDLE = "idle"
    WORKING = "working"  # the customer is at the terminal, or it is being asked
    DOUBT = "doubt"  # nobody knows whether it was paid; ask again, or look at the terminal's receipt


class CardPaying:
    """The card part of paying the open sale. `changed` is called when the screen has something new to show."""

    def __init__(self, selling: Selling, paying: Paying, waiting: WaitingSale, writer: Writer, ids: IdSource) -> None:
        self._selling, self._paying, self._waiting, self._writer, self._ids = selling, paying, waiting, writer, ids
        self.cards: Cards | None = None  # the counter's terminal, when there is one
        self._state = CardState.IDLE
        self._alone = False  # what is under way may be waited for beside another basket
        self._sold_by: SoldBy | None = None
        self.tender_id = ""
        self.amount_minor = 0
        self.goes_back = False  # what is under way is money that goes back to a card
        self.said = ("", "")  # a code of what goes on at the terminal, and the terminal's own words
        self.changed: Callable[[], None] = lambda: None
        self._ended: tuple[Callable[[PaidSale], None], Failed, bool] | None = None
        waiting.at_terminal, selling.doubted = self._is_at_terminal, self._is_in_doubt

    @property
    def state(self) -> CardState:
        """Of the sale in front."""
        return CardState.IDLE if self._is_beside else self._state

    @property
    def state_beside(self) -> CardState:
        """Of the sale that waits."""
        return self._state if self._is_beside else CardState.IDLE

    @property
    def free(self) -> bool:
        """True when the terminal may be asked for something else."""
        return self._state is CardState.IDLE

    def concerns(self, sale_id: str) -> bool:
        """True for the sale the terminal was asked about last."""
        return _sale_of(self.tender_id) == sale_id

    @property
    def can_pay(self) -> bool:
        """True when there is a terminal."""
        return self.cards is not None

    # ── what the cashier asks for ────────────────────────────────────────────────────────────────

    def pay(
        self, amount_minor: int, done: Callable[[PaidSale], None], failed: Failed, *, print_receipt: bool = True
    ) -> None:
        """Have this much taken by the terminal; when it was the rest, the sale is finished and `done` told.

        More than is left is taken where the store pays that out in cash. Of a sale that owes the customer, this much is
        given back to the card instead.
        A part leaves the sale open (`changed`). `failed` is told `card.no_terminal`, `tender.over`, `tender.cash_back_limit`, the terminal's reason
        for taking nothing, or what the sale waits for.
        """
        try:
            cards, (sale, operator) = self._ready(), self._paying.payable()
            rules = self._paying.tender_rules if sale.left_minor > 0 else TenderRules()
            rules.check_card(amount_minor, abs(sale.left_minor), sale.currency)
        except RuleViolationError as refused:
            failed(refused)
            return
        self._ended, self._sold_by = (done, failed, print_receipt), operator
        self.tender_id = f"{sale.sale_id}{SEPARATOR}{self._ids.next()}"
        self.amount_minor, self.goes_back = amount_minor, sale.left_minor < 0
        self._works()
        self._paying.reserving.reserve(
            sale,
            sale.tenders,
            lambda: self._ask(cards, sale),
            lambda error, taken: self._taken_elsewhere(sale, error, taken),
        )

    def stop(self) -> None:
        """Ask the terminal to stop; the payment under way still answers for itself."""
        if self.cards and self.state is CardState.WORKING:
            self.cards.stop(self.tender_id)

    def ask_again(self) -> None:
        """Ask the terminal once more what became of the payment in doubt."""
        if self.cards and self.state is CardState.DOUBT:
            self._works(alone=True)
            self.cards.enquire(self.tender_id, self._answered)

    def decide(self, *, paid: bool) -> None:
        """A supervisor has looked at the terminal's own receipt. Raises RuleViolationError `permission.denied`."""
        operator = self._selling.operator
        if operator is None or self.state is not CardState.DOUBT:
            return
        check(operator.role, Permission.SETTLE_DOUBT)
        tender_id, amount = self.tender_id, self.amount_minor

        def settle(store: TillStore) -> PaymentRecord | None:
            record = payments.find(store.conn, tender_id)
            if record is None or record.stage not in IN_DOUBT:
                return record
            reversing = record.stage is Stage.REVERSING
            kept_minor = record.approved_minor if reversing else record.amount_minor
            told = msgspec.structs.replace(record, approved_minor=kept_minor if paid else 0, reason=BY_PEOPLE)
            yes, no = (Step.KEEP, Step.REVERSE) if reversing else (Step.APPROVE, Step.ABORT)
            with store.unit() as conn:
                settled = payments.move(conn, tender_id, yes if paid else no, told)
                note = AuditNoted("card_doubt_settled", tender_id, amount if paid else 0, BY_PEOPLE)
                store.append(note, operator.operator_id)
            return settled

        self._works()
        self._writer.submit(settle, self._settled_by_people, self._not_kept)

    def give_back(self, reference: str, done: Callable[[], None], failed: Failed) -> None:
        """Give a card payment of this sale back, before the sale is finished."""
        sale = self._selling.sale
        try:
            cards = self._ready()
        except RuleViolationError as refused:
            failed(refused)
            return
        if sale is None or self._selling.paying:
            failed(RuleViolationError("sale.being_paid"))
            return
        self._works()
        cards.reverse(reference, lambda outcome: self._given_back(sale, outcome, done, failed))

    # ── after a start, and when nobody waits any more ────────────────────────────────────────────

    def restore(self, records: Sequence[PaymentRecord]) -> None:
        """Card payments of the baskets that were found again: what was approved counts, a doubt waits to be asked about."""
        for record in records:
            sale = self._waiting.find(_sale_of(record.tender_id))
            if sale is None:
                continue
            goes_back = record.act is Act.REFUND
            if record.stage is Stage.APPROVED:
                sale.take(_tender(sale, record.tender_id, record.approved_minor, goes_back=goes_back))
            elif record.stage in IN_DOUBT:
                self.tender_id, self.amount_minor, self._state = record.tender_id, record.amount_minor, CardState.DOUBT
                self.goes_back = goes_back
            else:
                self._take_off(record.tender_id)

    def settled(self, outcome: PaymentOutcome) -> None:
        """The terminal was asked again by its own driver: what became of a payment nobody was waiting for."""
        if self._state is CardState.DOUBT and outcome.tender_id == self.tender_id:
            self._answered(outcome)

    def doing(self, code: str, text: str) -> None:
        """What the customer or the terminal does now."""
        self.said = (code, text)
        self.changed()

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, cards: Cards, sale: Sale) -> None:
        """The basket is on disk before the terminal hears of it."""
        ask = cards.refund if self.goes_back else cards.pay
        self._works(alone=True)
        data, tender_id, amount_minor = sale.data(), self.tender_id, self.amount_minor

        def keep(store: TillStore) -> None:
            with store.unit() as conn:
                sales.put_basket(conn, data)

        self._writer.forget_basket()
        self._writer.submit(keep, lambda _: ask(tender_id, amount_minor, data.currency, self._answered), self._not_kept)

    def _taken_elsewhere(self, sale: Sale, error: RuleViolationError, taken: Taken) -> None:
        """Another till has something of this sale: the card is not charged."""
        self._rests()
        if taken:
            self._selling.reopen(contested(sale, taken))
        self._fail(error)

    def _ready(self) -> Cards:
        if self.cards is None:
            raise RuleViolationError(NOT_THERE)
        if self._state is CardState.WORKING:
            raise RuleViolationError("card.busy")
        if self._state is CardState.DOUBT:
            raise RuleViolationError("card.doubt_beside" if self._is_beside else "card.doubt")
        return self.cards

    @property
    def _is_beside(self) -> bool:
        return self._waiting.holds(_sale_of(self.tender_id))

    def _is_at_terminal(self, sale_id: SaleId) -> bool:
        return self._state is CardState.WORKING and self._alone and _sale_of(self.tender_id) == sale_id

    def _is_in_doubt(self, sale_id: SaleId) -> bool:
        return self._state is CardState.DOUBT and _sale_of(self.tender_id) == sale_id

    def _works(self, *, alone: bool = False) -> None:
        self._state, self._alone, self.said = CardState.WORKING, alone, ("", "")
        self._selling.paying = True
        self.changed()

    def _rests(self, state: CardState = CardState.IDLE) -> None:
        self._state = state
        if not self._is_beside:
            self._selling.paying = False

    def _not_kept(self, error: Exception) -> None:
        self._waiting.when_still(lambda: self._failed_to_keep(error))

    def _failed_to_keep(self, error: Exception) -> None:
        self._rests()
        self._paying.reserving.give_back(_sale_of(self.tender_id))
        self._fail(error if isinstance(error, RuleViolationError) else RuleViolationError("basket.not_kept"))

    def _answered(self, outcome: PaymentOutcome) -> None:
        self._waiting.when_still(lambda: self._heard(outcome))

    def _heard(self, outcome: PaymentOutcome) -> None:
        if outcome.tender_id != self.tender_id:
            return
        if outcome.state is PaymentState.UNKNOWN:
            self._rests(CardState.DOUBT)
            self._paying.reserving.forget(_sale_of(self.tender_id))  # it may take longer than a claim holds
            self.said = (outcome.reason, "")
            self._fail(RuleViolationError("card.ask_people" if outcome.reason in FOR_PEOPLE else "card.doubt"))
            return
        self._rests()
        if outcome.state is not PaymentState.APPROVED:
            self._take_off(outcome.tender_id)
            self._paying.reserving.give_back(_sale_of(outcome.tender_id))
            self._fail(RuleViolationError(outcome.reason or "terminal.declined"))
            return
        self._paying.note_slip(_sale_of(outcome.tender_id), outcome.lines)
        self._taken(outcome.tender_id, outcome.amount_minor)

    def _settled_by_people(self, record: PaymentRecord | None) -> None:
        self._rests()
        if record and record.stage is Stage.APPROVED:
            self._taken(record.tender_id, record.approved_minor)
        else:
            self._take_off(self.tender_id)
            self.changed()

    def _taken(self, tender_id: str, amount_minor: int) -> None:
        """Money was taken: it is on the sale, and the sale is on disk, before anything else."""
        sale = self._waiting.find(_sale_of(tender_id))
        if sale is None:
            return
        sale.take(_tender(sale, tender_id, amount_minor, goes_back=self.goes_back))
        if self._is_beside:
            self._taken_beside(sale)
            return
        self._writer.keep_basket(sale.data())
        if sale.left_minor or self._ended is None:
            self._paying.reserving.give_back(sale.sale_id)  # the rest may take a while, or never be paid
            self.changed()
            return
        done, failed, print_receipt = self._ended
        self._paying.finish_paid(done, failed, print_receipt=print_receipt)

    def _take_off(self, tender_id: str) -> None:
        """The terminal has not got this money: if it counted already, its reversal was what nobody knew of."""
        sale = self._waiting.find(_sale_of(tender_id))
        if sale is None or all(tender.reference != tender_id for tender in sale.tenders):
            return
        sale.give_back(tender_id)
        if self._is_beside:
            self._waiting.keep()
        else:
            self._writer.keep_basket(sale.data())

    def _taken_beside(self, sale: Sale) -> None:
        self._waiting.keep()
        self.changed()
        if sale.left_minor:
            self._paying.reserving.give_back(sale.sale_id)
        if self._sold_by is None or self._ended is None:
            self._waiting.on_trouble(RuleViolationError("card.finish_beside"))
        elif sale.left_minor:
            self._waiting.on_trouble(RuleViolationError("card.part_beside"))
        else:
            self._waiting.finish(self._sold_by, print_receipt=self._ended[2])

    def _given_back(self, sale: Sale, outcome: PaymentOutcome, done: Callable[[], None], failed: Failed) -> None:
        if outcome.state is PaymentState.UNKNOWN:
            self.tender_id = outcome.tender_id
            self.amount_minor = next((one.given_minor for one in sale.tenders if one.reference == self.tender_id), 0)
            self._rests(CardState.DOUBT)
            failed(RuleViolationError("card.doubt"))
            return
        self._rests()
        if outcome.state is PaymentState.APPROVED:
            failed(RuleViolationError(outcome.reason or "terminal.declined"))
            return
        sale.give_back(outcome.tender_id)
        self._writer.keep_basket(sale.data())
        done()

    def _fail(self, error: RuleViolationError) -> None:
        self.changed()
        if self._is_beside:
            self._waiting.on_trouble(error)
        elif self._ended is not None:
            self._ended[1](error)


def _sale_of(tender_id: str) -> SaleId:
    """A tender's id begins with its sale's."""
    return SaleId(tender_id.partition(SEPARATOR)[0])


def _tender(sale: Sale, tender_id: str, approved_minor: int, *, goes_back: bool) -> Tender:
    """What of it pays the sale; the rest, if there is any, is paid out in cash."""
    if goes_back:
        return Tender(TenderKind.CARD, -approved_minor, -approved_minor, tender_id)
    return Tender(TenderKind.CARD, min(approved_minor, max(0, sale.left_minor)), approved_minor, tender_id)
