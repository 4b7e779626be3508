"""What scans, typed entries, tags and keys do to the sale at this till.

Nothing here waits: a scan is answered from two read-only files and the basket is written behind it. `service.paying`
makes the sale durable.
"""

from collections.abc import Callable, Iterable

from pos_app.devices.barcode.classify import classify
from pos_app.runtime.writer import Writer
from pos_app.service.deposits import check_own
from pos_app.service.doubts import Doubt, doubt_of
from pos_app.service.entry import Entry, EntryKind, parse_entry
from pos_app.service.goods import GoodsCheck
from pos_app.service.lines import NOT_FOR_SALE
from pos_app.service.no_cards import CARD_REFUSED, NoCards
from pos_app.service.open_prices import OpenPrices, quick_department
from pos_app.service.open_sale import OpenSale
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.units import Units
from pos_app.storage.readers import Links, Reference
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.asks import SERIAL
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.guards import LineRules
from retail_core.domain.ids import IdSource, LineId
from retail_core.domain.quantity import ONE
from retail_core.domain.roles import Permission, check
from retail_core.domain.saleline import SaleLine
from retail_core.domain.scanned import CodeKind, Scanned, TagUnit
from retail_core.durable.reference import ItemRow

ASIDE = frozenset({CodeKind.COUPON, CodeKind.LOYALTY_CARD})


class Selling(OpenSale):
    """The open sale and everything that adds to it or changes its lines."""

    def __init__(
        self, catalogue: Reference, facts: Links, writer: Writer, clock: Clock, ids: IdSource, currency: str, goods: GoodsCheck,
        tax_day: Callable[[], str],
    ) -> None:  # fmt: skip
        super().__init__(catalogue, facts, writer, clock, ids, currency, goods, tax_day)
        self.units = Units(self.lines, goods, lambda: self.sale, self._open_sale, self._book_now)
        self.no_cards = NoCards(facts)
        self.open_prices = OpenPrices(facts, self.taxes, ids, currency)
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
            return self.change(lambda: self._on(self.units.same_unit(line, scanned)))
        return self.change(lambda: self._add_scanned(scanned, label, self._take_multiplier()))

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
        return self.change(lambda: self._on(self.units.add_tags(known, len(found) - len(known))))

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

    def enter(self, typed: str) -> Outcome:
        """What was typed on the entry line and confirmed with Enter."""
        if self.no_cards.refuses(typed):
            return Outcome(OutcomeKind.REFUSED, code=CARD_REFUSED)
        return self.change(lambda: self._entered(parse_entry(typed)))

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
        waiting = self.asked
        if waiting and waiting.unknown:
            return self.change(lambda: self.units.name_pending(waiting, item, None))
        if waiting and waiting.unweighed and waiting.sku == item.sku:
            return self.change(lambda: self.units.replace(self.lines.weighed(waiting)))
        return self.change(lambda: self._add(item, "", self._take_multiplier()))

    # ── changing ─────────────────────────────────────────────────────────────────────────────────

    def change_selected(self, pieces: int) -> Outcome:
        """One more or one less of the selected line; the last one is voided, not made zero."""
        line = self.chosen
        if line is None:
            return Outcome(OutcomeKind.REFUSED, code="line.none_selected")
        own = line.serial or line.epc or line.packed or SERIAL in line.rules.required
        if pieces > 0 and own and not line.back:  # a unit of its own; one more is another line
            return self.change(lambda: self._one_more_of(line))
        if line.packed:
            return self.void_line(line.line_id)
        qty_milli = line.qty_milli + pieces * ONE
        if qty_milli <= 0:
            return self.void_line(line.line_id)
        return self.set_quantity(line.line_id, qty_milli)

    def set_quantity(self, line_id: LineId, qty_milli: int) -> Outcome:
        return self.change(lambda: self._change_quantity(line_id, qty_milli))

    def void_line(self, line_id: LineId) -> Outcome:
        """Strike a line through; a journal event at once, because taking goods off a sale must be explainable."""
        return self.change(lambda: self._void_line(line_id))

    def void_sale(self, reason: str, approval: Approval | None = None) -> Outcome:
        """Give up the whole basket. Raises ApprovalNeededError where a supervisor must agree."""
        return self.change(lambda: self._void_sale(reason, approval))

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

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
        waiting = self.asked
        if waiting and waiting.unknown:
            return self.units.name_pending(waiting, item, scanned)
        line = self.lines.line(item, scanned.text, qty_milli, self._book_now(), scanned)
        if waiting and waiting.unweighed and waiting.sku == item.sku and not line.packed:
            return self.units.replace(self.lines.weighed(waiting))
        return self._on(self.units.add(line, scanned))

    def _add_open_price(self, entry: Entry) -> Outcome:
        waiting = self.asked
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

    def _add_pending(self, scanned: Scanned, read: str, qty_milli: int) -> Outcome:
        label = scanned.text or read[:40]
        line = self.lines.unknown(label, qty_milli, scanned)
        self.units.put_pending(line)
        self.selected = None  # the next good scan is a new line, not an answer to this one
        return Outcome(OutcomeKind.PENDING, line.line_id, "item.unknown", {"label": line.label})

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
