"""Taking goods back: a receipt is read and checked, its goods are ticked, and they go on the sale as lines below zero.

Exchanged goods are scanned on the same sale afterwards. What is left of a line is counted by the table in till.db when
the sale is written; the figures here are those of the moment the receipt was opened.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec

from pos_app.devices.barcode.classify import classify
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.goods import GoodsCheck
from pos_app.service.lines import NO_TAX, NOT_FOR_SALE
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.return_draft import DraftLine, ReturnDraft, back_of, on_sale_of
from pos_app.service.selling import Selling
from pos_app.service.two_people import agreed, by_two
from pos_app.storage import returns, sales
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import AuditNoted, SaleCompleted
from retail_core.domain.ids import IdSource, LineId
from retail_core.domain.money import div_half_up
from retail_core.domain.people import ByTwo
from retail_core.domain.quantity import ONE, amount_minor
from retail_core.domain.receipts import (
    MS_PER_S,
    BackLine,
    FoundReceipt,
    PaidLine,
    PaidRate,
    PaidReceipt,
    paid_receipt,
)
from retail_core.domain.returns import NOTHING, Part, ReturnRules, beyond
from retail_core.domain.roles import Permission, check
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import GIFT_CARD_SKU, PriceReason, SaleLine
from retail_core.domain.scanned import CodeKind
from retail_core.domain.tax import TaxRate
from retail_core.durable.home import MachineConfig
from retail_core.trust.receipts import RECEIPT_PREFIX, is_signed, lines_fit, read_receipt

PAID = "return.paid"
MAX_NUMBER_CHARS = 60
ASKED_ELSEWHERE = frozenset({"receipt.lines_elsewhere", "receipt.not_of_this_till", "return.unknown_receipt"})
"""Who knows nothing here asks the store, then head office."""
_NUMBER = re.compile(r"[A-Z0-9]+-[A-Z0-9]+-[A-Z0-9]+-[0-9]{6,12}")
_Found = tuple[PaidReceipt, dict[int, Part]]


class Elsewhere(Protocol):
    """Receipts of other tills and stores."""

    def ask(self, receipt: str, done: Callable[[FoundReceipt | None], None]) -> None:
        """`done` comes within seconds: None when nobody who could be asked has it."""
        ...


class Returning:
    """One draft at a time. All methods run on the screen's thread."""

    def __init__(
        self, selling: Selling, catalogue: Reference, facts: Links, goods: GoodsCheck, writer: Writer, clock: Clock,
        ids: IdSource, config: MachineConfig, *, elsewhere: Elsewhere,
    ) -> None:  # fmt: skip
        self._selling, self._catalogue, self._facts, self._goods = selling, catalogue, facts, goods
        self._writer, self._clock, self._ids = writer, clock, ids
        self._hq_public_text = config.feed_public_key
        self._node = config.till_node
        self._register = f"{config.store}-{config.register}"  # what the numbers of this till begin with
        self._elsewhere, self._asked_for = elsewhere, ""
        self.news: Callable[[CodedError | None], None] = lambda _: None  # head office knew more of the open receipt
        self.asking: Callable[[str], None] = lambda _: None  # a receipt is looked for elsewhere, which takes a moment
        self.draft: ReturnDraft | None = None

    @property
    def rules(self) -> ReturnRules:
        settings = self._facts.settings()
        return settings.returns if settings else ReturnRules()

    # ── which goods ──────────────────────────────────────────────────────────────────────────────

    def open(self, text: str, done: Callable[[ReturnDraft], None], failed: Failed) -> None:
        """Show a receipt by its code or its number. What is not at this till is asked for in the store and at HQ.

        Fails with `receipt.unreadable`, `.forged`, `.other_retailer`, `.other_currency`, `.voided`,
        `.not_of_this_till`, `.lines_elsewhere`, `return.unknown_receipt` or `return.nothing_left`.
        """
        try:
            check(self._selling.signed_in().role, Permission.RETURN)
            signed = read_receipt(text, self._hq_public_text) if is_signed(text) else None
            number = signed.number if signed else self._number(text)
            if signed and signed.currency != self._selling.currency:
                raise RuleViolationError("receipt.other_currency", currency=signed.currency[:3])
        except RuleViolationError as refused:
            failed(refused)
            return
        self._asked_for = text
        self._writer.submit(
            lambda store: _find(store, number, signed, self._register),
            lambda found: self._opened_here(found, done, failed),
            lambda error: self._ask_elsewhere(text, signed, error, done, failed),
        )

    def open_without(self) -> ReturnDraft:
        """Begin with goods that have no receipt. Raises `return.receipt_needed` where the store takes none back."""
        check(self._selling.signed_in().role, Permission.RETURN)
        if not self.rules.without_receipt:
            raise RuleViolationError("return.receipt_needed")
        self.draft, self._asked_for = ReturnDraft(), ""
        return self.draft

    def scan(self, label: str) -> DraftLine:
        """Tick the unit in the hand. Raises RuleViolationError `return.*`, `item.unknown` or what the code is instead."""
        draft = self._open_draft()
        scanned = classify(label, self._goods.codes)
        if scanned.kind in NOT_FOR_SALE:
            raise RuleViolationError(NOT_FOR_SALE[scanned.kind], text=scanned.text[:40])
        item = self._selling.lines.find(scanned)
        if item is None:
            raise RuleViolationError("item.unknown", label=scanned.text[:40])
        if draft.receipt:
            return draft.scan(item.sku, item.name, scanned)
        made = self._selling.lines.line(item, scanned.text, None, self._catalogue.book(), scanned)
        return draft.add(msgspec.structs.replace(made, stopped="", look="", detail="", unweighed=False))

    @staticmethod
    def is_receipt(label: str) -> bool:
        return classify(label).kind is CodeKind.RECEIPT

    def is_own(self, receipt: str) -> bool:
        """True for a receipt this till wrote."""
        return receipt.startswith(f"{self._register}-")

    def close(self) -> None:
        """Put the draft away; nothing was taken back."""
        self.draft, self._asked_for = None, ""

    # ── onto the sale ────────────────────────────────────────────────────────────────────────────

    def take(self, approval: Approval | None = None) -> Outcome:
        """Put what is ticked on the sale, all of it or nothing.

        Raises ApprovalNeededError beyond the store's rules, `return.nothing_ticked` or `return.receipt_needed`.
        """
        draft, operator = self._open_draft(), self._selling.signed_in()
        if not draft.ticked:
            raise RuleViolationError("return.nothing_ticked")
        receipt, sale = draft.receipt, self._selling.sale
        before_minor = -sum(line.amount_minor for line in sale or () if line.back)
        total_minor = before_minor + draft.worth_minor
        age_ms = self._clock.now_ms() - receipt.at_s * MS_PER_S if receipt else 0
        why = beyond(self.rules, has_receipt=receipt is not None, age_ms=age_ms, total_minor=total_minor)
        number = receipt.number if receipt else ""
        by = ""
        if why:
            act = Act("return", number, total_minor)
            by = agreed(by_two(self._facts), ByTwo.RETURN, operator, act, approval)
        outcome = self._selling.on_sale(lambda sale: self._put_on(sale, draft))
        if outcome.kind is not OutcomeKind.REFUSED:
            if why:
                self._selling.notes.add(AuditNoted("return_beyond_rules", number, total_minor, why.value, by), operator)
            self.draft = None
        return outcome

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _open_draft(self) -> ReturnDraft:
        if self.draft is None:
            raise RuleViolationError("return.receipt_first")
        return self.draft

    @staticmethod
    def _number(text: str) -> str:
        """A receipt's number as typed, scanned without a signature, or only its last figures."""
        return text.strip().upper().removeprefix(RECEIPT_PREFIX).partition(":")[0][:MAX_NUMBER_CHARS]

    def _ask_elsewhere(
        self,
        text: str,
        signed: PaidReceipt | None,
        error: CodedError,
        done: Callable[[ReturnDraft], None],
        failed: Failed,
    ) -> None:
        number = str(error.facts.get("receipt", ""))
        if error.code not in ASKED_ELSEWHERE or not _NUMBER.fullmatch(number):
            failed(error)
            return

        def brought(found: FoundReceipt | None) -> None:
            if text != self._asked_for:
                return  # something else was wanted meanwhile
            refused = error if found is None or found.receipt.number != number else self._not_the_one(signed, found)
            if refused or found is None:
                failed(refused or error)
                return
            lines = found.receipt.lines
            whole = msgspec.structs.replace(signed, lines=lines) if signed else found.receipt
            self._writer.submit(
                lambda store: _find(store, number, whole, self._register),
                lambda known: self._opened((known[0], most_of(known[1], found.back)), done, failed),
                failed,
            )

        self.asking(number)
        self._elsewhere.ask(number, brought)

    def _not_the_one(self, signed: PaidReceipt | None, found: FoundReceipt) -> RuleViolationError | None:
        """Others are believed as to lines no more than the till's own signature over them allows."""
        receipt = found.receipt
        if found.voided_by:
            return RuleViolationError(returns.VOIDED, receipt=receipt.number, by_receipt=found.voided_by)
        if signed and not lines_fit(signed, receipt.lines):
            return RuleViolationError("receipt.forged", receipt=receipt.number)
        if receipt.currency != self._selling.currency:
            return RuleViolationError("receipt.other_currency", currency=receipt.currency[:3])
        return None

    def _opened_here(self, found: _Found, done: Callable[[ReturnDraft], None], failed: Failed) -> None:
        """What this store knows is shown at once; what came back in other stores follows, while head office answers."""
        self._opened(found, done, failed)
        draft = self.draft
        if draft and draft.receipt and draft.receipt.number == found[0].number:
            self._elsewhere.ask(found[0].number, lambda told: self._heard(draft, told))

    def _heard(self, draft: ReturnDraft, told: FoundReceipt | None) -> None:
        if told is None or draft is not self.draft:
            return
        number = told.receipt.number
        gone: CodedError | None = None
        if told.voided_by:
            gone = RuleViolationError(returns.VOIDED, receipt=number, by_receipt=told.voided_by)
        elif draft.came_back({part.n: Part(part.qty_milli, part.minor) for part in told.back}):
            gone = None if draft.left else RuleViolationError("return.nothing_left", receipt=number)
        else:
            return
        if gone:
            self.close()
        self.news(gone)

    def _opened(self, found: _Found, done: Callable[[ReturnDraft], None], failed: Failed) -> None:
        receipt, before = found
        told = self._facts.shared_returns(receipt.number)
        if told and told.voided_by:
            failed(RuleViolationError(returns.VOIDED, receipt=receipt.number, by_receipt=told.voided_by))
            return
        for n, part in returns.elsewhere(told, self._node).items():
            here = before.get(n, NOTHING)
            before[n] = Part(here.qty_milli + part.qty_milli, here.minor + part.minor)
        # a deposit that was paid out is none, and what is on a gift card is spent, not brought back
        goods = [line for line in receipt.lines if line.amount_minor >= 0 and line.sku != GIFT_CARD_SKU]
        draft = ReturnDraft(receipt, (self._line(line, before) for line in goods))
        draft.with_sale(on_sale_of(self._selling.sale or (), receipt.number))
        if not draft.left:
            failed(RuleViolationError("return.nothing_left", receipt=receipt.number))
            return
        self.draft = draft
        done(draft)

    def _line(self, paid: PaidLine, before: dict[int, Part]) -> DraftLine:
        item = self._catalogue.by_sku(paid.sku)
        name, unit = (item.name, item.unit) if item else (paid.sku, "each")
        sold = Part(paid.qty_milli, paid.amount_minor)
        return DraftLine(paid.n, paid.sku, name, sold, paid, None, unit, before.get(paid.n, NOTHING))

    def _put_on(self, sale: Sale, draft: ReturnDraft) -> Outcome:
        lines = [self._sale_line(draft, line) for line in draft.ticked]
        trial = Sale(sale.data())
        for line in lines:
            trial.add(line)
        for line in lines:
            sale.add(line)
        return Outcome(OutcomeKind.ADDED, lines[-1].line_id)

    def _sale_line(self, draft: ReturnDraft, line: DraftLine) -> SaleLine:
        back, line_id = back_of(draft, line), LineId(self._ids.next())
        if line.made:
            return msgspec.structs.replace(line.made, line_id=line_id, back=back)
        item = self._catalogue.by_sku(line.sku)
        unit_minor = div_half_up(line.sold.minor * ONE, line.sold.qty_milli)
        cent = line.worth_minor - amount_minor(unit_minor, line.ticked_milli)
        rates = _rates(line, self._catalogue.tax_rates)
        return SaleLine(
            line_id, line.sku, line.name, line.ticked_milli, unit_minor, rates[0] if rates else NO_TAX,
            gtin=self._catalogue.gtin_of(line.sku), unit=line.unit, department=item.department if item else "",
            reasons=(PriceReason(PAID, cent),) if cent else (), more_taxes=rates[1:], lot=line.lot or None,
            serial=line.serial or None, back=back,
        )  # fmt: skip


def _rates(line: DraftLine, known: Callable[[str], Sequence[TaxRate]]) -> tuple[TaxRate, ...]:
    """The taxes as they were when the goods were paid, by the names they have or had."""
    return tuple(_named(paid, known(paid.tax_class)) for paid in (line.paid.taxes if line.paid else ()))


def _named(paid: PaidRate, known: Sequence[TaxRate]) -> TaxRate:
    like = (one for one in known if (one.rate_ppm, one.included) == (paid.rate_ppm, paid.included))
    return next(like, TaxRate(paid.tax_class, paid.tax_class, paid.rate_ppm, paid.included))


def _find(store: TillStore, number: str, signed: PaidReceipt | None, register: str) -> _Found:
    """The receipt with its lines, and what of them came back before; on the writer's thread."""
    own = number.startswith(f"{register}-")
    if number.isdigit():
        number, own = f"{register}-{store.journal.series}-{int(number):0{sales.COUNTER_DIGITS}d}", True
    by_receipt = returns.voided_by(store.conn, number)
    if by_receipt:
        raise RuleViolationError(returns.VOIDED, receipt=number, by_receipt=by_receipt)
    found = sales.fact_of(store.history, number) if own else None
    if not (own or signed):
        raise RuleViolationError("receipt.not_of_this_till", receipt=number)
    receipt = _whole(number, signed, found)
    with store.unit() as conn:
        returns.know_lines(conn, receipt)
    return receipt, dict(returns.came_back(store.conn, number))


def most_of(here: Mapping[int, Part], told: Iterable[BackLine]) -> dict[int, Part]:
    """What came back of each line: as known here or as told, whichever is more; the same pieces may be in both."""
    most = dict(here)
    for back in told:
        if back.qty_milli > most.get(back.n, NOTHING).qty_milli:
            most[back.n] = Part(back.qty_milli, back.minor)
    return most


def _whole(number: str, signed: PaidReceipt | None, found: tuple[bytes, int] | None) -> PaidReceipt:
    if signed and signed.lines:
        return signed
    if found is None:
        raise RuleViolationError("receipt.lines_elsewhere" if signed else "return.unknown_receipt", receipt=number)
    known = paid_receipt(msgspec.json.decode(found[0], type=SaleCompleted), found[1], gift=bool(signed and signed.gift))
    if signed and not lines_fit(signed, known.lines):
        raise RuleViolationError("receipt.forged", receipt=number)
    return known
