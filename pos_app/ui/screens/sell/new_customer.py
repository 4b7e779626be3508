"""A new customer at the till: name, phone or e-mail, card, then each consent by itself, and they are on the sale."""

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from pos_app.service.customers import Customers
from pos_app.service.selling import Selling
from pos_app.ui.keymap import Act
from pos_app.ui.screens.sell.customer_state import CARD, EMAIL, FIELDS, NAME, PHONE, FieldView, FormView
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.words import tr
from retail_core.domain.customers import (
    ConsentText,
    Customer,
    Person,
    Purpose,
    card_number,
    checked,
    checked_card,
    checked_email,
    checked_phone,
)
from retail_core.domain.errors import RuleViolationError


@dataclass
class Answers:
    """What was said so far; `at` is what is asked now: a field, then a consent."""

    values: dict[str, str] = field(default_factory=dict[str, str])
    said: dict[Purpose, bool] = field(default_factory=dict[Purpose, bool])
    at: str = NAME


class NewCustomer(QObject):
    made = Signal(object)  # Customer
    refused = Signal(object)  # CodedError

    def __init__(self, view: SellView, selling: Selling, customers: Customers, side: SidePanel) -> None:
        super().__init__()
        self._view, self._selling, self._customers, self._side = view, selling, customers, side
        self._answers = Answers()
        panel = view.new_customer
        panel.typed.connect(view.type_in)
        panel.field_chosen.connect(self._ask_for)
        panel.next_pressed.connect(lambda: self.entered(view.entry.text()))
        panel.yes_pressed.connect(lambda: self._answer(given=True))
        panel.no_pressed.connect(lambda: self._answer(given=False))
        panel.closed.connect(side.close)

    def begin(self, typed: str) -> None:
        """Ask anew; what was searched for already is the first answer it can be."""
        self._answers = Answers()
        self._side.open_new_customer()
        text = typed.strip()
        for name, fits in ((EMAIL, checked_email), (PHONE, checked_phone)):
            try:
                self._answers.values[name] = fits(text)
            except RuleViolationError:
                continue
            text = ""
            break
        self._show(text)

    def act(self, act: Act) -> bool:
        """`+` is yes and `−` is no while a consent is asked for."""
        if self._question() is None or act not in {Act.MORE, Act.LESS}:
            return False
        self._answer(given=act is Act.MORE)
        return True

    def take_card(self, label: str) -> None:
        """A card that nobody has was scanned."""
        self._answers.values[CARD] = card_number(label)
        self._show(self._view.entry.text())

    def entered(self, text: str) -> None:
        """The answer to what is asked; a consent wants yes or no, not Enter."""
        if self._question() is not None:
            self.refused.emit(RuleViolationError("customer.yes_or_no"))
            return
        answers = self._answers
        try:
            answers.values[answers.at] = self._checked(answers.at, text.strip())
            self._next()
        except RuleViolationError as refused:
            self.refused.emit(refused)

    def _next(self) -> None:
        answers = self._answers
        at = FIELDS.index(answers.at) + 1
        missing = not (answers.values.get(PHONE) or answers.values.get(EMAIL))
        if answers.at == EMAIL and missing:
            raise RuleViolationError("customer.no_way_to_reach")
        following = next((name for name in FIELDS[at:] if not answers.values.get(name)), "")
        answers.at = following or (texts[0].purpose if (texts := self._texts()) else "")
        if answers.at:
            self._show("")
        else:
            self._make()

    def _answer(self, *, given: bool) -> None:
        text = self._question()
        if text is None:
            return
        self._answers.said[text.purpose] = given
        if text.purpose is Purpose.LOYALTY and not given:
            self._side.close()
            self.refused.emit(RuleViolationError("customer.no_consent"))
            return
        rest = [one for one in self._texts() if one.purpose not in self._answers.said]
        if rest:
            self._answers.at = rest[0].purpose
            self._show("")
        else:
            self._make()

    def _make(self) -> None:
        values = self._answers.values
        cards = (values[CARD],) if values.get(CARD) else ()
        person = Person(values.get(NAME, ""), values.get(PHONE, ""), values.get(EMAIL, ""), cards)
        self._customers.make(self._selling.operator, person, self._answers.said, self._made, self._not_made)

    def _made(self, customer: Customer) -> None:
        self.made.emit(customer)

    def _not_made(self, error: Exception) -> None:
        """Back to the first answer; what was typed stays."""
        if self._side.side is Side.NEW_CUSTOMER:
            self._answers.said.clear()
            self._ask_for(NAME)
        self.refused.emit(error)

    def _ask_for(self, name: str) -> None:
        self._answers.at = name
        self._show(self._answers.values.get(name, ""))

    def _checked(self, name: str, text: str) -> str:
        if name == NAME:
            return checked(Person(text)).name
        if not text:
            return ""
        return {PHONE: checked_phone, EMAIL: checked_email, CARD: checked_card}[name](text)

    def _texts(self) -> tuple[ConsentText, ...]:
        return self._customers.consent_texts()

    def _question(self) -> ConsentText | None:
        return next((text for text in self._texts() if text.purpose == self._answers.at), None)

    def _show(self, typed: str) -> None:
        answers, question = self._answers, self._question()
        words = {NAME: tr("Name"), PHONE: tr("Phone"), EMAIL: tr("E-mail"), CARD: tr("Loyalty card, if there is one")}
        self._view.entry.setText(typed)
        fields = tuple(FieldView(n, words[n], answers.values.get(n, ""), asked=answers.at == n) for n in FIELDS)
        hint = tr("Ask the customer, then + for yes or − for no") if question else words.get(answers.at, "")
        self._view.new_customer.show_state(FormView(fields, question.text if question else "", tr("Next · Enter")))
        self._view.show_hint(hint)
