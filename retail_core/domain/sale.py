"""A customer's purchase: lines, totals, tenders, and the table of states it may pass through.

`Sale` guards its own rules and computes its totals line by line, so adding the 161st line costs as much as the first.
Nothing here knows a screen, a database or a clock: ids and times are arguments.
"""

from collections.abc import Iterable, Iterator
from typing import Self

import msgspec

from retail_core.domain.coupons import SaleCoupon, with_coupon
from retail_core.domain.customers import SaleCustomer
from retail_core.domain.discounts import Manual
from retail_core.domain.errors import RuleViolationError, require
from retail_core.domain.ids import LineId, OperatorId, SaleId
from retail_core.domain.quantity import MAX_QUANTITY_MILLI
from retail_core.domain.saledata import (
    MAX_LINES,
    MAX_TOTAL_MINOR,
    SALE_TRANSITIONS,
    SaleAction,
    SaleData,
    SaleState,
    Totals,
)
from retail_core.domain.saleline import SaleLine, by_hand
from retail_core.domain.salesums import SaleSums
from retail_core.domain.sharing import ShareOut, none_waits, shared
from retail_core.domain.tax import Exemption, Rounding
from retail_core.domain.tender import Tender, change_due, with_tender, without_tender


class Sale:
    """A basket on its way to being paid. Every illegal move raises RuleViolationError and changes nothing."""

    def __init__(self, data: SaleData) -> None:
        self.sale_id = data.sale_id
        self.operator_id = data.operator_id
        self.currency = data.currency
        self.started_ms = data.started_ms
        self.book, self.tax_rounding = data.book, data.tax_rounding
        self._state = data.state
        self._tenders = data.tenders
        self._discount, self._exempt = data.discount, data.exempt
        self._stale = False
        self._whole_minor, self._share_out = 0, none_waits
        self.age_shown = data.age_shown
        self._customer, self._coupons = data.customer, data.coupons
        self._lines: dict[LineId, SaleLine] = {line.line_id: line for line in data.lines}
        self._touched: dict[LineId, None] = dict.fromkeys(self._lines)
        self._sums = SaleSums(data.tax_rounding)
        for line in data.lines:
            self._sums.add(line)

    @classmethod
    def start(
        cls, *, sale_id: SaleId, operator_id: OperatorId, currency: str, at_ms: int, book: str = "",
        tax_rounding: Rounding = Rounding.DOCUMENT,
    ) -> Self:  # fmt: skip
        """An empty, open sale priced by `book` until it is paid."""
        return cls(SaleData(sale_id, operator_id, currency, at_ms, book, SaleState.OPEN, (), tax_rounding=tax_rounding))

    @property
    def state(self) -> SaleState:
        return self._state

    @property
    def discount(self) -> Manual | None:
        """What was taken off the whole sale by hand."""
        return self._discount

    @property
    def exempt(self) -> Exemption | None:
        """Why it bears no tax, if it bears none."""
        return self._exempt

    @property
    def lines(self) -> tuple[SaleLine, ...]:
        """All lines in the order they were added, voided ones included."""
        self._share()
        return tuple(self._lines.values())

    @property
    def empty(self) -> bool:
        """True when nothing on it could be paid for or asked about."""
        return all(line.voided for line in self._lines.values())

    @property
    def bare(self) -> bool:
        """True when nothing is on it at all, nobody and no coupon either."""
        return self.empty and self._customer is None and not self._coupons

    @property
    def pending(self) -> int:
        """How many lines wait for somebody."""
        return self._sums.pending

    @property
    def age_asked(self) -> int:
        """How old the buyer must be, while nobody has seen that; else 0."""
        asked = self._sums.age_asked
        return asked if asked > self.age_shown else 0

    @property
    def questions(self) -> int:
        """How many questions are open, the buyer's age being one."""
        return self._sums.unfilled + self._sums.contested + bool(self.age_asked)

    @property
    def touched(self) -> tuple[LineId, ...]:
        """What `take_touched` would give."""
        return tuple(self._touched)

    @property
    def tagged(self) -> int:
        """How many units are known by their tags alone."""
        return self._sums.tagged

    @property
    def customer(self) -> SaleCustomer | None:
        """Who buys, if anybody said so."""
        return self._customer

    @property
    def coupons(self) -> tuple[SaleCoupon, ...]:
        return self._coupons

    @property
    def totals(self) -> Totals:
        self._share()
        taxes = self._sums.taxes.parts()
        due = self._sums.lines_minor + sum(part.added_minor for part in taxes)
        return Totals(self._sums.units, self._sums.lines_minor, self._sums.saved_minor, taxes, due)

    @property
    def due_minor(self) -> int:
        """That of `totals`, as a rule without a look at every line."""
        plain = self._sums.follows_whole and not (self._stale or self._discount or self._exempt)
        return self._sums.lines_minor - self._whole_minor if plain else self.totals.due_minor

    @property
    def tenders(self) -> tuple[Tender, ...]:
        """What was taken already, before the rest is paid."""
        return self._tenders

    @property
    def taken_minor(self) -> int:
        """The sum of what was taken already."""
        return sum(tender.amount_minor for tender in self._tenders)

    @property
    def left_minor(self) -> int:
        """What is still to pay; below zero, what is still to give back."""
        return self.totals.due_minor - self.taken_minor

    def __iter__(self) -> Iterator[SaleLine]:
        self._share()
        return iter(self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)

    def __bool__(self) -> bool:
        return True  # one that has only its customer yet is a sale too

    def line(self, line_id: LineId) -> SaleLine:
        """Raises RuleViolationError `sale.no_such_line`."""
        self._share()
        return self.as_kept(line_id)

    def as_kept(self, line_id: LineId) -> SaleLine:
        """The same, but its shares of what promotions take off the whole sale may be those of an earlier scan."""
        try:
            return self._lines[line_id]
        except KeyError:
            raise RuleViolationError("sale.no_such_line", line=line_id) from None

    def share_later(self, more_minor: int, share_out: ShareOut) -> None:
        """Promotions of the whole sale take `more_minor` more off it than its lines say.

        `share_out` is asked for the lines when somebody looks at one, or at the taxes: not at every scan.
        """
        require(not self._tenders and self._state is SaleState.OPEN, "sale.shares_wait")
        self._whole_minor, self._share_out = more_minor, share_out

    def share_anew(self) -> None:
        """The lines stay as they are: whoever gave them shares reckons them anew."""
        self._whole_minor, self._share_out = 0, none_waits

    def add(self, line: SaleLine) -> None:
        """Append a line. Raises `sale.too_many_lines`, `quantity.*` or `sale.not_open`."""
        self._after(SaleAction.CHANGE)
        if len(self._lines) >= MAX_LINES:
            raise RuleViolationError("sale.too_many_lines", limit=MAX_LINES)
        require(line.line_id not in self._lines, "sale.line_id_reused", line=line.line_id)
        self._put(line)

    def change_quantity(self, line_id: LineId, qty_milli: int) -> SaleLine:
        """Give a line another quantity (more than zero; taking a line away is `void_line`)."""
        self._after(SaleAction.CHANGE)
        old = self._changeable(line_id)
        if qty_milli <= 0:
            raise RuleViolationError("quantity.zero")
        changed = msgspec.structs.replace(old, qty_milli=qty_milli)
        self._put(changed)
        return changed

    def resolve(self, line_id: LineId, known: SaleLine) -> None:
        """Say what a pending line is; `known` keeps its id and quantity."""
        self._after(SaleAction.CHANGE)
        old = self._changeable(line_id)
        if not old.unknown:
            raise RuleViolationError("sale.line_not_pending", line=line_id)
        require(known.line_id == line_id and bool(known.sku), "sale.bad_resolution", line=line_id)
        self._put(known)

    def replace_line(self, line_id: LineId, changed: SaleLine) -> None:
        """Say more about a known line: its lot, its price, or why it is stopped. It keeps its id and its item."""
        self._after(SaleAction.CHANGE)
        old = self._changeable(line_id)
        require(changed.line_id == line_id and changed.sku == old.sku, "sale.bad_replacement", line=line_id)
        self._put(changed)

    def discount_line(self, line_id: LineId, manual: Manual | None) -> SaleLine:
        """Take something off a line by hand, in place of what was; None takes that back. Raises `discount.not_on_this`."""
        self._after(SaleAction.CHANGE)
        old = self._changeable(line_id)
        if manual and not old.takes_discount:
            raise RuleViolationError("discount.not_on_this", name=old.name)
        self._put(msgspec.structs.replace(old, manual=manual))
        return self.line(line_id)

    def discount_sale(self, manual: Manual | None) -> None:
        """Take something off the whole sale by hand, in place of what was; None takes that back.

        Its lines have their shares of it, also those that come later. Raises `sale.paid_in_part` and changes nothing.
        """
        self._for_all_lines(manual, self._exempt)

    def exempt_from_tax(self, exemption: Exemption | None) -> None:
        """Sell without tax: none is added, and what prices include is taken out of them. None takes that back.

        Raises `sale.paid_in_part` and changes nothing.
        """
        self._for_all_lines(self._discount, exemption)

    def void_line(self, line_id: LineId) -> SaleLine:
        """Strike a line through; it stays visible and counts for nothing."""
        self._after(SaleAction.CHANGE)
        struck = msgspec.structs.replace(self._changeable(line_id), voided=True)
        self._put(struck)
        return struck

    def show_age(self, age: int) -> None:
        """Somebody has seen that the buyer is so old; it holds for the whole sale."""
        self._after(SaleAction.CHANGE)
        self.age_shown = max(self.age_shown, age)

    def attach(self, customer: SaleCustomer | None) -> None:
        """Say who buys, or that nobody is known; whoever prices the lines looks at it."""
        self._after(SaleAction.CHANGE)
        self._customer = customer

    def add_coupon(self, coupon: SaleCoupon) -> None:
        """Raises `coupon.on_sale` or `coupon.too_many`."""
        self._after(SaleAction.CHANGE)
        self._coupons = with_coupon(self._coupons, coupon)

    def drop_coupon(self, code: str) -> None:
        self._after(SaleAction.CHANGE)
        self._coupons = tuple(coupon for coupon in self._coupons if coupon.code != code)

    def take_touched(self) -> tuple[LineId, ...]:
        """Lines that were added or changed since this was asked last, all of them at first: for whoever prices them."""
        touched, self._touched = tuple(self._touched), {}
        return touched

    def take(self, tender: Tender) -> None:
        """A part of the sum was paid (or given back), by anything but cash. Raises as `with_tender` does."""
        self._after(SaleAction.CHANGE)
        self._tenders = with_tender(self._tenders, tender, self.left_minor)

    def give_back(self, reference: str) -> None:
        """A tender went back to the customer. Raises `tender.not_taken`."""
        self._after(SaleAction.CHANGE)
        self._tenders = without_tender(self._tenders, reference)

    def begin_paying(self) -> None:
        """Raises `sale.nothing_to_pay`, `sale.pending_lines` or `sale.open_questions`."""
        if self.empty:
            raise RuleViolationError("sale.nothing_to_pay")
        if self._sums.pending:
            raise RuleViolationError("sale.pending_lines", lines=self._sums.pending)
        if self.questions:
            raise RuleViolationError("sale.open_questions", n=self.questions)
        self._move(SaleAction.BEGIN_PAYING)

    def back_to_lines(self) -> None:
        self._move(SaleAction.BACK_TO_LINES)

    def complete(self, tenders: tuple[Tender, ...]) -> int:
        """Close the sale and return the change due; `tenders` are all of them. Raises as `change_due` does."""
        change = change_due(self.totals.due_minor, tenders)
        self._move(SaleAction.COMPLETE)
        return change

    def void(self) -> None:
        """Give the whole sale up before it is paid. Raises `sale.paid_in_part` while a tender is taken."""
        if self._tenders:
            raise RuleViolationError("sale.paid_in_part", taken_minor=self.taken_minor)
        self._move(SaleAction.VOID)

    def data(self) -> SaleData:
        """The sale at rest."""
        self._share()
        return self.data_to_keep()

    def data_to_keep(self) -> SaleData:
        """The same at less cost, for a basket that is priced anew when it is taken up: see `as_kept`."""
        if self._stale:
            self._share()
        return SaleData(
            self.sale_id, self.operator_id, self.currency, self.started_ms, self.book, self._state,
            tuple(self._lines.values()), self._tenders, self._discount, self.age_shown, self._customer, self._coupons,
            self._exempt, self.tax_rounding,
        )  # fmt: skip

    def _after(self, action: SaleAction) -> SaleState:
        state = SALE_TRANSITIONS.get((self._state, action))
        if state is None:
            raise RuleViolationError("sale.illegal_move", state=self._state.value, action=action.value)
        return state

    def _move(self, action: SaleAction) -> None:
        state = self._after(action)
        self._share()
        self._state = state

    def _changeable(self, line_id: LineId) -> SaleLine:
        line = self.line(line_id)
        if line.voided:
            raise RuleViolationError("sale.line_is_void", line=line_id)
        return line

    def _put(self, line: SaleLine) -> None:
        if not 0 < line.qty_milli <= MAX_QUANTITY_MILLI:
            raise RuleViolationError("quantity.too_large", limit_milli=MAX_QUANTITY_MILLI)
        line = by_hand(line)
        old = self._lines.get(line.line_id)
        before = old.amount_minor if old else 0
        if abs(self._sums.lines_minor - self._whole_minor - before + line.amount_minor) > MAX_TOTAL_MINOR:
            raise RuleViolationError("sale.too_large", limit_minor=MAX_TOTAL_MINOR)
        if old:
            self._sums.remove(old)
        self._lines[line.line_id] = line
        self._touched[line.line_id] = None
        self._sums.add(line)
        self._stale = self._stale or self._discount is not None or self._exempt is not None
        if self._tenders and self.taken_minor * self.left_minor < 0:  # money that was moved must be moved back first
            taken, over = self.taken_minor, abs(self.left_minor)
            self._sums.remove(line)
            if old:
                self._lines[line.line_id] = old
                self._sums.add(old)
            else:
                del self._lines[line.line_id], self._touched[line.line_id]
            self._stale = self._discount is not None or self._exempt is not None
            raise RuleViolationError("sale.paid_in_part", taken_minor=taken, over_minor=over)

    def _for_all_lines(self, discount: Manual | None, exempt: Exemption | None) -> None:
        self._after(SaleAction.CHANGE)
        before = self._discount, self._exempt
        self._discount, self._exempt, self._stale = discount, exempt, True
        if self._tenders and self.taken_minor * self.left_minor < 0:
            over_minor = abs(self.left_minor)
            (self._discount, self._exempt), self._stale = before, True
            raise RuleViolationError("sale.paid_in_part", taken_minor=self.taken_minor, over_minor=over_minor)

    def _share(self) -> None:
        """Share what is taken off the whole sale over the lines anew, if anything changed since: promotions first, then
        its discount by hand and its exemption."""
        if self._share_out is not none_waits:
            share_out = self._share_out
            self.share_anew()
            self._replace(map(by_hand, share_out(self._lines)))
            self._stale = self._discount is not None or self._exempt is not None
        if self._stale:
            self._stale = False
            self._replace(shared(self._lines.values(), self._discount, self._exempt, self.tax_rounding))

    def _replace(self, lines: Iterable[SaleLine]) -> None:
        for line in lines:
            old = self._lines[line.line_id]
            if line.reasons != old.reasons:
                self._sums.remove(old)
                self._lines[line.line_id] = line
                self._sums.add(line)
