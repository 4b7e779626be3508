"""F3 on the sell screen: who buys. Find them, see what is theirs, make a new one, ask for their consent.

Nothing here is modal: goods may be scanned all along, and a card that nobody has, scanned while a new customer is being
asked, becomes theirs.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from PySide6.QtCore import QObject, Signal

from pos_app.service.customers import Found as FoundCustomers
from pos_app.service.instruments import Found
from pos_app.service.loyalty import Loyalty
from pos_app.service.outcome import Outcome
from pos_app.service.selling import Selling
from pos_app.service.shopping import NOBODY_WITH_CARD, Shopping
from pos_app.storage.customers_here import Purchase
from pos_app.ui.amounts import format_minor, format_money, points_words
from pos_app.ui.keymap import Act
from pos_app.ui.screens.pay.carried import age_words
from pos_app.ui.screens.sell.customer_state import BarView, BoughtView, ConsentView, CouponView, PersonView
from pos_app.ui.screens.sell.new_customer import NewCustomer
from pos_app.ui.screens.sell.side import Side, SidePanel
from pos_app.ui.screens.sell.state import HitView, SearchView
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.words import ntr, tr, words_for
from retail_core.domain.customers import Customer, Purpose, masked_email, masked_phone
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.domain.ids import CustomerId

LEAST_TYPED = 2
OPEN = frozenset({Side.CUSTOMERS, Side.NEW_CUSTOMER})  # Enter is for these


class About(msgspec.Struct):
    """What was asked about the customer of the sale, as far as it is here."""

    customer_id: CustomerId
    points: Found | None = None
    bought: Sequence[Purchase] | None = None


class SaleCustomers(QObject):
    answered = Signal(object)  # Outcome
    refused = Signal(object)  # CodedError

    def __init__(
        self, view: SellView, selling: Selling, shopping: Shopping, loyalty: Loyalty, side: SidePanel, zone: ZoneInfo,
        explain: Callable[[CodedError], None],
    ) -> None:  # fmt: skip
        super().__init__()
        self._view, self._selling, self._shopping, self._loyalty = view, selling, shopping, loyalty
        self._side, self._zone = side, zone
        self._about: About | None = None
        self.refused.connect(explain)
        self._new = NewCustomer(view, selling, shopping.customers, side)
        self._new.made.connect(self._attach)
        self._new.refused.connect(self.refused)
        view.typed.connect(self._typed)
        view.bar.opened.connect(self.pressed)
        view.person.another_pressed.connect(self.pressed)
        view.person.removed.connect(self._remove)
        view.person.coupon_dropped.connect(self._drop_coupon)
        view.person.consent_pressed.connect(self._turn_consent)
        view.person.closed.connect(side.close)

    @property
    def open(self) -> bool:
        return self._side.side in OPEN

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────

    def pressed(self) -> None:
        """F3: whoever buys; once more, somebody else; once more, somebody new, with what was typed."""
        if self._side.side is Side.CUSTOMERS:
            self._new.begin(self._view.entry.text())
        elif self._side.side is Side.CUSTOMER or not (self._shopping.who() or self._shopping.coupons()):
            self._look_for("")
        else:
            self._side.open_customer()
            self._ask_about()
            self.follow()

    def act(self, act: Act) -> bool:
        """True when the key was for the panel that is open."""
        if act is Act.VOID_LINE and self._side.side is Side.CUSTOMER:
            self._remove()
            return True
        return self._side.side is Side.NEW_CUSTOMER and self._new.act(act)

    def entered(self, text: str) -> None:
        """Enter: the chosen one of those found, or the next answer of somebody new."""
        if self._side.side is Side.NEW_CUSTOMER:
            self._new.entered(text)
        else:
            self.choose(self._side.chosen())

    def choose(self, customer_id: str) -> None:
        """One of those found was tapped, or taken with Enter."""
        customer = self._shopping.customers.get(customer_id) if customer_id else None
        if customer:
            self._attach(customer)

    def scanned(self, label: str, outcome: Outcome) -> bool:
        """True when the card that nobody has becomes that of the new customer."""
        if self._side.side is not Side.NEW_CUSTOMER or outcome.code != NOBODY_WITH_CARD:
            return False
        self._new.take_card(label)
        return True

    # ── finding ──────────────────────────────────────────────────────────────────────────────────

    def _look_for(self, text: str) -> None:
        hint = tr("Type a card, phone, e-mail or name. {key_customer} makes a new customer.")
        self._side.open_customers(SearchView(tr("Find customer"), (), hint))
        self._view.entry.setText(text)

    def _typed(self, text: str) -> None:
        if self._side.side is Side.CUSTOMERS:
            if len(text.strip()) >= LEAST_TYPED:
                self._shopping.customers.find(text, lambda found: self._found(text, found), self.refused.emit)
            else:
                self._look_for(text)

    def _found(self, text: str, found: FoundCustomers) -> None:
        if self._side.side is not Side.CUSTOMERS:
            return
        message = "" if found else words_for("customer.none_found", {"text": text.strip()})
        title = tr("Find customer")
        hits = tuple(map(_hit, found))
        self._view.show_search(SearchView(title, hits, message), keyboard=True)

    def _attach(self, customer: Customer) -> None:
        self._view.entry.clear()
        self._side.close()
        self.answered.emit(self._shopping.attach(customer))

    def _remove(self) -> None:
        self._side.close()
        self.answered.emit(self._shopping.detach())

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    def follow(self) -> None:
        """The sale has changed: show who buys now, and ask about somebody new."""
        customer = self._shopping.who()
        if customer is None:
            self._about = None
            self._follow_nobody()
            return
        if self._about is None or self._about.customer_id != customer.customer_id:
            self._about = About(customer.customer_id)
            self._ask_about()
        name = customer.name or tr("Customer without details here")
        line = " · ".join(filter(None, (self._points_line(customer), self._coupon_line())))
        self._view.bar.show_state(BarView(name, customer.tier, line))
        if self._side.side is Side.CUSTOMER:
            self._view.person.show_state(self._person(customer))

    def _follow_nobody(self) -> None:
        """Coupons may be on a sale of somebody we do not know."""
        coupons = self._coupons()
        nobody = tr("No customer on this sale")
        self._view.bar.show_state(BarView(nobody, "", self._coupon_line()) if coupons else BarView())
        if self._side.side is not Side.CUSTOMER:
            return
        if coupons:
            self._view.person.show_state(PersonView(nobody, coupons=coupons, known=False))
        else:
            self._side.close()

    def _coupons(self) -> tuple[CouponView, ...]:
        currency = self._selling.currency
        return tuple(
            CouponView(one.code, one.name, format_minor(-one.off_minor, currency) if one.off_minor else tr("waits"))
            for one in self._shopping.coupons()
        )

    def _coupon_line(self) -> str:
        return " · ".join(f"{one.name} {one.off}" for one in self._coupons())

    def _drop_coupon(self, code: str) -> None:
        self.answered.emit(self._shopping.drop_coupon(code))

    def _ask_about(self) -> None:
        """Points and purchases come when they come; nobody waits for them."""
        customer, about = self._shopping.who(), self._about
        if customer is None or about is None:
            return

        def told(found: Found) -> None:
            about.points = found
            self._tell(about)

        def bought(purchases: Sequence[Purchase]) -> None:
            about.bought = purchases
            self._tell(about)

        if self._loyalty.runs:
            self._loyalty.balance(customer, told, lambda _: None)
        self._shopping.customers.purchases(customer.customer_id, bought, lambda _: None)

    def _tell(self, about: About) -> None:
        if about is self._about:
            self.follow()

    def _points_line(self, customer: Customer) -> str:
        if not self._loyalty.runs:
            return ""
        if not customer.agreed(Purpose.LOYALTY):
            return tr("No points: the customer has not agreed to it")
        found = self._about.points if self._about else None
        return self._worth(found) if found else tr("Points are being looked up …")

    def _worth(self, found: Found) -> str:
        balance, worth = found.left.balance, self._loyalty.worth_minor(found.left.balance)
        words = points_words(balance)
        return f"{words} = {format_money(worth, self._selling.currency)}" if worth > 0 else words

    def _person(self, customer: Customer) -> PersonView:
        about = self._about or About(customer.customer_id)
        found, bought = about.points, about.bought
        reach = " · ".join(filter(None, (masked_phone(customer.phone), masked_email(customer.email))))
        return PersonView(
            customer.name or tr("Customer without details here"),
            customer.tier,
            self._points_line(customer),
            _age(found) if found and customer.agreed(Purpose.LOYALTY) else "",
            reach,
            tuple(
                self._consent(customer, text.purpose, text.text) for text in self._shopping.customers.consent_texts()
            ),
            tuple(map(self._bought, bought or ())),
            tr("Nothing yet") if bought is not None and not bought else "",
            self._coupons(),
        )

    def _bought(self, one: Purchase) -> BoughtView:
        day = datetime.fromtimestamp(one.at_ms / 1000, UTC).astimezone(self._zone)
        more = one.lines - len(one.names)
        names = ", ".join(one.names) + (ntr(" and {n} more", " and {n} more", more) if more > 0 else "")
        return BoughtView(f"{day:%d.%m.%y}", names, format_minor(one.total_minor, one.currency))

    # ── consent ──────────────────────────────────────────────────────────────────────────────────

    def _consent(self, customer: Customer, purpose: Purpose, text: str) -> ConsentView:
        said = next((one for one in customer.consents if one.purpose is purpose), None)
        answer = (tr("Agreed") if said.given else tr("Refused")) if said else tr("Not asked")
        return ConsentView(purpose.value, text, answer, given=bool(said and said.given))

    def _turn_consent(self, purpose: str) -> None:
        customer = self._shopping.who()
        if customer is None or not customer.name:
            return
        given = not customer.agreed(Purpose(purpose))
        try:
            self._shopping.customers.say(
                self._selling.signed_in(), customer, Purpose(purpose), self._consented, self.refused.emit, given=given
            )
        except RuleViolationError as refused:
            self.refused.emit(refused)

    def _consented(self, _: Customer) -> None:
        self.follow()


def _hit(customer: Customer) -> HitView:
    detail = " · ".join(filter(None, (masked_phone(customer.phone), masked_email(customer.email))))
    return HitView(customer.customer_id, customer.name, detail, customer.tier)


def _age(found: Found) -> str:
    if found.age_ms is None:
        return tr("As far as this till knows: head office has not said yet.")
    return tr("Head office said so {age}.", age=age_words(found.age_ms))
