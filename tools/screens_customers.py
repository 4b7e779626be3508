"""What the pictures of the customer beside the lines show: made-up people."""

from pos_app.ui.screens.sell.customer_state import (
    BarView,
    BoughtView,
    ConsentView,
    CouponView,
    FieldView,
    FormView,
    PersonView,
)
from pos_app.ui.screens.sell.state import HitView, SearchView
from pos_app.ui.screens.sell.suggestion_bar import SuggestionView
from pos_app.ui.screens.sell.view import SellView

BAR = BarView("Jordan Lee", "Gold", "1,240 points = € 12.40")
LOYALTY = "May we keep your name and what you buy, for your points and your history?"
MARKETING = "May we send you offers by e-mail or phone?"
PERSON = PersonView(
    "Jordan Lee",
    "Gold",
    "1,240 points = € 12.40",
    "Head office said so 12 minutes ago.",
    "… 567 · jo…@example.org",
    (
        ConsentView("loyalty", LOYALTY, "Agreed", given=True),
        ConsentView("marketing", MARKETING, "Refused"),
    ),
    (
        BoughtView("21.11.25", "Filter coffee 500 g, Whole milk 1 L, Butter 250 g and 4 more", "31.47"),
        BoughtView("14.11.25", "Bananas, loose, Sparkling water 1.5 L", "3.84"),
        BoughtView("02.11.25", "Wool throw, grey", "39.90"),
    ),
    coupons=(CouponView("SAVE10", "10 % off the bakery", "−0.35"),),
)
FOUND = (
    HitView("1", "Jordan Lee", "… 567 · jo…@example.org", "Gold"),
    HitView("2", "Jordana Leeuwen", "… 118", ""),
    HitView("3", "Jorge Lemmens", "jo…@example.com", "Silver"),
)
SUGGESTED = (
    SuggestionView("1", "Coffee filters no. 4", "1.49 · Ctrl+Enter"),
    SuggestionView("2", "Oat biscuits 200 g", "2.29"),
)
FIELDS = (
    FieldView("name", "Name", "Zora Klein"),
    FieldView("phone", "Phone", "", asked=True),
    FieldView("email", "E-mail", ""),
    FieldView("card", "Loyalty card, if there is one", ""),
)


def bar(view: SellView) -> None:
    view.bar.show_state(BAR)
    view.suggestions.show_state("Filter coffee 500 g", SUGGESTED)


def person(view: SellView) -> None:
    bar(view)
    view.person.show_state(PERSON)
    view.show_person()


def find(view: SellView) -> None:
    view.entry.setText("jor le")
    view.show_search(SearchView("Find customer", FOUND), keyboard=True)


def form(view: SellView) -> None:
    view.entry.setText("0151 99 88")
    view.new_customer.show_state(FormView(FIELDS, "", "Next · Enter"))
    view.show_new_customer()


def consent(view: SellView) -> None:
    view.new_customer.show_state(FormView(FIELDS, LOYALTY, "Next · Enter"))
    view.show_new_customer()


SHOWN = {
    "sell-customer": bar,
    "sell-customer-more": person,
    "sell-customer-find": find,
    "sell-customer-new": form,
    "sell-customer-consent": consent,
}
