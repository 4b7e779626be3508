"""Discounts by hand: off a line, off the sale, another price, or no tax. Who may do how much alone, and what the journal
keeps.

A limit is one of the line: what hands take off it together counts, so that two small discounts are not one large one.
What a second person agreed to is that person's and does not count.
"""

from collections.abc import Callable

import msgspec

from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.selling import Selling
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.discounts import (
    PPM,
    SALE_RULE,
    DiscountRules,
    Kind,
    Manual,
    checked,
    depth_ppm,
    off_line,
    together_ppm,
)
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.ids import LineId
from retail_core.domain.quantity import amount_minor
from retail_core.domain.roles import Permission
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import Exemption, ExemptReason, exemption
from retail_core.durable.reference import ItemRow

LINE_ACTS = {Kind.PERCENT: "line_discount", Kind.AMOUNT: "line_amount_off", Kind.PRICE: "price_override"}
EXEMPT_ACT = "exempt_sale"
SALE_ACTS = {Kind.PERCENT: "sale_discount", Kind.AMOUNT: "sale_amount_off"}


class Discounting:
    """What is taken off the open sale by hand. All methods run on the screen's thread."""

    def __init__(self, selling: Selling, rules: Callable[[], DiscountRules]) -> None:
        """`rules` are those of the store as they are now."""
        self._selling = selling
        self._rules = rules
        selling.lines.no_discount = self._left_alone

    def discount_line(
        self, line_id: LineId, kind: Kind, value: int, why: str = "", approval: Approval | None = None
    ) -> Outcome:
        """Take something off a line, or give it another price, in place of what was done to it by hand before.

        Raises ApprovalNeededError when it goes deeper than the operator may. A new price needs a reason.
        """
        return self._selling.change(lambda: self._line(line_id, Manual(kind, value, why), approval))

    def discount_sale(self, kind: Kind, value: int, why: str = "", approval: Approval | None = None) -> Outcome:
        """Take something off everything that takes discounts, also what comes later. Raises ApprovalNeededError."""
        return self._selling.change(lambda: self._sale(Manual(kind, value, why), approval))

    def exempt(self, reason: ExemptReason, certificate: str, approval: Approval | None = None) -> Outcome:
        """Sell everything without tax, also what comes later. Raises ApprovalNeededError."""
        return self._selling.change(lambda: self._exempt(exemption(reason, certificate), approval))

    def undo_exempt(self) -> Outcome:
        """The sale bears its taxes again."""
        return self._selling.change(self._undo_exempt)

    def undo_line(self, line_id: LineId) -> Outcome:
        """The line costs again what the price list and its promotions say."""
        return self._selling.change(lambda: self._undo_line(line_id))

    def undo_sale(self) -> Outcome:
        """Nothing is taken off the sale as a whole any more; what was done to its lines stays."""
        return self._selling.change(self._undo_sale)

    # ── a line ───────────────────────────────────────────────────────────────────────────────────

    def _line(self, line_id: LineId, wanted: Manual, approval: Approval | None) -> Outcome:
        sale, manual = self._open(), checked(wanted)
        line = sale.line(line_id)
        if not line.takes_discount:
            raise RuleViolationError("discount.not_on_this", name=line.name)
        if manual.kind is Kind.PRICE:
            self._check_price(line, manual)
        depth = _line_depth(manual, line)
        given = sale.discount
        if given and not given.by:
            depth = max(depth, together_ppm(min(depth, PPM), _sale_depth(given, sale)))
        act = Act(LINE_ACTS[manual.kind], f"{sale.sale_id}/{line_id}", manual.value, line.name)
        manual = self._allowed(manual, depth, act, approval)
        sale.discount_line(line_id, manual)
        if manual.kind is Kind.PRICE:
            listed_minor = amount_minor(line.unit_minor, line.qty_milli)
            self._note("price_overridden", line.sku, amount_minor(manual.value, line.qty_milli) - listed_minor, manual)
        else:
            self._note("line_discounted", line.sku, off_line(manual, line.before_hand_minor, line.qty_milli), manual)
        return Outcome(OutcomeKind.CHANGED, line_id)

    def _undo_line(self, line_id: LineId) -> Outcome:
        sale = self._open()
        line = sale.line(line_id)
        if line.manual is None:
            raise RuleViolationError("discount.none")
        after = sale.discount_line(line_id, None)
        self._note("discount_undone", line.sku, after.amount_minor - line.amount_minor, line.manual)
        return Outcome(OutcomeKind.CHANGED, line_id)

    def _check_price(self, line: SaleLine, manual: Manual) -> None:
        if not manual.why:
            raise RuleViolationError("discount.no_reason")
        if manual.value > line.unit_minor + line.unit_minor * self._rules().price_up_ppm // PPM:
            raise RuleViolationError("discount.price_too_high")

    # ── the sale ─────────────────────────────────────────────────────────────────────────────────

    def _sale(self, wanted: Manual, approval: Approval | None) -> Outcome:
        sale, manual = self._open(), checked(wanted)
        if manual.kind is Kind.PRICE:
            raise RuleViolationError("discount.no_such_price")
        taking = [line for line in sale if line.takes_discount and line.before_share_minor > 0]
        if not taking:
            raise RuleViolationError("discount.nothing_takes_it")
        own = _sale_depth(manual, sale)
        hands = [_line_depth(line.manual, line) for line in taking if line.manual and not line.manual.by]
        depth = max(own, *(together_ppm(min(own, PPM), min(hand, PPM)) for hand in hands)) if hands else own
        act = Act(SALE_ACTS[manual.kind], sale.sale_id, manual.value)
        manual = self._allowed(manual, depth, act, approval)
        before_minor = _given(sale)
        sale.discount_sale(manual)
        self._note("sale_discounted", sale.sale_id, before_minor - _given(sale), manual)
        return Outcome(OutcomeKind.CHANGED, self._selling.selected)

    def _undo_sale(self) -> Outcome:
        sale = self._open()
        manual, given_minor = sale.discount, _given(sale)
        if manual is None:
            raise RuleViolationError("discount.none")
        sale.discount_sale(None)
        self._note("discount_undone", sale.sale_id, given_minor, manual)
        return Outcome(OutcomeKind.CHANGED, self._selling.selected)

    # ── no tax ───────────────────────────────────────────────────────────────────────────────────

    def _exempt(self, wanted: Exemption, approval: Approval | None) -> Outcome:
        sale = self._open()
        act = Act(EXEMPT_ACT, sale.sale_id, name=wanted.certificate)
        by = allow(self._selling.signed_in().role, Permission.EXEMPT, act, approval)
        before_minor = sale.totals.due_minor
        sale.exempt_from_tax(msgspec.structs.replace(wanted, by=by))
        self._note_exempt("sale_exempted", sale, before_minor, wanted.reason, by)
        return Outcome(OutcomeKind.CHANGED, self._selling.selected)

    def _undo_exempt(self) -> Outcome:
        sale = self._open()
        exempt, before_minor = sale.exempt, sale.totals.due_minor
        if exempt is None:
            raise RuleViolationError("tax.not_exempt")
        sale.exempt_from_tax(None)
        self._note_exempt("exemption_undone", sale, before_minor, exempt.reason)
        return Outcome(OutcomeKind.CHANGED, self._selling.selected)

    def _note_exempt(self, what: str, sale: Sale, before_minor: int, why: str, by: str = "") -> None:
        minor = sale.totals.due_minor - before_minor
        self._selling.notes.add(AuditNoted(what, sale.sale_id, minor, why, by), self._selling.signed_in())

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _allowed(self, manual: Manual, depth: int, act: Act, approval: Approval | None) -> Manual:
        """The discount with who agreed and how far it may ever go."""
        if depth > PPM:
            raise RuleViolationError("discount.more_than_price")
        rules, role = self._rules(), self._selling.signed_in().role
        by = allow(role, rules.needed(manual.kind, depth), act, approval)
        giver = approval.role if approval and by else role
        return msgspec.structs.replace(manual, by=by, most_ppm=rules.limit_of(manual.kind, giver))

    def _open(self) -> Sale:
        self._selling.signed_in()
        if self._selling.sale is None:
            raise RuleViolationError("discount.nothing_takes_it")
        return self._selling.sale

    def _left_alone(self, item: ItemRow) -> bool:
        rules = self._rules()
        return item.department in rules.no_discount_departments or item.sku in rules.no_discount_skus

    def _note(self, what: str, subject: str, minor: int, manual: Manual) -> None:
        self._selling.notes.add(AuditNoted(what, subject, minor, manual.why, manual.by), self._selling.signed_in())


def _line_depth(manual: Manual, line: SaleLine) -> int:
    """A new price counts from the price list, a discount from what the line costs after its promotions."""
    if manual.kind is Kind.PRICE:
        return depth_ppm(manual, amount_minor(line.unit_minor, line.qty_milli), line.qty_milli)
    return depth_ppm(manual, line.before_hand_minor, line.qty_milli)


def _sale_depth(manual: Manual, sale: Sale) -> int:
    return depth_ppm(manual, sum(line.before_share_minor for line in sale if line.takes_discount), 0)


def _given(sale: Sale) -> int:
    """What the sale's discount takes off now."""
    return -sum(
        reason.amount_minor
        for line in sale
        if line.takes_discount
        for reason in line.reasons
        if reason.rule == SALE_RULE
    )
