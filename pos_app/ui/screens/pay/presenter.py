"""Taking cash: what is given, the change, and one sale however often the key is pressed."""

from collections.abc import Callable

from PySide6.QtCore import Signal

from pos_app.service.outcome import PaidSale
from pos_app.service.selling import Selling
from pos_app.ui.amounts import parse_cash
from pos_app.ui.keymap import PAY_KEYS, Act, Slot
from pos_app.ui.screens.pay.state import AmountRow, PayState, QuickAmount
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.model import tax_words
from pos_app.ui.theme import Tone
from pos_app.ui.words import ntr, tr
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.money import exponent, format_minor, format_money

MAX_TYPED = 16
EXACT = -1


class PayPresenter(Screen):
    keys = PAY_KEYS
    left = Signal()  # back to the lines, nothing changed
    paid = Signal(object)  # PaidSale
    failed = Signal(object)  # CodedError, after the sale was given back

    def __init__(self, view: PayView, selling: Selling) -> None:
        super().__init__(view)
        self._view = view
        self._selling = selling
        self._typed = ""
        self._chosen_minor = EXACT
        self._with_paper = True
        self._asked = ""
        view.figure_typed.connect(self.type_figure)
        view.erased.connect(self.erase)
        view.amount_chosen.connect(self.choose)
        view.paper_chosen.connect(self.choose_paper)
        view.finish_pressed.connect(self.finish)

    # ── what the cashier does ────────────────────────────────────────────────────────────────────

    def open(self, given_minor: int = EXACT) -> None:
        """Begin with an amount already typed on the sell screen, or with the exact sum."""
        self._typed, self._asked, self._with_paper = "", "", True
        self._chosen_minor = given_minor
        self._show()

    def type_figure(self, figure: str) -> None:
        mark = "." if figure == "," else figure
        if mark == "." and (not exponent(self._selling.currency) or "." in self._typed):
            return
        if not self._selling.paying and len(self._typed) < MAX_TYPED:
            self._typed += mark
            self._show()

    def erase(self) -> None:
        self._typed = self._typed[:-1]
        self._show()

    def choose(self, minor: int) -> None:
        self._typed, self._chosen_minor = "", minor
        self._show()

    def choose_paper(self, with_paper: bool) -> None:
        self._with_paper = with_paper
        self._show()

    def finish(self) -> None:
        """Pay with what was given. Pressing again while it is being written changes nothing."""
        if self._selling.paying:
            return
        try:
            given = self._given(confirmed=self._asked == self._typed != "")
        except RuleViolationError as refused:
            self._asked = self._typed
            self.explain(refused)
            return
        self.pay(given, with_paper=self._with_paper)

    def pay(self, given_minor: int, *, with_paper: bool = True) -> None:
        """Pay now; EXACT means the sum due."""
        if self._selling.paying:
            return
        given = self._due() if given_minor == EXACT else given_minor
        self._selling.pay_cash(given, self._paid, self._not_paid, print_receipt=with_paper)
        self._show()

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def act(self, act: Act) -> None:
        actions: dict[Act, Callable[[], None]] = {
            Act.FINISH: self.finish,
            Act.BACK: self._back,
            Act.EXACT_CASH: self._pay_exactly,
        }
        action = actions.get(act)
        if action:
            action()

    def strip(self) -> tuple[Slot, ...]:
        busy = self._selling.paying
        return (
            Slot(0, Act.BACK, "Esc", tr("Back to sale"), enabled=not busy),
            Slot(8, Act.EXACT_CASH, "F12", tr("Exact cash"), enabled=not busy),
            Slot(9, Act.FINISH, "Enter", tr("Finish sale"), main=True, enabled=not busy),
        )

    def shown(self) -> None:
        self._show()

    def basket_changed(self) -> None:
        """An item was scanned while paying: the sum due is a new one."""
        self._show()

    def typed_aside(self, text: str) -> None:
        for figure in text:
            if figure in "0123456789.,":
                self.type_figure(figure)

    # ── how ──────────────────────────────────────────────────────────────────────────────────────

    def _due(self) -> int:
        totals = self._selling.totals()
        return totals.due_minor if totals else 0

    def _given(self, *, confirmed: bool = True) -> int:
        if self._typed:
            return parse_cash(self._typed, self._selling.currency, confirmed=confirmed)
        return self._due() if self._chosen_minor == EXACT else self._chosen_minor

    def _pay_exactly(self) -> None:
        self.pay(EXACT, with_paper=self._with_paper)

    def _back(self) -> None:
        if not self._selling.paying:
            self.left.emit()

    def _paid(self, sale: PaidSale) -> None:
        self.strip_changed.emit()
        self.paid.emit(sale)

    def _not_paid(self, error: CodedError) -> None:
        self._show()
        self.explain(error)
        self.failed.emit(error)

    def _show(self) -> None:
        self._view.show_state(self._state())
        self.strip_changed.emit()

    def _state(self) -> PayState:
        selling, currency = self._selling, self._selling.currency
        totals, due = selling.totals(), self._due()
        rows = (AmountRow(tr("Sale total"), format_minor(due, currency)),)
        if totals:
            told = ", ".join(
                part for part in (ntr("{n} item", "{n} items", totals.units), tax_words(totals, currency)) if part
            )
            rows += (AmountRow(told, "", note=told),)
        given_words, change_word, change, tone, enough = self._change_words(due)
        quick = tuple(
            QuickAmount(minor, _short(minor, currency), format_money(minor, currency))
            for minor in selling.suggested_cash()
        )
        chosen = -1 if self._typed else due if self._chosen_minor == EXACT else self._chosen_minor
        return PayState(
            format_money(due, currency), rows, given_words, change_word, change, tone, quick, chosen,
            self._with_paper, selling.paying, enough,
        )  # fmt: skip

    def _change_words(self, due: int) -> tuple[str, str, str, Tone, bool]:
        currency = self._selling.currency
        try:
            given = self._given()
        except RuleViolationError:
            return self._typed, tr("Not an amount"), "–", Tone.WARNING, True
        words = format_money(given, currency)
        if given < due:
            return words, tr("Still missing"), format_money(due - given, currency), Tone.WARNING, False
        return words, tr("Change due"), format_money(given - due, currency), Tone.OK, True


def _short(minor: int, currency: str) -> str:
    """ "20" rather than "20.00": what is printed on the note."""
    unit = 10 ** exponent(currency)
    return f"{minor // unit:,}" if minor % unit == 0 else format_minor(minor, currency)
