"""The sale at this till, from the first scan to the change.

Nothing here waits: a scan is answered from two read-only files and the basket is written behind it. `service.paying`
makes the sale durable.
"""

from collections.abc import Callable, Iterable

import msgspec

from pos_app.devices.barcode.classify import classify
from pos_app.runtime.writer import Writer
from pos_app.service.audit_notes import AuditNotes
from pos_app.service.basket_tags import TagsInView
from pos_app.service.completing import SoldBy
from pos_app.service.deposits import Deposits, check_own
from pos_app.service.doubts import Doubt, doubt_of
from pos_app.service.entry import Entry, EntryKind, parse_entry
from pos_app.service.goods import GoodsCheck
from pos_app.service.lines import NOT_FOR_SALE, LineMaker
from pos_app.service.no_cards import CARD_REFUSED, NoCards
from pos_app.service.open_prices import OpenPrices, quick_department
from pos_app.service.outcome import Outcome, OutcomeKind, PaidSale
from pos_app.service.promoting import Promoting
from pos_app.service.tax_rates import TaxRates
from pos_app.service.units import Units
from pos_app.storage.readers import Links, Reference
from retail_core.domain.approvals import Act, Approval, ApprovalNeededError, allow
from retail_core.domain.asks import SERIAL
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.guards import LineRules
from retail_core.domain.ids import IdSource, LineId, SaleId
from retail_core.domain.pricing import PriceBook
from retail_core.domain.quantity import ONE
from retail_core.domain.roles import Permission, check
from retail_core.domain.sale import Sale, SaleData, SaleLine, SaleState, Totals
from retail_core.domain.scanned import CodeKind, Scanned, TagUnit
from retail_core.domain.tax import Rounding
from retail_core.durable.reference import ItemRow

BLOCKED_PAYING = "sale.being_paid"
BLOCKED_DOUBT = "card.doubt"
ASIDE = frozenset({CodeKind.COUPON, CodeKind.LOYALTY_CARD})


class Selling:
    """One basket at a time. All methods run on the screen's thread."""

    def __init__(
        self, catalogue: Reference, facts: Links, writer: Writer, clock: Clock, ids: IdSource, currency: str, goods: GoodsCheck
    ) -> None:  # fmt: skip
        self._catalogue = catalogue
        self._facts = facts
        self._goods = goods
        taxes = TaxRates(catalogue, facts)
        self.lines = LineMaker(catalogue, goods, taxes, clock, ids)
        self.units = Units(self.lines, goods, lambda: self.sale, self._open_sale, self._book_now)
        self.no_cards = NoCards(facts)
        self.deposits = Deposits(catalogue, self.lines)
        self.open_prices = OpenPrices(facts, taxes, ids, currency)
        self._in_view = TagsInView()
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
        self.promoting: Promoting | None = None  # the store's promotions, when the till has them
        self.notes = AuditNotes(writer)
        self.doubted: Callable[[SaleId], bool] = lambda _: (
            False
        )  # nobody knows whether a card was charged for this sale
        self.aside: Callable[[Scanned], Outcome | None] = lambda _: None  # cards of customers and coupons are no goods

    # ── adding ───────────────────────────────────────────────────────────────────────────────────

    def scan(self, label: str, source: str = "scanner", *, pairs_with_last: bool = False) -> Outcome:
        """A read of any scanner. The first one opens the sale; an unknown one becomes a pending line.

        `pairs_with_last`: the second symbol of the unit just scanned, read in the same sweep of an imager.
        """
        if self.no_cards.refuses(label):
            return Outcome(OutcomeKind.REFUSED, code=CARD_REFUSED)
        scanned = classify(label, self._goods.codes)
        if scanned.kind is CodeKind.PICKUP_PASS:
            return Outcome(OutcomeKind.ORDER, facts={"text": scanned.text})
        if scanned.kind in NOT_FOR_SALE:
            return Outcome(OutcomeKind.REFUSED, code=NOT_FOR_SALE[scanned.kind], facts={"text": scanned.text[:40]})
        if pairs_with_last and (line := self.units.last_of(scanned)):
            return self._guarded(lambda: self._on(self.units.same_unit(line, scanned)))
        return self._guarded(lambda: self._add_scanned(scanned, label, self._take_multiplier()))

    def read_tags(self, units: Iterable[TagUnit]) -> Outcome:
        """Units an RFID reader is sure of, told once as they come. Those that cannot be taken now wait (`take_tags`)."""
        self.tags_came(units)
        return self.take_tags()

    def tags_came(self, units: Iterable[TagUnit]) -> None:
        """The same, while the sell screen is not in front."""
        on_sale = {line.epc for line in self.sale or () if not line.voided}
        self._in_view.came(unit for unit in units if unit.epc not in on_sale)

    def take_tags(self) -> Outcome:
        """Put on the sale what waits on the antenna, each unit counted once."""
        if self.paying or self.operator is None or not self.tags_waiting:
            return Outcome(OutcomeKind.NOTHING)
        found = [(unit, self._catalogue.by_gtin(unit.gtin)) for unit in self._in_view.waiting()]
        known = [(item, unit) for unit, item in found if item]
        self._in_view.settle(unit.epc for unit, item in found if item is None)
        self._in_view.taken()
        return self._guarded(lambda: self._on(self.units.add_tags(known, len(found) - len(known))))

    @property
    def chosen(self) -> SaleLine | None:
        """The line that keys act on; None when none is selected, or it was struck through."""
        if self.sale is None or self.selected is None:
            return None
        line = self.sale.line(self.selected)
        return None if line.voided else line

    @property
    def tags_waiting(self) -> int:
        return len(self._in_view.waiting())

    def tags_gone(self, epcs: Iterable[str]) -> None:
        """Tags left the reader's view; units on the sale stay."""
        for epc in epcs:
            self._in_view.gone(epc)

    def take_all_tags(self) -> Outcome:
        """The cashier's "clear": what was taken off and still lies there comes on the sale again."""
        self._in_view.ask_again()
        return self.take_tags()

    def recheck(self) -> tuple[LineId, ...]:
        """Judge the open sale anew: other rules came, or another day. Returns the lines of which something else is true
        now: stopped, to be looked at, or free again. While the sale is being paid nothing changes.
        """
        if self.sale is None or self.paying:
            return ()
        sale = self.sale
        judged = [(line, self._goods.judged(line)) for line in sale if line.sku and not line.voided]
        changed = [new for old, new in judged if new is not old]
        for new in changed:
            sale.replace_line(new.line_id, new)
        if changed:
            self._promote()
            self._writer.keep_basket(sale.data())
        return tuple(new.line_id for new in changed)

    def enter(self, typed: str) -> Outcome:
        """What was typed on the entry line and confirmed with Enter."""
        if self.no_cards.refuses(typed):
            return Outcome(OutcomeKind.REFUSED, code=CARD_REFUSED)
        return self._guarded(lambda: self._entered(parse_entry(typed)))

    def doubt(self, typed: str) -> Doubt | None:
        """What should be asked once before `typed` is entered: a quantity or a price that could be a slip."""
        settings = self._facts.settings()
        rules = settings.lines if settings else LineRules()
        return doubt_of(parse_entry(typed), self.chosen, self._price_of, self.currency, rules)

    def add_item(self, sku: str, typed: str = "") -> Outcome:
        """A quick key or a search result; on a selected pending line it says what that line is.

        The key of a department takes the price that was typed before it.
        """
        if department := quick_department(sku):
            if not typed.strip():
                return Outcome(OutcomeKind.REFUSED, code="department.price_first")
            return self.enter(f"{typed.strip()}d{department}")
        item = self._catalogue.by_sku(sku)
        if item is None:
            return Outcome(OutcomeKind.REFUSED, code="item.unknown", facts={"sku": sku})
        waiting = self.chosen
        if waiting and waiting.unknown:
            return self._guarded(lambda: self.units.name_pending(waiting, item, None))
        if waiting and waiting.unweighed and waiting.sku == item.sku:
            return self._guarded(lambda: self.units.replace(self.lines.weighed(waiting)))
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
        line = self.chosen
        if line is None:
            return Outcome(OutcomeKind.REFUSED, code="line.none_selected")
        own = line.serial or line.epc or line.packed or SERIAL in line.rules.required
        if pieces > 0 and own and not line.back:  # a unit of its own; one more is another line
            return self._guarded(lambda: self._one_more_of(line))
        if line.packed:
            return self.void_line(line.line_id)
        qty_milli = line.qty_milli + pieces * ONE
        if qty_milli <= 0:
            return self.void_line(line.line_id)
        return self.set_quantity(line.line_id, qty_milli)

    def set_quantity(self, line_id: LineId, qty_milli: int) -> Outcome:
        return self._guarded(lambda: self._change_quantity(line_id, qty_milli))

    def void_line(self, line_id: LineId) -> Outcome:
        """Strike a line through; a journal event at once, because taking goods off a sale must be explainable."""
        return self._guarded(lambda: self._void_line(line_id))

    def void_sale(self, reason: str, approval: Approval | None = None) -> Outcome:
        """Give up the whole basket. Raises ApprovalNeededError where a supervisor must agree."""
        return self._guarded(lambda: self._void_sale(reason, approval))

    def on_sale(self, act: Callable[[Sale], Outcome]) -> Outcome:
        """Have another service change the sale, which is opened for it; a refusal changes nothing on it."""

        def changed() -> Outcome:
            sale = self._open_sale()
            before = {line.line_id: line.amount_minor for line in sale}
            outcome = self._on(act(sale))
            self._promote()
            if sale.bare:
                self._drop(sale)
            marked = (line.line_id for line in sale if before.get(line.line_id, line.amount_minor) != line.amount_minor)
            return msgspec.structs.replace(outcome, marked=tuple(marked))

        return self._guarded(changed)

    def clear_multiplier(self) -> None:
        self.multiplier_milli = None

    # ── what paying does to the sale (`service.paying`) ──────────────────────────────────────────

    def lock(self, sale: Sale) -> None:
        """The sale is being written: until `sold` or `reopen` nothing may change it."""
        sale.begin_paying()
        self.paying = True
        self._writer.forget_basket()

    def sold(self, paid: PaidSale) -> None:
        """The sale is durable; the next scan begins another one."""
        self.sale, self.selected, self._book, self.paying = None, None, None, False
        self._in_view.settle(line.epc for line in paid.lines)
        self.multiplier_milli = None
        self.last_paid = paid

    def sold_beside(self, paid: PaidSale) -> None:
        """The sale that waited is durable; what the screen says of the one in front stays."""
        self._in_view.settle(line.epc for line in paid.lines)
        if self.sale is None and self.last_paid is None:
            self.last_paid = paid

    def reopen(self, sale: Sale) -> None:
        """The sale could not be written: it is open again as it was."""
        self.paying = False
        self.sale = Sale(msgspec.structs.replace(sale.data(), state=SaleState.OPEN))
        self._writer.keep_basket(self.sale.data())
        self.recheck()  # rules may have come while it was being written

    def change(self, act: Callable[[], Outcome]) -> Outcome:
        """Do `act` to the open sale, price it anew and keep it. What a rule refuses changes nothing and is the outcome;
        only ApprovalNeededError is raised, for whoever can ask a second person."""
        return self._guarded(act)

    def signed_in(self) -> SoldBy:
        """Who is at the till. Raises RuleViolationError `operator.not_signed_in`."""
        if self.operator is None:
            raise RuleViolationError("operator.not_signed_in")
        return self.operator

    @property
    def in_doubt(self) -> bool:
        """True while nobody knows whether a card was charged for the open sale: it stays as it is until somebody does."""
        return self.sale is not None and self.doubted(self.sale.sale_id)

    def totals(self) -> Totals | None:
        return self.sale.totals if self.sale else None

    # ── after a start ────────────────────────────────────────────────────────────────────────────

    def restore(self, data: SaleData | None) -> None:
        """Take up the basket a kill left behind (`sales.read_basket`), priced by the book it was begun under."""
        if data is None:
            return
        self.sale = Sale(msgspec.structs.replace(data, state=SaleState.OPEN))
        self._book = self._catalogue.book(self.sale.book)
        self.selected = data.lines[-1].line_id if data.lines else None
        self._promote()
        self.recheck()

    def bring(self, sale: Sale | None, *, paying: bool) -> None:
        """Have another sale in front, none when the next scan is to begin one. While it is being paid nothing is priced."""
        self.sale, self.paying = Sale(sale.data()) if sale else None, paying
        self._book = self._catalogue.book(sale.book) if sale else None
        self.multiplier_milli = self.last_paid = None
        self._select_last_living()
        if not paying:
            self._promote()
            self.recheck()

    def let_go(self) -> None:
        """The basket was put aside: the next scan begins another one."""
        if self.sale:
            self._in_view.take_off(self.sale)
        self.sale, self.selected, self._book, self.multiplier_milli = None, None, None, None
        self._promote()

    def take_up(self, data: SaleData) -> tuple[LineId, ...]:
        """Go on with a basket that was put aside, by the prices of now; the lines that have another price."""
        book = self._catalogue.book()
        self.sale = Sale(msgspec.structs.replace(data, book=book.version, started_ms=self._clock.now_ms()))
        self._book, self.last_paid = book, None
        changed: list[LineId] = []
        for line in self.sale.lines:
            priced = self.lines.repriced(line, book)
            if priced is not line:
                changed += [line.line_id] if priced.unit_minor != line.unit_minor else []
                self.sale.replace_line(line.line_id, priced)
        self._select_last_living()
        self._promote()
        self.recheck()
        self._writer.keep_basket(self.sale.data())
        return tuple(changed)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _guarded(self, act: Callable[[], Outcome]) -> Outcome:
        if self.paying or self.in_doubt:
            return Outcome(OutcomeKind.REFUSED, code=BLOCKED_PAYING if self.paying else BLOCKED_DOUBT)
        try:
            outcome = act()
        except ApprovalNeededError:
            raise
        except RuleViolationError as refused:
            return Outcome(OutcomeKind.REFUSED, code=refused.code, facts=dict(refused.facts))
        if self.sale:
            self.deposits.follow(self.sale, self._book_now())
        self._promote()
        if self.sale:
            self._writer.keep_basket(self.sale.data())
        return self.promoting.noted(outcome) if self.promoting else outcome

    def _promote(self) -> None:
        if self.promoting:
            self.promoting.follow(self.sale)

    def _entered(self, entry: Entry) -> Outcome:
        match entry.kind:
            case EntryKind.NOTHING:
                return Outcome(OutcomeKind.NOTHING)
            case EntryKind.MULTIPLY_NEXT:
                self.multiplier_milli = entry.qty_milli
                return Outcome(OutcomeKind.MULTIPLIER, facts={"qty_milli": entry.qty_milli})
            case EntryKind.SET_QUANTITY:
                line = self.chosen
                if line is None:
                    return Outcome(OutcomeKind.REFUSED, code="line.none_selected")
                return self._change_quantity(line.line_id, entry.qty_milli)
            case EntryKind.ONE_MORE | EntryKind.ONE_LESS:
                return self.change_selected(1 if entry.kind is EntryKind.ONE_MORE else -1)
            case EntryKind.SEARCH:
                return Outcome(OutcomeKind.SEARCH, facts={"text": entry.text})
            case EntryKind.COMMAND:
                return Outcome(OutcomeKind.COMMAND, facts={"text": entry.text})
            case EntryKind.CODE | EntryKind.OPEN_PRICE:
                return self._add_open_price(entry) if entry.kind is EntryKind.OPEN_PRICE else self._add_code(entry)

    def _add_code(self, entry: Entry) -> Outcome:
        scanned = classify(entry.text, self._goods.codes)
        if scanned.kind in NOT_FOR_SALE:
            raise RuleViolationError(NOT_FOR_SALE[scanned.kind], text=scanned.text[:40])
        return self._add_scanned(scanned, entry.text, entry.qty_milli or self._take_multiplier())

    def _add_scanned(self, scanned: Scanned, label: str, qty_milli: int | None) -> Outcome:
        item = None if scanned.kind in ASIDE else self.lines.find(scanned)
        if item is None and (told := self.aside(scanned)):
            return told
        if item is None:
            return self._add_pending(scanned, label, qty_milli or ONE)
        waiting = self.chosen
        if waiting and waiting.unknown:
            return self.units.name_pending(waiting, item, scanned)
        line = self.lines.line(item, scanned.text, qty_milli, self._book_now(), scanned)
        if waiting and waiting.unweighed and waiting.sku == item.sku and not line.packed:
            return self.units.replace(self.lines.weighed(waiting))
        return self._on(self.units.add(line, scanned))

    def _add_open_price(self, entry: Entry) -> Outcome:
        waiting = self.chosen
        pending = waiting if waiting and waiting.unknown else None
        line = self.open_prices.line(entry, entry.qty_milli or self.multiplier_milli, pending)
        self.multiplier_milli = None
        return self.units.explain(pending, line) if pending else self._on(self.units.add(line))

    def _price_of(self, code: str) -> int | None:
        item = self.lines.find(classify(code, self._goods.codes))
        return self._book_now().unit_price(item.sku, self._clock.now_ms()) if item else None

    def _add(self, item: ItemRow, label: str, qty_milli: int | None) -> Outcome:
        return self._on(self.units.add(self.lines.line(item, label, qty_milli, self._book_now())))

    def _one_more_of(self, line: SaleLine) -> Outcome:
        item = self._catalogue.by_sku(line.sku)
        if item is None:
            raise RuleViolationError("item.unknown", label=line.sku)
        return self._on(self.units.another(line, item))

    def _on(self, outcome: Outcome) -> Outcome:
        """The line an act was about is the selected one."""
        self.selected = outcome.line_id or self.selected
        return outcome

    def _book_now(self) -> PriceBook:
        return self._book if self.sale and self._book else self._catalogue.book()

    def _add_pending(self, scanned: Scanned, read: str, qty_milli: int) -> Outcome:
        label = scanned.text or read[:40]
        line = self.lines.unknown(label, qty_milli, scanned)
        self.units.put_pending(line)
        self.selected = None  # the next good scan is a new line, not an answer to this one
        return Outcome(OutcomeKind.PENDING, line.line_id, "item.unknown", {"label": line.label})

    def _open_sale(self) -> Sale:
        if self.sale is None:
            operator = self.signed_in()
            check(operator.role, Permission.SELL)
            self._book = self._catalogue.book()
            self.sale = Sale.start(
                sale_id=SaleId(self._ids.next()),
                operator_id=operator.operator_id,
                currency=self.currency,
                at_ms=self._clock.now_ms(),
                book=self._book.version,
                tax_rounding=settings.tax.rounding if (settings := self._facts.settings()) else Rounding.DOCUMENT,
            )
            self.last_paid = None
        return self.sale

    def _change_quantity(self, line_id: LineId, qty_milli: int) -> Outcome:
        sale = self._open_sale()
        old = sale.line(line_id)
        if old.back:
            raise RuleViolationError("return.change_there", name=old.name)
        check_own(old)
        if old.card:
            raise RuleViolationError("card.one_amount")
        if (old.serial or old.epc or SERIAL in old.rules.required) and qty_milli > ONE:
            raise RuleViolationError("line.serial_is_one", name=old.name)
        if qty_milli <= 0:
            raise RuleViolationError("quantity.zero")
        if not old.sku:
            sale.change_quantity(line_id, qty_milli)
        else:
            sale.replace_line(line_id, self.lines.of_weight(old, qty_milli))
        return Outcome(OutcomeKind.CHANGED, line_id, facts={"qty_milli": qty_milli})

    def _void_line(self, line_id: LineId) -> Outcome:
        sale, operator = self._open_sale(), self.signed_in()
        check(operator.role, Permission.VOID_LINE)
        check_own(sale.line(line_id))
        amount_minor = sale.line(line_id).amount_minor
        struck = sale.void_line(line_id)
        self._in_view.take_off([struck])
        self.notes.add(AuditNoted("line_voided", struck.sku or struck.label, amount_minor, struck.stopped), operator)
        self._select_last_living()
        if sale.empty:
            self._drop(sale)
        return Outcome(OutcomeKind.CHANGED, line_id)

    def _void_sale(self, reason: str, approval: Approval | None) -> Outcome:
        operator = self.signed_in()
        if self.sale is None:
            raise RuleViolationError("sale.nothing_to_void")
        sale, amount_minor = self.sale, self.sale.totals.due_minor
        if sale.tenders:
            raise RuleViolationError("sale.paid_in_part", taken_minor=sale.taken_minor)
        by = allow(operator.role, Permission.VOID_SALE, Act("void_sale", sale.sale_id, amount_minor), approval)
        sale.void()
        self.notes.add(AuditNoted("sale_voided", sale.sale_id, amount_minor, reason, by), operator)
        self._drop(sale)
        return Outcome(OutcomeKind.CHANGED)

    def _drop(self, sale: Sale) -> None:
        """A basket in which nothing is left takes no number and is forgotten; its voids stay in the journal."""
        if sale is self.sale:
            self.sale, self.selected, self._book = None, None, None
            self._in_view.take_off(sale)
            self._writer.keep_basket(None)

    def _select_last_living(self) -> None:
        living = [line.line_id for line in self.sale if not line.voided and not line.of] if self.sale else []
        self.selected = living[-1] if living else None

    def _take_multiplier(self) -> int | None:
        """How many were asked for before the scan; None when nobody said."""
        qty_milli, self.multiplier_milli = self.multiplier_milli, None
        return qty_milli
