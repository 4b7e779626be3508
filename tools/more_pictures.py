"""Pictures of what lies over the screens and beside them: help, price check, the customer's window."""

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QWidget

from pos_app.ui.customer.state import CustomerLine, CustomerState, Showing
from pos_app.ui.customer.view import CustomerWindow
from pos_app.ui.key_words import TYPED, act_name, key_name_words
from pos_app.ui.keymap import EVERYWHERE, SELL_KEYS, Act, Slot
from pos_app.ui.screens.help.state import HelpRow, HelpState
from pos_app.ui.screens.help.view import HelpView
from pos_app.ui.screens.price_check.state import PriceView
from pos_app.ui.screens.price_check.view import PriceCheckView
from pos_app.ui.screens.sell.state import HitView, SearchView
from pos_app.ui.theme import Tone
from pos_app.ui.words import in_force, ntr, tr
from tools.picture import SYNCED, Picture

BACK_STRIP = (Slot(0, Act.BACK, "Esc", "Back"),)
STORE = "Store 319"
LINES = (
    ("2", "Whole milk 1 L", "2.38", ""),
    ("1", "Chicken breast fillets 400 g", "6.49", ""),
    ("0.532 kg", "Bananas, loose", "1.06", ""),
    ("3", "Sparkling water 1.5 L", "1.78", "3 for 2 · −0.89"),
    ("1", "Filter coffee 500 g", "4.99", ""),
)


def more_pictures() -> Iterator[Picture]:
    yield Picture("help", _help, SYNCED, BACK_STRIP)
    yield Picture("price-check", _price(_milk()), SYNCED, BACK_STRIP)
    yield Picture("price-check-unknown", _price(_unknown()), SYNCED, BACK_STRIP)
    yield Picture("customer-idle", _customer(_idle), SYNCED, (), alone=True)
    yield Picture("customer-sale", _customer(_sale), SYNCED, (), alone=True)
    yield Picture("customer-paid", _customer(_paid), SYNCED, (), alone=True)


def _help() -> QWidget:
    view = HelpView()
    here = {act: key for key, act in SELL_KEYS.items() if act not in (Act.UP, Act.DOWN)}
    everywhere = {act: key for key, act in EVERYWHERE.items() if act not in here and key not in SELL_KEYS}
    rows = [
        HelpRow(tr("On this screen")),
        *(HelpRow(act_name(act), key_name_words(key), act.value) for act, key in here.items()),
        HelpRow(tr("Everywhere")),
        *(HelpRow(act_name(act), key_name_words(key), act.value) for act, key in everywhere.items()),
        *(HelpRow(tr(words), key) for key, words in TYPED),
    ]
    view.show_state(HelpState(tr("Keys and commands"), tuple(rows), tr("Keys: {preset}", preset="Classic")))
    view.select(3)
    return view


def _price(state: PriceView) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = PriceCheckView()
        view.show_price(state)
        hits = (
            HitView("1", "Whole milk 1 L", "8710400280507 · dairy", "1.19"),
            HitView("2", "Oat milk 1 L", "8710400280514 · dairy", "1.89"),
        )
        view.show_search(SearchView("“milk” · 2 found", hits))
        return view

    return make


def _milk() -> PriceView:
    notes = (("3 for 2", Tone.OK), ("Best before 30 November 2025 · tell the customer", Tone.WARNING))
    return PriceView("Whole milk 1 L", "8710400280507 · dairy", "€ 0.99", "for one", "instead of € 1.19", notes)


def _unknown() -> PriceView:
    return PriceView("9780201379624", notes=(("Nobody knows this code here.", Tone.ERROR),))


def _customer(state: Callable[[], CustomerState]) -> Callable[[], QWidget]:
    def make() -> QWidget:
        window = CustomerWindow()
        window.show_state(state())
        return window

    return make


def _idle() -> CustomerState:
    return CustomerState(store=STORE, welcome=tr("Welcome"), right_to_left=in_force().right_to_left)


def _sale() -> CustomerState:
    said = in_force()
    lines = tuple(
        CustomerLine(said.number(qty), name, said.number(amount), reason and said.number(reason))
        for qty, name, amount, reason in LINES
    )
    return CustomerState(
        Showing.SALE, STORE, lines=lines, count=ntr("{n} item", "{n} items", 8),
        saved=tr("you save {amount}", amount=said.number("€ 0.89")), total_word=tr("Total"), total=said.number("€ 16.70"),
        hint=tr("Please follow the card terminal"), right_to_left=said.right_to_left,
    )  # fmt: skip


def _paid() -> CustomerState:
    said, number = in_force(), "S0319-T2-A-000042"
    return CustomerState(
        Showing.PAID, STORE, welcome=tr("Thank you"), total_word=tr("Total"), total=said.number("€ 16.70"),
        change_word=tr("Change"), change=said.number("€ 3.30"), code=f"OTR:{number}:1f2e3d4c",
        code_word=tr("Your receipt: {number}", number=said.number(number)), right_to_left=said.right_to_left,
    )  # fmt: skip
