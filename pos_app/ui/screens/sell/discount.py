"""F6 on the sell screen: what is taken off, of what, and why. A supervisor is asked for only where it takes one.

`20` in the chosen way, `20%` in percent, `=4.99` a new price; F6 again goes from the line to the sale and back.
Ctrl+N sells without tax: again for the next reason, then the number of the certificate.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from pos_app.service.discounting import Discounting
from pos_app.service.outcome import Outcome, OutcomeKind
from pos_app.service.selling import Selling
from pos_app.ui.amounts import format_money, parse_cash
from pos_app.ui.discount_words import EXEMPT_WHYS, EXEMPT_WORD, KIND_WORDS, SCOPE_WORDS, WHY_WORDS
from pos_app.ui.key_words import printed
from pos_app.ui.keymap import Act
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.state import DiscountView, OptionView
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.words import tr
from retail_core.domain.approvals import Approval
from retail_core.domain.discounts import PPM_PER_PERCENT, Kind, Why
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import ExemptReason

LINE, SALE = "line", "sale"
EXEMPT = "exempt"
MAX_PERCENT_DECIMALS = 4
Doing = Callable[[Approval | None], Outcome]
Asking = Callable[[Callable[[Approval | None], None]], None]


class Discounts(QObject):
    """Holds what the panel is set to; forgets it when the panel is opened anew."""

    answered = Signal(object)  # Outcome
    refused = Signal(object)  # RuleViolationError: what was typed is no figure

    def __init__(
        self, view: SellView, selling: Selling, discounting: Discounting, side: SidePanel, asking: Asking
    ) -> None:
        """`asking` makes a call, with a second person's agreement where it takes one."""
        super().__init__()
        self._view, self._selling, self._discounting, self._side, self._asking = (
            view,
            selling,
            discounting,
            side,
            asking,
        )
        self._scope, self._kind, self._why = LINE, Kind.PERCENT, ""
        self._exempt_why: ExemptReason | None = None  # while the sale is to be sold without tax
        panel = view.discount
        panel.scope_turned.connect(self._turn_scope)
        panel.kind_chosen.connect(self._choose_kind)
        panel.why_turned.connect(self._next_why)
        panel.undone.connect(self._undo)

    @property
    def open(self) -> bool:
        return self._side.side in (Side.DISCOUNT, Side.EXEMPT)

    def pressed(self) -> None:
        """Open the panel, or turn it from the line to the sale and back."""
        if self.open:
            self._turn_scope()
            return
        self._scope, self._kind, self._why = (LINE if self._line() else SALE), Kind.PERCENT, ""
        self._exempt_why = None
        self._side.open_discount(self._state())

    def exempt_pressed(self) -> None:
        """Ask for the certificate of a sale without tax, or take the next reason."""
        if self.open and self._exempt_why:
            self._next_why()
        else:
            self._choose_kind(EXEMPT)

    def follow(self) -> None:
        """Another line is chosen, or the sale has changed."""
        if self.open:
            self._view.discount.show_state(self._state())

    def enter(self, text: str) -> None:
        """Give what was typed; nothing closes the panel."""
        typed = text.strip()
        if not typed:
            self._side.close()
            return
        try:
            self._give(typed)
        except RuleViolationError as refused:
            self.refused.emit(refused)

    def _give(self, typed: str) -> None:
        if self._exempt_why:
            reason = self._exempt_why
            self._do(lambda approval: self._discounting.exempt(reason, typed, approval))
            return
        kind, figure = (Kind.PERCENT, typed[:-1]) if typed.endswith("%") else (self._kind, typed)
        if typed.startswith("="):
            kind, figure = Kind.PRICE, typed[1:]
        value = parse_percent(figure) if kind is Kind.PERCENT else parse_cash(figure, self._selling.currency)
        why, line = self._why, self._line()
        if self._scope == SALE:
            self._do(lambda approval: self._discounting.discount_sale(kind, value, why, approval))
        elif line is None:
            raise RuleViolationError("line.none_selected")
        else:
            line_id = line.line_id
            self._do(lambda approval: self._discounting.discount_line(line_id, kind, value, why, approval))

    def _do(self, act: Doing) -> None:
        """The panel stays while somebody else is asked, and after a refusal."""

        def call(approval: Approval | None) -> None:
            outcome = act(approval)
            if outcome.kind is OutcomeKind.CHANGED and self.open:
                self._side.close_and_clear()
            self.answered.emit(outcome)

        self._asking(call)

    def _undo(self) -> None:
        line = self._line()
        if self._exempt_why:
            self._do(lambda _: self._discounting.undo_exempt())
        elif self._scope == SALE:
            self._do(lambda _: self._discounting.undo_sale())
        elif line:
            line_id = line.line_id
            self._do(lambda _: self._discounting.undo_line(line_id))

    def _turn_scope(self) -> None:
        self._scope = SALE if self._scope == LINE else LINE
        if self._scope == SALE and self._kind is Kind.PRICE:
            self._kind = Kind.PERCENT
        self._ask_for_discount()
        self.follow()

    def _choose_kind(self, kind: str) -> None:
        if kind == EXEMPT:
            self._scope, self._exempt_why = SALE, next(iter(ExemptReason))
            self._side.open_discount(self._state(), Side.EXEMPT)
            return
        self._kind = Kind(kind)
        self._ask_for_discount()
        self.follow()

    def _ask_for_discount(self) -> None:
        """What is typed is a discount again, and no certificate."""
        if self._exempt_why:
            self._exempt_why = None
            self._side.open_discount(self._state())

    def _next_why(self) -> None:
        """One reason after the other, and none again; a sale without tax always has one."""
        if self._exempt_why:
            reasons = list(ExemptReason)
            self._exempt_why = reasons[(reasons.index(self._exempt_why) + 1) % len(reasons)]
        else:
            whys = ["", *Why]
            self._why = whys[(whys.index(self._why) + 1) % len(whys)]
        self.follow()

    def _line(self) -> SaleLine | None:
        sale, selected = self._selling.sale, self._selling.selected
        line = sale.line(selected) if sale and selected else None
        return line if line and line.takes_discount else None

    def _state(self) -> DiscountView:
        line, sale, exempting = self._line(), self._selling.sale, self._exempt_why
        if self._scope == SALE:
            of = tr("the whole sale, now {amount}", amount=self._money(sale.totals.due_minor if sale else 0))
            given = bool(sale and (sale.exempt if exempting else sale.discount))
        else:
            of = (
                tr("{name}, now {amount}", name=line.name, amount=self._money(line.amount_minor))
                if line
                else tr("Choose a line with ↑ and ↓")
            )
            given = bool(line and line.manual)
        return DiscountView(
            of,
            tr(SCOPE_WORDS[LINE if self._scope == SALE else SALE]),
            self._options(),
            self._why_words(),
            bool(self._why or exempting),
            self._give_words(),
            undo=given,
            may_void=self._scope == SALE and sale is not None and not exempting,
        )

    def _options(self) -> tuple[OptionView, ...]:
        """Percent, amount, and a price of a line or a sale without tax."""
        kinds = [kind for kind in Kind if kind is not Kind.PRICE or self._scope == LINE]
        exempting = self._exempt_why is not None
        options = [OptionView(kind, tr(KIND_WORDS[kind]), kind is self._kind and not exempting) for kind in kinds]
        if self._scope == SALE:
            options.append(OptionView(EXEMPT, tr(EXEMPT_WORD), exempting))
        return tuple(options)

    def _why_words(self) -> str:
        if self._exempt_why:
            return tr("Reason: {why}", why=tr(EXEMPT_WHYS[self._exempt_why])) + f"   {printed(Act.EXEMPT)}"
        return tr("Reason: {why}", why=tr(WHY_WORDS[self._why])) if self._why else tr("Reason: none given")

    def _give_words(self) -> str:
        if self._exempt_why:
            return tr("Sell without tax")
        return tr("Set price") if self._kind is Kind.PRICE else tr("Give discount")

    def _money(self, minor: int) -> str:
        return format_money(minor, self._selling.currency)


def parse_percent(text: str) -> int:
    """Parts per million of a typed percentage; comma and dot are both a decimal point.

    Raises RuleViolationError `discount.not_a_percentage`.
    """
    whole, _, part = text.strip().replace(",", ".").partition(".")
    figures = whole + part
    if not figures.isascii() or not figures.isdigit() or len(part) > MAX_PERCENT_DECIMALS or len(whole) > 4:
        raise RuleViolationError("discount.not_a_percentage", text=text.strip()[:40])
    return int(whole or "0") * PPM_PER_PERCENT + int(part.ljust(MAX_PERCENT_DECIMALS, "0"))
