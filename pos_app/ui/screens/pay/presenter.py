"""Taking cash and cards: what is given, the change, and one sale however often the key is pressed."""

from collections.abc import Callable

from PySide6.QtCore import Signal

from pos_app.service.card_paying import CardPaying, CardState
from pos_app.service.outcome import PaidSale
from pos_app.service.paying import Paying
from pos_app.service.selling import Selling
from pos_app.ui.amounts import format_minor, format_money, parse_cash
from pos_app.ui.keymap import PAY_KEYS, Act, Slot
from pos_app.ui.screens.pay.giving_back import back_state, paid_by_card
from pos_app.ui.screens.pay.state import AmountRow, CardView, PayState, QuickAmount, TenderChoice
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.sell.model import tax_words
from pos_app.ui.theme import Tone
from pos_app.ui.words import doing_words, ntr, tr
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.money import exponent
from retail_core.domain.sale import Sale

MAX_TYPED = 16
EXACT = -1
CASH, CARD = "cash", "card"


class PayPresenter(Screen):
    keys = PAY_KEYS
    left = Signal()  # back to the lines, nothing changed
    paid = Signal(object)  # PaidSale
    failed = Signal(object)  # CodedError, after the sale was given back

    def __init__(self, view: PayView, selling: Selling, paying: Paying, card: CardPaying) -> None:
        super().__init__(view)
        self._view = view
        self._selling = selling
        self._paying = paying
        self._card = card
        self._tender = CASH
        self._typed = ""
        self._chosen_minor = EXACT
        self._with_paper = True
        self._asked = ""
        view.figure_typed.connect(self.type_figure)
        view.erased.connect(self.erase)
        view.amount_chosen.connect(self.choose)
        view.paper_chosen.connect(self.choose_paper)
        view.finish_pressed.connect(self.finish)
        view.tender_chosen.connect(self.choose_tender)
        view.card_answered.connect(self.answer_card)
        card.changed = self._show

    # ── what the cashier does ────────────────────────────────────────────────────────────────────

    def open(self, given_minor: int = EXACT) -> None:
        """Begin with an amount already typed on the sell screen, or with the exact sum."""
        self._typed, self._asked, self._with_paper = "", "", True
        self._chosen_minor = given_minor
        self._tender = CARD if given_minor == EXACT and self._card.can_pay and not self._cash_belongs_back() else CASH
        self._show()

    def choose_tender(self, tender: str) -> None:
        """Cash or card; what was typed is its amount."""
        if not self._selling.paying and (tender == CASH or self._card.can_pay):
            self._tender, self._chosen_minor = tender, EXACT
            self._show()

    def answer_card(self, answer: str) -> None:
        """A button of what goes on at the terminal."""
        try:
            match answer:
                case "stop":
                    self._card.stop()
                case "ask":
                    self._card.ask_again()
                case "paid" | "not_paid":
                    self._card.decide(paid=answer == "paid")
                case _:
                    pass
        except RuleViolationError as refused:
            self.explain(refused)

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
        self._typed, self._chosen_minor, self._tender = "", minor, CASH
        self._show()

    def choose_paper(self, with_paper: bool) -> None:
        self._with_paper = with_paper
        self._show()

    def finish(self) -> None:
        """Pay with what was given. Pressing again while it is being written changes nothing."""
        if self._selling.paying:
            return
        if self._card.state is CardState.DOUBT:
            self._card.ask_again()
            return
        try:
            given = self._given(confirmed=self._asked == self._typed != "")
        except RuleViolationError as refused:
            self._asked = self._typed
            self.explain(refused)
            return
        if self._tender == CARD and self._due():
            self._card.pay(
                min(abs(given), abs(self._due())), self._paid, self._not_paid, print_receipt=self._with_paper
            )
        else:
            self.pay(given, with_paper=self._with_paper)

    def pay(self, given_minor: int, *, with_paper: bool = True) -> None:
        """Pay now; EXACT means the sum due."""
        if self._selling.paying:
            return
        given = self._paying.cash_due() if given_minor == EXACT else given_minor
        self._paying.pay_cash(given, self._paid, self._not_paid, print_receipt=with_paper)
        self._show()

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def act(self, act: Act) -> None:
        actions: dict[Act, Callable[[], None]] = {
            Act.CASH: lambda: self.choose_tender(CASH),
            Act.CARD: lambda: self.choose_tender(CARD),
            Act.UNDO_TENDER: self._undo_tender,
            Act.FINISH: self.finish,
            Act.BACK: self._back,
            Act.EXACT_CASH: self._pay_exactly,
        }
        action = actions.get(act)
        if action:
            action()

    def strip(self) -> tuple[Slot, ...]:
        busy, sale = self._selling.paying, self._selling.sale
        works = self._card.state is CardState.WORKING
        back = Slot(0, Act.BACK, "Esc", tr("Stop") if works else tr("Back to sale"), enabled=works or not busy)
        undo = Slot(6, Act.UNDO_TENDER, "Del", tr("Undo tender"), enabled=not busy)
        return (
            back,
            *((undo,) if sale is not None and sale.tenders else ()),
            Slot(8, Act.EXACT_CASH, "F12", tr("Exact cash"), enabled=not busy and not self._in_doubt),
            Slot(9, Act.FINISH, "Enter", self._finish_word(), main=True, enabled=not busy),
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

    @property
    def _in_doubt(self) -> bool:
        return self._card.state is CardState.DOUBT

    def _due(self) -> int:
        """What is still to pay."""
        return self._selling.sale.left_minor if self._selling.sale else 0

    def _cash_belongs_back(self) -> bool:
        """The sale owes the customer what was not paid by card."""
        return self._due() < 0 and not paid_by_card(self._selling.sale or ())

    def _undo_tender(self) -> None:
        """Give the last card payment of this sale back."""
        sale = self._selling.sale
        if sale is None or not sale.tenders or self._selling.paying:
            return
        self._card.give_back(sale.tenders[-1].reference, self._given_back, self._not_paid)
        self._show()

    def _given_back(self) -> None:
        self.say(tr("The card payment was given back."), Tone.OK)
        self._show()

    def _given(self, *, confirmed: bool = True) -> int:
        if self._typed:
            return parse_cash(self._typed, self._selling.currency, confirmed=confirmed)
        return self._due() if self._chosen_minor == EXACT else self._chosen_minor

    def _pay_exactly(self) -> None:
        if self._in_doubt:
            return
        self.pay(EXACT, with_paper=self._with_paper)

    def _back(self) -> None:
        if self._card.state is CardState.WORKING:
            self._card.stop()
        elif not self._selling.paying:
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
        sale = selling.sale
        if sale is not None and due < 0:
            return self._state_of_giving_back(sale)
        rows = (AmountRow(tr("Sale total"), format_minor(totals.due_minor if totals else 0, currency)),)
        if totals:
            told = ", ".join(
                part for part in (ntr("{n} item", "{n} items", totals.units), tax_words(totals, currency)) if part
            )
            rows += (AmountRow(told, "", note=told),)
        rows += tuple(
            AmountRow(tr("Card"), format_minor(-tender.amount_minor, currency))
            for tender in (sale.tenders if sale else ())
        )
        by_card = self._tender == CARD and bool(due)
        given_words, change_word, change, tone, enough = self._change_words(due)
        quick = tuple(
            QuickAmount(minor, _short(minor, currency), format_money(minor, currency))
            for minor in self._paying.suggested_cash()
        )
        chosen = -1 if self._typed or by_card else due if self._chosen_minor == EXACT else self._chosen_minor
        return PayState(
            format_money(due, currency), rows, given_words, change_word, change, tone, quick, chosen,
            self._with_paper, selling.paying, enough,
            self._tender_choices(),
            CARD if by_card else CASH, tr("To the terminal") if by_card else tr("Cash given"), self._card_view(),
            self._finish_word(),
        )  # fmt: skip

    def _state_of_giving_back(self, sale: Sale) -> PayState:
        try:
            given = abs(self._given())
        except RuleViolationError:
            given = 0
        return back_state(
            sale, self._tender, given, self._tender_choices(), self._card_view(), self._finish_word(),
            with_paper=self._with_paper, busy=self._selling.paying,
        )  # fmt: skip

    def _tender_choices(self) -> tuple[TenderChoice, ...]:
        cash = TenderChoice(CASH, tr("Cash"), tr("C") if self._card.can_pay else "")
        return (cash, TenderChoice(CARD, tr("Card"), tr("K · amount to terminal"))) if self._card.can_pay else (cash,)

    def _finish_word(self) -> str:
        if self._in_doubt:
            return tr("Ask the terminal")
        if self._card.state is CardState.WORKING:
            return tr("At the terminal …")
        if self._selling.paying:
            return tr("Finishing …")
        if self._due() < 0:
            return tr("Give back to the card") if self._tender == CARD else tr("Give cash back")
        return tr("Pay by card") if self._tender == CARD and self._due() else tr("Finish sale")

    def _card_view(self) -> CardView | None:
        code, own_words = self._card.said
        amount = format_money(self._card.amount_minor, self._selling.currency)
        if self._card.state is CardState.WORKING:
            text = own_words or (doing_words(code) if code else tr("The customer holds, puts in or swipes the card."))
            return CardView(tr("{amount} at the terminal", amount=amount), text, Tone.INFO, (("stop", tr("Stop")),))
        if not self._in_doubt:
            return None
        answers = (("ask", tr("Ask the terminal")), ("paid", tr("It was paid")), ("not_paid", tr("It was not paid")))
        text = tr(
            "Nobody knows yet whether it was paid. Ask the terminal again. If it cannot say, a supervisor looks at its own"
            " receipt and decides; nothing is taken twice."
        )
        return CardView(tr("{amount} in doubt", amount=amount), text, Tone.WARNING, answers)

    def _change_words(self, due: int) -> tuple[str, str, str, Tone, bool]:
        currency = self._selling.currency
        try:
            given = self._given()
        except RuleViolationError:
            return self._typed, tr("Not an amount"), "–", Tone.WARNING, True
        words = format_money(given, currency)
        if self._tender == CARD and due:
            rest = max(0, due - given)
            over = given > due
            return (
                words,
                tr("Left after that"),
                format_money(rest, currency),
                Tone.WARNING if over else Tone.OK,
                not over,
            )
        if given < due:
            return words, tr("Still missing"), format_money(due - given, currency), Tone.WARNING, False
        return words, tr("Change due"), format_money(given - due, currency), Tone.OK, True


def _short(minor: int, currency: str) -> str:
    """ "20" rather than "20.00": what is printed on the note."""
    unit = 10 ** exponent(currency)
    return f"{minor // unit:,}" if minor % unit == 0 else format_minor(minor, currency)
