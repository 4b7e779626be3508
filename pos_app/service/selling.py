"""The sale at this till, from the first scan to the change.

Nothing here waits: a scan is answered from two read-only files, the basket is written behind it, and paying is one
transaction on the writer's thread whose answer alone makes the sale "paid".
"""

from collections.abc import Callable

import msgspec

from pos_app.devices.barcode.classify import classify
from pos_app.runtime.writer import Failed, Writer
from pos_app.service.completing import SoldBy, complete
from pos_app.service.entry import Entry, EntryKind, parse_entry
from pos_app.service.outcome import Outcome, OutcomeKind, PaidSale
from pos_app.service.receipt import Paper
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from retail_core.domain.clock import Clock
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import IdSource, LineId, SaleId, Sku
from retail_core.domain.pricing import BasketItem, PriceBook, price
from retail_core.domain.quantity import ONE
from retail_core.domain.roles import Permission, check
from retail_core.domain.sale import Sale, SaleData, SaleLine, SaleState, Totals, cash_tender
from retail_core.domain.scanned import CodeKind, Scanned
from retail_core.domain.tax import TaxRate
from retail_core.domain.tender import suggested_cash
from retail_core.durable.reference import ItemRow

NO_TAX = TaxRate("", "", 0)
BLOCKED_PENDING = "sale.pending_lines"
BLOCKED_EMPTY = "sale.nothing_to_pay"
BLOCKED_PAYING = "sale.being_paid"


class Selling:
    """One basket at a time. All methods run on the screen's thread."""

    def __init__(
        self, catalogue: Reference, facts: Links, writer: Writer, clock: Clock, ids: IdSource, currency: str
    ) -> None:
        self._catalogue = catalogue
        self._facts = facts
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._book: PriceBook | None = None
        self.currency = currency
        self.operator: SoldBy | None = None
        self.sale: Sale | None = None
        self.last_paid: PaidSale | None = None
        self.multiplier_milli: int | None = None
        self.selected: LineId | None = None
        self.paying = False
        self._owed: list[AuditNoted] = []  # voids a full disk did not take yet; written with the next change
        self.on_paid: Callable[[PaidSale], None] = lambda _: None  # the counter opens the drawer and prints

    # ── adding ───────────────────────────────────────────────────────────────────────────────────

    def scan(self, label: str, source: str = "scanner") -> Outcome:
        """A read of any scanner. The first one opens the sale; an unknown one becomes a pending line."""
        scanned = classify(label)
        if scanned.kind is CodeKind.PICKUP_PASS:
            return Outcome(OutcomeKind.ORDER, facts={"text": scanned.text})
        if scanned.kind in {CodeKind.RECEIPT, CodeKind.BADGE, CodeKind.SHELF}:
            return Outcome(OutcomeKind.REFUSED, code="scan.not_for_sale", facts={"kind": scanned.kind.value})
        return self._guarded(lambda: self._add_scanned(scanned, label, self._take_multiplier()))

    def enter(self, typed: str) -> Outcome:
        """What was typed on the entry line and confirmed with Enter."""
        try:
            entry = parse_entry(typed)
        except RuleViolationError as refused:
            return Outcome(OutcomeKind.REFUSED, code=refused.code, facts=dict(refused.facts))
        return self._guarded(lambda: self._entered(entry))

    def add_item(self, sku: str) -> Outcome:
        """A quick key or a search result; on a selected pending line it says what that line is."""
        item = self._catalogue.by_sku(sku)
        if item is None:
            return Outcome(OutcomeKind.REFUSED, code="item.unknown", facts={"sku": sku})
        pending = self._selected_pending()
        if pending:
            return self._guarded(lambda: self._resolve(pending, item))
        return self._guarded(lambda: self._add(item, "", self._take_multiplier()))

    # ── changing ─────────────────────────────────────────────────────────────────────────────────

    def select(self, line_id: LineId | None) -> None:
        self.selected = line_id

    def step_selection(self, by: int) -> None:
        """Up and down through the lines."""
        ids = [line.line_id for line in self.sale] if self.sale else []
        if ids:
            at = ids.index(self.selected) if self.selected and self.selected in ids else len(ids)
            self.selected = ids[max(0, min(len(ids) - 1, at + by))]

    def change_selected(self, pieces: int) -> Outcome:
        """One more or one less of the selected line; the last one is voided, not made zero."""
        line = self._selected_line()
        if line is None:
            return Outcome(OutcomeKind.REFUSED, code="line.none_selected")
        qty_milli = line.qty_milli + pieces * ONE
        if qty_milli <= 0:
            return self.void_line(line.line_id)
        return self.set_quantity(line.line_id, qty_milli)

    def set_quantity(self, line_id: LineId, qty_milli: int) -> Outcome:
        return self._guarded(lambda: self._change_quantity(line_id, qty_milli))

    def void_line(self, line_id: LineId) -> Outcome:
        """Strike a line through; a journal event at once, because taking goods off a sale must be explainable."""
        return self._guarded(lambda: self._void_line(line_id))

    def void_sale(self, reason: str) -> Outcome:
        """Give up the whole basket; needs a supervisor."""
        return self._guarded(lambda: self._void_sale(reason))

    def clear_multiplier(self) -> None:
        self.multiplier_milli = None

    # ── paying ───────────────────────────────────────────────────────────────────────────────────

    def blocked_by(self) -> tuple[str, ...]:
        """Codes of what Pay must wait for; empty when the sale can be paid."""
        if self.sale is None or self.sale.empty:
            return (BLOCKED_EMPTY,)
        blocks = [BLOCKED_PENDING] if self.sale.pending else []
        return tuple([*blocks, BLOCKED_PAYING] if self.paying else blocks)

    def totals(self) -> Totals | None:
        return self.sale.totals if self.sale else None

    def suggested_cash(self) -> tuple[int, ...]:
        """The exact amount first, then likely notes."""
        return suggested_cash(self.sale.totals.due_minor, self.currency) if self.sale else ()

    def pay_cash(
        self, given_minor: int, done: Callable[[PaidSale], None], failed: Failed, *, print_receipt: bool = True
    ) -> None:
        """Make the sale durable. A second press while the first is being written changes nothing."""
        try:
            sale, operator = self._payable()
            tender = cash_tender(sale.totals.due_minor, given_minor)
        except RuleViolationError as refused:
            failed(refused)
            return
        sale.begin_paying()
        self.paying = True
        self._writer.forget_basket()
        settings, owed = self._facts.settings(), self._take_owed()
        paper = Paper(settings.receipt_header, settings.receipt_footer) if settings else Paper()
        self._writer.submit(
            lambda store: complete(store, sale, operator, (tender,), paper if print_receipt else None, owed),
            lambda paid: self._paid(paid, done),
            lambda error: self._not_paid(sale, owed, error, failed),
        )

    # ── after a start ────────────────────────────────────────────────────────────────────────────

    def restore(self, data: SaleData | None) -> None:
        """Take up the basket a kill left behind (`sales.read_basket`), priced by the book it was begun under."""
        if data is None:
            return
        self.sale = Sale(msgspec.structs.replace(data, state=SaleState.OPEN))
        self._book = self._catalogue.book(self.sale.book)
        self.selected = data.lines[-1].line_id if data.lines else None

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _guarded(self, act: Callable[[], Outcome]) -> Outcome:
        if self.paying:
            return Outcome(OutcomeKind.REFUSED, code=BLOCKED_PAYING)
        try:
            outcome = act()
        except RuleViolationError as refused:
            return Outcome(OutcomeKind.REFUSED, code=refused.code, facts=dict(refused.facts))
        if self.sale:
            self._writer.keep_basket(self.sale.data())
        return outcome

    def _entered(self, entry: Entry) -> Outcome:
        match entry.kind:
            case EntryKind.NOTHING:
                return Outcome(OutcomeKind.NOTHING)
            case EntryKind.MULTIPLY_NEXT:
                self.multiplier_milli = entry.qty_milli
                return Outcome(OutcomeKind.MULTIPLIER, facts={"qty_milli": entry.qty_milli})
            case EntryKind.SET_QUANTITY:
                line = self._selected_line()
                if line is None:
                    return Outcome(OutcomeKind.REFUSED, code="line.none_selected")
                return self._change_quantity(line.line_id, entry.qty_milli)
            case EntryKind.ONE_MORE | EntryKind.ONE_LESS:
                return self.change_selected(1 if entry.kind is EntryKind.ONE_MORE else -1)
            case EntryKind.SEARCH:
                return Outcome(OutcomeKind.SEARCH, facts={"text": entry.text})
            case EntryKind.COMMAND:
                return Outcome(OutcomeKind.COMMAND, facts={"text": entry.text})
            case EntryKind.CODE:
                return self._add_scanned(classify(entry.text), entry.text, entry.qty_milli or self._take_multiplier())

    def _add_scanned(self, scanned: Scanned, label: str, qty_milli: int) -> Outcome:
        item = self._find(scanned)
        pending = self._selected_pending() if item else None
        if item and pending:
            return self._resolve(pending, item)
        if item:
            return self._add(item, scanned.text, qty_milli, scanned)
        return self._add_pending(scanned.text or label[:40], qty_milli)

    def _find(self, scanned: Scanned) -> ItemRow | None:
        if scanned.gtin:
            found = self._catalogue.by_gtin(scanned.gtin)
            if found:
                return found
        return self._catalogue.by_sku(scanned.text)

    def _add(self, item: ItemRow, label: str, qty_milli: int, scanned: Scanned | None = None) -> Outcome:
        line = self._line(LineId(self._ids.next()), item, label, qty_milli, scanned)
        sale = self._open_sale()
        sale.add(line)
        self.selected = line.line_id
        return Outcome(OutcomeKind.ADDED, line.line_id)

    def _line(
        self, line_id: LineId, item: ItemRow, label: str, qty_milli: int, scanned: Scanned | None = None
    ) -> SaleLine:
        book = self._book if self.sale and self._book else self._catalogue.book()
        priced = price((BasketItem(item.sku, qty_milli),), book, self._clock.now_ms())[0]
        if priced is None:
            raise RuleViolationError("item.no_price", sku=item.sku, name=item.name)
        gtin = scanned.gtin if scanned and scanned.gtin else self._catalogue.gtin_of(item.sku)
        return SaleLine(
            line_id, item.sku, item.name, qty_milli, priced.unit_minor, item.tax, label, gtin, item.unit,
            item.department, priced.book, priced.reasons,
        )  # fmt: skip

    def _add_pending(self, label: str, qty_milli: int) -> Outcome:
        line = SaleLine(LineId(self._ids.next()), Sku(""), "", qty_milli, 0, NO_TAX, label)
        self._open_sale().add(line)
        self.selected = None  # the next good scan is a new line, not an answer to this one
        return Outcome(OutcomeKind.PENDING, line.line_id, "item.unknown", {"label": label})

    def _resolve(self, pending: SaleLine, item: ItemRow) -> Outcome:
        self._open_sale().resolve(pending.line_id, self._line(pending.line_id, item, pending.label, pending.qty_milli))
        return Outcome(OutcomeKind.CHANGED, pending.line_id)

    def _open_sale(self) -> Sale:
        if self.sale is None:
            if self.operator is None:
                raise RuleViolationError("operator.not_signed_in")
            check(self.operator.role, Permission.SELL)
            self._book = self._catalogue.book()
            self.sale = Sale.start(
                sale_id=SaleId(self._ids.next()),
                operator_id=self.operator.operator_id,
                currency=self.currency,
                at_ms=self._clock.now_ms(),
                book=self._book.version,
            )
            self.last_paid = None
        return self.sale

    def _change_quantity(self, line_id: LineId, qty_milli: int) -> Outcome:
        self._open_sale().change_quantity(line_id, qty_milli)
        return Outcome(OutcomeKind.CHANGED, line_id, facts={"qty_milli": qty_milli})

    def _void_line(self, line_id: LineId) -> Outcome:
        sale, operator = self._open_sale(), self._signed_in()
        check(operator.role, Permission.VOID_LINE)
        amount_minor = sale.line(line_id).amount_minor
        struck = sale.void_line(line_id)
        self._note(AuditNoted("line_voided", struck.sku or struck.label, amount_minor), operator)
        self._select_last_living()
        if sale.empty:
            self._drop(sale)
        return Outcome(OutcomeKind.CHANGED, line_id)

    def _void_sale(self, reason: str) -> Outcome:
        sale, operator = self._open_sale(), self._signed_in()
        check(operator.role, Permission.VOID_SALE)
        amount_minor = sale.totals.due_minor
        sale.void()
        self._note(AuditNoted("sale_voided", sale.sale_id, amount_minor, reason), operator)
        self._drop(sale)
        return Outcome(OutcomeKind.CHANGED)

    def _drop(self, sale: Sale) -> None:
        """A basket in which nothing is left takes no number and is forgotten; its voids stay in the journal."""
        if sale is self.sale:
            self.sale, self.selected, self._book = None, None, None
            self._writer.keep_basket(None)

    def _note(self, event: AuditNoted, operator: SoldBy) -> None:
        notes = (*self._take_owed(), event)

        def work(store: TillStore) -> None:
            with store.unit():
                for note in notes:
                    store.append(note, operator.operator_id)

        self._writer.submit(work, lambda _: None, lambda _: self._owed.extend(notes))

    def _take_owed(self) -> tuple[AuditNoted, ...]:
        owed, self._owed = tuple(self._owed), []
        return owed

    def _select_last_living(self) -> None:
        living = [line.line_id for line in self.sale if not line.voided] if self.sale else []
        self.selected = living[-1] if living else None

    def _take_multiplier(self) -> int:
        qty_milli, self.multiplier_milli = self.multiplier_milli or ONE, None
        return qty_milli

    def _selected_line(self) -> SaleLine | None:
        if self.sale is None or self.selected is None:
            return None
        line = self.sale.line(self.selected)
        return None if line.voided else line

    def _selected_pending(self) -> SaleLine | None:
        line = self._selected_line()
        return line if line and line.pending else None

    def _signed_in(self) -> SoldBy:
        if self.operator is None:
            raise RuleViolationError("operator.not_signed_in")
        return self.operator

    def _payable(self) -> tuple[Sale, SoldBy]:
        if self.paying:
            raise RuleViolationError(BLOCKED_PAYING)
        if self.sale is None or self.sale.empty:
            raise RuleViolationError(BLOCKED_EMPTY)
        if self.sale.pending:
            raise RuleViolationError(BLOCKED_PENDING, lines=self.sale.pending)
        return self.sale, self._signed_in()

    def _paid(self, paid: PaidSale, done: Callable[[PaidSale], None]) -> None:
        self.sale, self.selected, self._book, self.paying = None, None, None, False
        self.multiplier_milli = None
        self.last_paid = paid
        self.on_paid(paid)
        done(paid)

    def _not_paid(self, sale: Sale, owed: tuple[AuditNoted, ...], error: CodedError, failed: Failed) -> None:
        self._owed.extend(owed)
        self.paying = False
        self.sale = Sale(msgspec.structs.replace(sale.data(), state=SaleState.OPEN))
        self._writer.keep_basket(self.sale.data())
        failed(error)
