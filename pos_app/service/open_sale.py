"""The sale that is open at this till: begun, priced, kept on disk, put aside, taken up, paid or given up.

`service.selling` adds what scans, typed entries and keys do to it; other services change it through `change` and `on_sale`.
"""

from collections.abc import Callable, Mapping

import msgspec

from pos_app.runtime.writer import Writer
from pos_app.service.audit_notes import AuditNotes
from pos_app.service.basket_tags import TagsInView
from pos_app.service.completing import SoldBy
from pos_app.service.deposits import Deposits
from pos_app.service.goods import GoodsCheck
from pos_app.service.lines import LineMaker
from pos_app.service.outcome import Outcome, OutcomeKind, PaidSale
from pos_app.service.promoting import Promoting
from pos_app.service.tax_rates import TaxRates
from pos_app.storage.readers import Links, Reference
from retail_core.domain.approvals import ApprovalNeededError
from retail_core.domain.clock import Clock
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import IdSource, LineId, SaleId
from retail_core.domain.pricing import PriceBook
from retail_core.domain.roles import Permission, check
from retail_core.domain.sale import Sale
from retail_core.domain.saledata import SaleData, SaleState, Totals
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import Rounding, TaxRate

BLOCKED_PAYING = "sale.being_paid"
BLOCKED_DOUBT = "card.doubt"


class OpenSale:
    """One basket at a time. All methods run on the screen's thread; none waits."""

    def __init__(
        self, catalogue: Reference, facts: Links, writer: Writer, clock: Clock, ids: IdSource, currency: str, goods: GoodsCheck,
        tax_day: Callable[[], str],
    ) -> None:  # fmt: skip
        self._catalogue = catalogue
        self._facts = facts
        self._goods = goods
        self.taxes = TaxRates(catalogue, facts, tax_day)
        self.taxes.held = self._held_rates
        self._taxed_on = ""  # the day of which the open sale has its rates, once that was looked at
        self.lines = LineMaker(catalogue, goods, self.taxes, clock, ids)
        self.deposits = Deposits(catalogue, self.lines)
        self._in_view = TagsInView()
        self._writer = writer
        self._clock = clock
        self._ids = ids
        self._book: PriceBook | None = None
        self._book_behind: PriceBook | None = None
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

    # ── what is open ─────────────────────────────────────────────────────────────────────────────

    @property
    def chosen(self) -> SaleLine | None:
        """The line that keys act on; None when none is selected, or it was struck through."""
        if self.sale is None or self.selected is None:
            return None
        line = self.sale.line(self.selected)
        return None if line.voided else line

    @property
    def asked(self) -> SaleLine | None:
        """The selected line while a scan may be its answer: nobody knows yet what it is or what it weighs."""
        if self.sale is None or self.selected is None:
            return None
        line = self.sale.as_kept(self.selected)
        return line if line.unknown or (line.unweighed and not line.voided) else None

    def totals(self) -> Totals | None:
        return self.sale.totals if self.sale else None

    @property
    def in_doubt(self) -> bool:
        """True while nobody knows whether a card was charged for the open sale: it stays as it is until somebody does."""
        return self.sale is not None and self.doubted(self.sale.sale_id)

    def signed_in(self) -> SoldBy:
        """Who is at the till. Raises RuleViolationError `operator.not_signed_in`."""
        if self.operator is None:
            raise RuleViolationError("operator.not_signed_in")
        return self.operator

    @property
    def day_turned(self) -> bool:
        """True when a day has begun of which the open sale does not have the taxes yet, and nothing was taken for it."""
        if self.sale is None or self.sale.tenders or self.in_doubt:
            return False
        return self.taxes.today() != self._taxed_on

    def recheck(self) -> tuple[LineId, ...]:
        """Judge the open sale anew: other rules came, or another day, of which it takes the tax rates while nothing was taken
        for it. Returns the lines of which something else is true now: stopped, to be looked at, free again, or taxed
        otherwise. While the sale is being paid nothing changes.
        """
        if self.sale is None or self.paying:
            return ()
        sale, retax = self.sale, self.day_turned
        changed: list[SaleLine] = []
        for line in sale.lines:
            if line.sku and not line.voided:
                judged = self._goods.judged(self.taxes.now(line) if retax else line)
                changed += [judged] if judged is not line else []
        if retax:
            self._taxed_on = self.taxes.today()
        for new in changed:
            sale.replace_line(new.line_id, new)
        if changed:
            self._promote()
            self._writer.keep_basket(sale.data())
        return tuple(new.line_id for new in changed)

    def select(self, line_id: LineId | None) -> None:
        self.selected = line_id

    def step_selection(self, by: int) -> None:
        """Up and down through the lines."""
        ids = [line.line_id for line in self.sale] if self.sale else []
        if ids:
            at = ids.index(self.selected) if self.selected and self.selected in ids else len(ids)
            self.selected = ids[max(0, min(len(ids) - 1, at + by))]

    def clear_multiplier(self) -> None:
        self.multiplier_milli = None

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

        return self.change(changed)

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

    # ── after a start, put aside and taken up ────────────────────────────────────────────────────

    def restore(self, data: SaleData | None) -> None:
        """Take up the basket a kill left behind (`sales.read_basket`), priced by the book it was begun under."""
        if data is None:
            return
        self.sale, self._taxed_on = Sale(msgspec.structs.replace(data, state=SaleState.OPEN)), self.taxes.today()
        self._book = self._catalogue.book(self.sale.book)
        self.selected = data.lines[-1].line_id if data.lines else None
        self._promote()
        self.recheck()
        self._taxed_on = ""  # taxes follow once it is known whether a card was charged for it

    def bring(self, sale: Sale | None, *, paying: bool) -> None:
        """Have another sale in front, none when the next scan is to begin one. While it is being paid nothing is priced."""
        self.sale, self.paying, self._taxed_on = Sale(sale.data()) if sale else None, paying, ""
        self._book, self._book_behind = self._book_of(sale) if sale else None, self._book
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
        """Go on with a basket that was put aside, by the prices and taxes of now; the lines that have another price."""
        book = self._catalogue.book()
        lines = tuple(msgspec.structs.replace(line, taken=None) if line.contested else line for line in data.lines)
        self.sale = Sale(
            msgspec.structs.replace(data, book=book.version, started_ms=self._clock.now_ms(), lines=lines)
        )  # who has a unit is asked anew when it is paid
        self._book, self.last_paid, self._taxed_on = book, None, ""
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

    def change(self, act: Callable[[], Outcome]) -> Outcome:
        """Do `act` to the open sale, price it anew and keep it. What a rule refuses changes nothing and is the outcome;
        only ApprovalNeededError is raised, for whoever can ask a second person."""
        if self.paying or self.in_doubt:
            return Outcome(OutcomeKind.REFUSED, code=BLOCKED_PAYING if self.paying else BLOCKED_DOUBT)
        if self.day_turned:
            self.recheck()
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
            self._writer.keep_basket(self.sale.data_to_keep())
        return self.promoting.noted(outcome) if self.promoting else outcome

    def _promote(self) -> None:
        if self.promoting:
            self.promoting.follow(self.sale)

    def _on(self, outcome: Outcome) -> Outcome:
        """The line an act was about is the selected one."""
        self.selected = outcome.line_id or self.selected
        return outcome

    def _book_now(self) -> PriceBook:
        return self._book if self.sale and self._book else self._catalogue.book()

    def _book_of(self, sale: Sale) -> PriceBook:
        """That of the sale that was in front before, when it comes back; else the one it names."""
        behind = self._book_behind
        return behind if behind and behind.version == sale.book else self._catalogue.book(sale.book)

    def _open_sale(self) -> Sale:
        if self.sale is None:
            operator = self.signed_in()
            check(operator.role, Permission.SELL)
            self._book, self._taxed_on = self._catalogue.book(), self.taxes.today()
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

    def _held_rates(self) -> Mapping[str, TaxRate]:
        """Once something was taken for the sale, its rates are those it has."""
        if self.sale is None or not self.sale.tenders:
            return {}
        return {rate.tax_class: rate for line in self.sale if not line.back for rate in line.taxes}

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
