"""Every way to pay, mixed freely: what is given, the change, and one sale however often the key is pressed."""

from collections.abc import Callable

from PySide6.QtCore import Signal

from pos_app.service.card_paying import CardPaying, CardState
from pos_app.service.outcome import PaidSale
from pos_app.service.paying import Paying
from pos_app.service.selling import Selling
from pos_app.service.tendering import Tendering
from pos_app.ui.amounts import format_money
from pos_app.ui.keymap import PAY_KEYS, Act, Slot
from pos_app.ui.screens.pay.at_terminal import terminal_view
from pos_app.ui.screens.pay.carried import AGAIN, Carried, card_view, points_hint
from pos_app.ui.screens.pay.giving_back import back_state, back_word, paid_by_card
from pos_app.ui.screens.pay.model import EXACT, Choice, foot, gives_change, quick_amounts, sum_rows
from pos_app.ui.screens.pay.state import CardView, PayState, TenderChoice
from pos_app.ui.screens.pay.view import PayView
from pos_app.ui.screens.pay.ways import BY_NUMBER, CARD, CASH, CREDIT, POINTS, WAY_OF, foreign_currency, offered
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.money import exponent
from retail_core.domain.tender import TenderKind

MAX_TYPED = 16
MAX_NUMBER = 40


class PayPresenter(Screen):
    keys = PAY_KEYS
    left = Signal()  # back to the lines, nothing changed
    paid = Signal(object)  # PaidSale
    failed = Signal(object)  # CodedError, after the sale was given back

    def __init__(self, view: PayView, selling: Selling, paying: Paying, card: CardPaying, tendering: Tendering) -> None:
        super().__init__(view)
        self._view = view
        self._selling = selling
        self._paying = paying
        self._card = card
        self._tendering = tendering
        self._carried = Carried(tendering.instruments, self._card_found, self.explain)
        self._way = CASH
        self._typed = ""
        self._chosen_minor = EXACT
        self._with_paper = True
        self._asked = ""
        self._left_of: dict[str, int] = {}  # what is left on cards that are on this sale, once it is paid
        view.figure_typed.connect(self.type_figure)
        view.erased.connect(self.erase)
        view.amount_chosen.connect(self.choose)
        view.paper_chosen.connect(self.choose_paper)
        view.finish_pressed.connect(self.finish)
        view.tender_chosen.connect(self.choose_tender)
        view.card_answered.connect(self.answer_card)

    # ── what the cashier does ────────────────────────────────────────────────────────────────────

    def open(self, given_minor: int = EXACT) -> None:
        """Begin with an amount already typed on the sell screen, or with the exact sum."""
        self._asked, self._with_paper = "", True
        self._begin(self._first_way() if given_minor == EXACT else CASH)
        self._chosen_minor = given_minor
        self._show()

    def choose_tender(self, way: str) -> None:
        """Another way to pay; what was typed as an amount is its amount."""
        if self._selling.paying or way not in {choice.name for choice in self._offered()}:
            return
        if way in BY_NUMBER or self._carried.way in BY_NUMBER or foreign_currency(way) != foreign_currency(self._way):
            self._typed = ""
        self._begin(way, keep=True)
        if way == POINTS and (points := self._tendering.points()):
            self._carried.take_id(POINTS, points.instrument)
        self._show()

    def answer_card(self, answer: str) -> None:
        """A button of what goes on at the terminal, or of the card that was scanned."""
        try:
            match answer:
                case "stop":
                    self._card.stop()
                case "ask":
                    self._card.ask_again()
                case "paid" | "not_paid":
                    self._card.decide(paid=answer == "paid")
                case _ if answer == AGAIN:
                    self._begin(self._way)
                    self._show()
                case _:
                    pass
        except RuleViolationError as refused:
            self.explain(refused)

    def type_figure(self, figure: str) -> None:
        """A figure of the amount, or a character of a card's number."""
        if self._selling.paying:
            return
        if self._carried.wants_number:
            self._typed = (self._typed + figure.upper())[:MAX_NUMBER]
        else:
            mark = "." if figure == "," else figure
            decimals = exponent(foreign_currency(self._way) or self._selling.currency)
            if mark not in "0123456789." or (mark == "." and (not decimals or "." in self._typed)):
                return
            self._typed = (self._typed + mark)[:MAX_TYPED]
        self._show()

    def erase(self) -> None:
        self._typed = self._typed[:-1]
        self._show()

    def choose(self, minor: int) -> None:
        """A quick amount of cash."""
        self._begin(CASH)
        self._chosen_minor = minor
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
        if self._due() and self._carried.wants_number and not (self._due() < 0 and self._way == CREDIT):
            self._carried.take_number(self._typed)
            return
        try:
            given = self._choice().given_minor(confirmed=self._asked == self._typed != "")
        except RuleViolationError as refused:
            self._asked = self._typed
            self.explain(refused)
            return
        if self._due() < 0:
            self._give_back(given)
        else:
            self._take(given)
        self._show()

    def pay(self, given_minor: int, *, with_paper: bool = True) -> None:
        """Pay in cash now; EXACT means the sum due."""
        if self._selling.paying:
            return
        given = self._paying.cash_due() if given_minor == EXACT else given_minor
        self._paying.pay_cash(given, self._paid, self._not_paid, print_receipt=with_paper)
        self._show()

    def takes(self, label: str) -> bool:
        """True for a scan that belongs here and not on the lines: a gift card, or any number while one is asked for."""
        return not self._selling.paying and self._tendering.instruments.is_card(
            label, wanted=self._carried.wants_number
        )

    def scanned(self, label: str, source: str) -> None:
        if not self._selling.paying:
            if not self._carried.wants_number:
                self._begin(TenderKind.GIFT_CARD.value)
            self._carried.take_number(label)
            self._show()

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def act(self, act: Act) -> None:
        actions: dict[Act, Callable[[], None]] = {
            Act.UNDO_TENDER: self._undo_tender,
            Act.FINISH: self.finish,
            Act.BACK: self._back,
            Act.EXACT_CASH: self._pay_exactly,
            Act.FOREIGN_CASH: self._next_foreign,
            Act.CHANGE_AS_CREDIT: self._change_as_credit,
        }
        action = actions.get(act)
        if action:
            action()
        elif act in WAY_OF:
            self.choose_tender(WAY_OF[act])

    def strip(self) -> tuple[Slot, ...]:
        busy, sale = self._selling.paying, self._selling.sale
        works = self._card.state is CardState.WORKING
        back = Slot(0, Act.BACK, "Esc", tr("Stop") if works else tr("Back to sale"), enabled=works or not busy)
        credit = Slot(5, Act.CHANGE_AS_CREDIT, "F8", tr("Change as credit"), enabled=not busy)
        undo = Slot(6, Act.UNDO_TENDER, "Del", tr("Undo tender"), enabled=not busy)
        return (
            back,
            *((credit,) if self._credit_change() > 0 else ()),
            *((undo,) if sale is not None and sale.tenders else ()),
            *((Slot(2, Act.OTHER_BASKET, "Ctrl+W", tr("Next customer")),) if works or self._in_doubt else ()),
            Slot(8, Act.EXACT_CASH, "F12", tr("Exact cash"), enabled=not busy and not self._in_doubt),
            Slot(9, Act.FINISH, "Enter", self._finish_word(), main=True, enabled=not busy),
        )

    def shown(self) -> None:
        self._show()

    basket_changed = shown  # an item was scanned while paying: the sum due is a new one

    def typed_aside(self, text: str) -> None:
        for figure in text:
            if figure in "0123456789.,":
                self.type_figure(figure)

    # ── taking and giving ────────────────────────────────────────────────────────────────────────

    def _take(self, given: int) -> None:
        tendering, with_paper, due = self._tendering, self._with_paper, self._due()
        if not due or self._way == CASH:
            if due and 0 < given < self._paying.cash_due():
                tendering.pay_cash_part(given, self._part, self._not_paid)
            else:
                self.pay(given, with_paper=with_paper)
        elif self._way == CARD:
            self._card.pay(given, self._paid, self._not_paid, print_receipt=with_paper)
        elif currency := foreign_currency(self._way):
            tendering.pay_foreign(currency, given, self._part, self._paid, self._not_paid, print_receipt=with_paper)
        elif found := self._carried.found:
            self._left_of[found.known.instrument] = found.left.balance - tendering.units_of(found, given)
            tendering.pay_value(found, given, self._part, self._paid, self._not_paid, print_receipt=with_paper)

    def _give_back(self, given: int) -> None:
        with_paper = self._with_paper
        if self._way == CARD:
            amount = min(abs(given), -self._due())
            self._card.pay(amount, self._paid, self._not_paid, print_receipt=with_paper)
        elif found := self._carried.found:
            self._tendering.give_onto(found, self._paid, self._not_paid, print_receipt=with_paper)
        elif self._way == CREDIT:
            self._tendering.give_credit(self._paid, self._not_paid, print_receipt=with_paper)
        else:
            self.pay(EXACT, with_paper=with_paper)

    def _part(self) -> None:
        """A part is on the sale; the rest is paid in whatever way the cashier takes first."""
        self._begin(self._first_way())
        self._show()

    def _undo_tender(self) -> None:
        """Take the last tender off the sale; a card payment is given back by the terminal."""
        sale = self._selling.sale
        if sale is None or not sale.tenders or self._selling.paying:
            return
        last = sale.tenders[-1]
        if last.kind is TenderKind.CARD:
            self._card.give_back(last.reference, self._given_back, self._not_paid)
        else:
            try:
                self._tendering.undo(last.reference)
            except RuleViolationError as refused:
                self.explain(refused)
                return
            words = tr("{amount} is off the sale again.", amount=format_money(last.amount_minor, sale.currency))
            self.say(words, Tone.OK)
        self._begin(self._way)
        self._show()

    def _given_back(self) -> None:
        self.say(tr("The card payment was given back."), Tone.OK)
        self._show()

    def _change_as_credit(self) -> None:
        """The change goes onto a voucher instead of out of the drawer."""
        given = self._credit_change()
        if given > 0 and not self._selling.paying:
            self._tendering.give_credit(self._paid, self._not_paid, given, print_receipt=self._with_paper)
            self._show()

    def _credit_change(self) -> int:
        """The cash given when it is more than is due; else 0."""
        if self._way != CASH or self._due() <= 0:
            return 0
        try:
            given = self._choice().given_minor()
        except RuleViolationError:
            return 0
        return given if given > self._paying.cash_due() else 0

    def _pay_exactly(self) -> None:
        if not self._in_doubt:
            self.pay(EXACT, with_paper=self._with_paper)

    def _next_foreign(self) -> None:
        """The store's first foreign currency, and from there the next one."""
        ways = [choice.name for choice in self._offered() if foreign_currency(choice.name)]
        if ways:
            at = ways.index(self._way) + 1 if self._way in ways else 0
            self.choose_tender(ways[at % len(ways)])

    def _back(self) -> None:
        if self._card.state is CardState.WORKING:
            self._card.stop()
        elif not self._selling.paying:
            self.left.emit()

    def _card_found(self) -> None:
        self._typed, self._way = "", self._carried.way
        self._show()

    def _paid(self, sale: PaidSale) -> None:
        self._left_of.clear()
        self.strip_changed.emit()
        self.paid.emit(sale)

    def _not_paid(self, error: CodedError) -> None:
        self._show()
        self.explain(error)
        self.failed.emit(error)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    @property
    def _in_doubt(self) -> bool:
        return self._card.state is CardState.DOUBT

    def _begin(self, way: str, *, keep: bool = False) -> None:
        self._way, self._chosen_minor = way, EXACT
        if not keep:
            self._typed = ""
        self._carried.begin(way)

    def _first_way(self) -> str:
        """The card when there is a terminal, unless what goes back was paid in another way."""
        sale = self._selling.sale
        wrong_way = self._due() < 0 and not paid_by_card(sale or ())
        return CARD if self._card.can_pay and not wrong_way else CASH

    def _due(self) -> int:
        """What is still to pay, to the cent."""
        return self._selling.sale.left_minor if self._selling.sale else 0

    def _choice(self) -> Choice:
        due = self._paying.cash_due() if gives_change(self._way) else self._due()
        currency, rates = foreign_currency(self._way), self._tendering.rules.foreign
        rate = next((one for one in rates if one.currency == currency), None)
        return Choice(
            self._way, self._typed, self._chosen_minor, due, self._selling.currency, self._carried.found, rate,
            self._tendering.points(), self._tendering.rules.card_over_minor if self._way == CARD else 0,
        )  # fmt: skip

    def _offered(self) -> tuple[TenderChoice, ...]:
        hint = points_hint(self._tendering.points(), self._selling.currency)
        return offered(self._tendering.rules, terminal=self._card.can_pay, points=hint, back=self._due() < 0)

    def _show(self) -> None:
        self._view.show_state(self._state())
        self.strip_changed.emit()

    def _state(self) -> PayState:
        selling, sale = self._selling, self._selling.sale
        currency, choice = selling.currency, self._choice()
        panel = self._panel()
        if sale is not None and sale.left_minor < 0:
            return back_state(
                sale, self._way, choice, self._offered(), panel, self._finish_word(), self._left_of,
                with_paper=self._with_paper, busy=selling.paying, number=self._carried.wants_number,
            )  # fmt: skip
        below = foot(choice)
        by_cash = gives_change(self._way)
        due = choice.due_minor
        rounding = due - self._due() if by_cash else 0
        chosen = due if self._chosen_minor == EXACT else self._chosen_minor
        number = self._carried.wants_number
        return PayState(
            format_money(due, currency), sum_rows(sale, selling.totals(), self._left_of, rounding, currency),
            self._typed if number else below.given, "" if number else below.then_word, "" if number else below.then,
            Tone.INFO if number else below.tone, quick_amounts(self._paying.suggested_cash(), currency),
            -1 if self._typed or self._way != CASH else chosen, self._with_paper, selling.paying,
            below.enough or number or not self._due(), self._offered(), self._way,
            tr("Number of the card") if number else below.word, panel, self._finish_word(), takes_letters=number,
        )  # fmt: skip

    def _panel(self) -> CardView | None:
        return terminal_view(self._card, self._selling.currency) or card_view(self._carried, back=self._due() < 0)

    def _finish_word(self) -> str:
        if self._in_doubt:
            return tr("Ask the terminal")
        if self._card.state is CardState.WORKING:
            return tr("At the terminal …")
        if self._selling.paying:
            return tr("Finishing …")
        if self._carried.wants_number and not (self._due() < 0 and self._way == CREDIT):
            return tr("Look it up")
        if self._due() < 0:
            return back_word(self._way, chosen=self._carried.found is not None)
        if self._way == CARD and self._due():
            return tr("Pay by card")
        choice = self._choice()
        try:
            part = choice.worth_minor(choice.given_minor()) < choice.due_minor
        except RuleViolationError:
            part = False
        return tr("Take this part") if part else tr("Finish sale")
