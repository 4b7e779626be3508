"""Made-up baskets for the pictures of the sell screen and what lies beside its lines."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from PySide6.QtWidgets import QWidget

from pos_app.ui.drawer_words import MOVE_HINTS, MOVE_REASONS, move_words, reason_words
from pos_app.ui.keymap import Act, Slot
from pos_app.ui.notices import Notice
from pos_app.ui.screens.sell.ask_panel import AskView
from pos_app.ui.screens.sell.beside import BesideView
from pos_app.ui.screens.sell.state import (
    DiscountView,
    HitView,
    Instead,
    LineKind,
    LineView,
    OptionView,
    PaidView,
    QuantityView,
    QuickKeyView,
    QuickPageView,
    SearchView,
    SellState,
)
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.approval import ApprovalState
from pos_app.ui.widgets.reasons import ReasonsState
from retail_core.domain.drawer import MoveKind
from tools.picture import SYNCED, TOP, Picture
from tools.screens_customers import SHOWN

HINT = "Scan, or type a name, code, or 3* for quantity"
SELL_STRIP = (
    Slot(0, Act.FIND, "F2", "Find"),
    Slot(1, Act.QUANTITY, "F4", "Quantity"),
    Slot(2, Act.DISCOUNT, "F6", "Discount"),
    Slot(3, Act.CUSTOMER, "F3", "Customer"),
    Slot(4, Act.RETURN, "F7", "Return"),
    Slot(5, Act.SUSPEND, "F8", "Suspend"),
    Slot(6, Act.VOID_LINE, "Del", "Void line"),
    Slot(7, Act.DRAWER, "Ctrl+D", "Drawer"),
    Slot(8, Act.EXACT_CASH, "F12", "Exact cash"),
    Slot(9, Act.PAY, "F9", "Pay € 16.70", main=True),
)
READY_STRIP = (
    *SELL_STRIP[:5],
    Slot(5, Act.SUSPEND, "F8", "Recall"),
    *SELL_STRIP[6:9],
    Slot(9, Act.PAY, "F9", "Pay", main=True),
)
LINES = (
    LineView("1", "2", "Whole milk 1 L", "8710400280507 · dairy", "1.19", "2.38"),
    LineView("2", "1", "Chicken breast fillets 400 g", "8710400311102 · meat", "6.49", "6.49"),
    LineView("3", "0.532 kg", "Bananas, loose", "4011 · produce", "1.99/kg", "1.06"),
    LineView("4", "3", "Sparkling water 1.5 L", "", "0.89", "1.78", cuts=("3 for 2 · until 29 November 2026 · −0.89",)),
    LineView("5", "1", "Filter coffee 500 g", "8710400144441 · grocery", "4.99", "4.99"),
)
ODD_LINES = (
    LineView("6", "1", "Butter 250 g", "Void", "2.49", "2.49", LineKind.VOIDED),
    LineView(
        "7",
        "1",
        "Unknown code 9780201379624",
        "Find it by name, scan its other code, or Del",
        "",
        "–",
        LineKind.PENDING,
    ),
)
SALE = SellState(LINES, "5", "8 items", "", "incl. tax 21 % 0.30 · 9 % 1.19", "€ 16.70")
WORDS_AND_PRICES = (
    ("Bread roll", "0.35"), ("Croissant", "0.95"), ("Baguette", "1.45"), ("Bag, paper", "0.25"), ("Bananas", "1.99"),
    ("Tomatoes", "2.49"), ("Avocado", "1.29"), ("Stamps", "1.14"), ("Coffee to go", "1.80"), ("Newspaper", "3.10"),
)  # fmt: skip
CUT_LINES = (
    *LINES[:4],
    replace(LINES[4], cuts=("Member price · −0.50", "Discount 10 % · Damaged · −0.50"), amount="3.99"),
)
CUT_SALE = replace(SALE, lines=CUT_LINES, taxes="incl. tax 21 % 0.31 · 9 % 1.15", to_pay="€ 15.70")
WAITING = "Unknown codes are waiting. Find each item by name, scan its other code, or void it."
ODD_SALE = replace(
    SALE,
    lines=LINES[:3] + ODD_LINES,
    selected="7",
    items="5 items",
    taxes="incl. tax 9 % 0.82",
    to_pay="€ 9.93",
    waiting=WAITING,
)
DISCOUNT = DiscountView(
    "Filter coffee 500 g, now € 3.99",
    "Whole sale",
    (OptionView("percent", "Percent", chosen=True), OptionView("amount", "Amount"), OptionView("price", "New price")),
    "Reason: Damaged",
    has_why=True,
    give="Give discount",
    undo=True,
)  # fmt: skip
EXEMPT_SALE = SellState(LINES, "5", "8 items", "", "Without tax · Diplomat · D-4711", "€ 15.21")
EXEMPT = DiscountView(
    "the whole sale, now € 15.21",
    "This line",
    (OptionView("percent", "Percent"), OptionView("amount", "Amount"), OptionView("exempt", "Without tax", chosen=True)),
    "Reason: Diplomat   Ctrl+N",
    has_why=True,
    give="Sell without tax",
    undo=True,
)  # fmt: skip
APPROVAL = ApprovalState("Give up the whole sale of € 16.70", 3)
PAGES = (
    QuickPageView("Quick", tuple(QuickKeyView(w, w, p) for w, p in WORDS_AND_PRICES)),
    QuickPageView("Bakery", ()),
    QuickPageView("Produce", ()),
)
HITS = (
    HitView("1", "Filter coffee 500 g", "8710400144441 · grocery", "5.99"),
    HitView("2", "Coffee beans, dark roast 1 kg", "8710400144458 · grocery", "15.99"),
    HitView("3", "Coffee to go", "0041 · services", "1.80"),
)
ASKING = replace(
    SALE,
    lines=(
        *LINES[:3],
        LineView("8", "1", "Dry white wine 0.75 l", "8710400288077 · wine", "7.49", "7.49", LineKind.LOOK, chip="Age 18?"),
        LineView("9", "1", "Cordless drill 18 V", "8710400299080 · tools", "89.00", "89.00", LineKind.LOOK, chip="Serial number?"),
    ),
    selected="8", items="6 items", taxes="incl. tax 21 % 16.75 · 9 % 0.82", to_pay="€ 106.42",
)  # fmt: skip
USUAL = "Scan, or type a name, code, or 3* for quantity"
ANSWER, AMOUNT = "Answer, then Enter; or go on scanning", "Type the amount, then Enter; or go on scanning"
AGE = AskView(
    "Age check",
    "Dry white wine 0.75 l",
    "Born on or before 27 November 2007? Type the date of birth, then Enter.",
    "Looks over 25 · Ctrl+O",
    "Not of age · take it off",
)
SERIAL = AskView("Serial number", "Cordless drill 18 V", "Scan or type: serial number", "Set · Enter")
GIFT_CARD = AskView(
    "Load a gift card", "••4821", "€ 5.00 is on it. Type the amount, then Enter.", "Put on the sale · Enter"
)
TAKEN = AskView(
    "Sold elsewhere?",
    "Denim jacket, M",
    "T2 sold the unit with this tag or number on receipt S0319-T2-B-000417. Is it another one, or did it come back?",
    "Sell it all the same · Ctrl+O",
    "Take it off the sale",
    typed=False,
)
JACKET = LineView("8", "1", "Denim jacket, M", "serial 5141 · RFID", "79.90", "79.90", chip="Sold elsewhere?")
WITH_JACKET = replace(
    SALE,
    lines=(*LINES[:3], JACKET),
    selected="8",
    items="5 items",
    taxes="incl. tax 21 % 13.87 · 9 % 0.82",
    to_pay="€ 89.83",
)
PARKED = (
    HitView("1", "Whole milk 1 L", "14:02 · Ana M. · 8 items", "€ 16.70"),
    HitView("2", "Paint, white 10 l", "13:47 · T3 · Jo P. · 2 items", "€ 54.90"),
)
WHY_OPEN = ReasonsState(
    move_words(MoveKind.NO_SALE),
    MOVE_HINTS[MoveKind.NO_SALE],
    tuple((code, reason_words(code)) for code in MOVE_REASONS[MoveKind.NO_SALE]),
)


def sell(state: SellState, then: Callable[[SellView], None] = lambda _: None) -> Callable[[], QWidget]:
    def make() -> QWidget:
        view = SellView()
        view.show_quick_keys(PAGES)
        view.show_hint(HINT)
        view.show_state(state)
        then(view)
        return view

    return make


def strip_of(state: SellState) -> tuple[Slot, ...]:
    """The usual strip with what this sale comes to on its *Pay*."""
    return (*SELL_STRIP[:-1], replace(SELL_STRIP[-1], word=f"Pay {state.to_pay}"))


def _search(view: SellView) -> None:
    view.entry.setText("coffee")
    view.show_search(SearchView("“coffee” · 3 found", HITS), keyboard=True)


def _discount(view: SellView) -> None:
    view.entry.setText("20")
    view.show_discount(DISCOUNT)


def _exempt(view: SellView) -> None:
    view.entry.setText("D-4711")
    view.show_discount(EXEMPT)


def _quantity(view: SellView) -> None:
    view.show_quantity(QuantityView("Filter coffee 500 g", "1"))


def _asked(state: AskView, hint: str) -> Callable[[SellView], None]:
    def then(view: SellView) -> None:
        view.show_hint(hint)
        view.show_ask(state)

    return then


def _beside(view: SellView) -> None:
    view.beside.show_state(BesideView("€ 23.40 is at the card terminal", "Ctrl+W"))


def _beside_declined(view: SellView) -> None:
    view.beside.show_state(BesideView("€ 23.40 is not paid: go to it and pay otherwise", "Ctrl+W", Tone.WARNING))


def _parked(view: SellView) -> None:
    view.show_hint("Choose with ↑ and ↓, then Enter")
    view.show_search(SearchView("Put aside", PARKED), keyboard=False)


def sell_pictures() -> Iterator[Picture]:
    unknown = Notice("Unknown code 9780201379624. Keep scanning; say what it is before paying.", Tone.ERROR)
    ready = SellState(to_pay="€ 0.00")
    done = PaidView("€ 3.30", "Cash € 20.00 for € 16.70", "Receipt S0319-T2-A-000042")
    yield Picture("sell", sell(SALE), TOP, SELL_STRIP)
    yield Picture("sell-training", sell(SALE), replace(TOP, title="TRAINING · Till 2"), SELL_STRIP, training=True)
    yield Picture("sell-unknown", sell(ODD_SALE), TOP, strip_of(ODD_SALE), unknown)
    yield Picture("sell-multiplier", sell(replace(SALE, multiplier="3 ×")), TOP, SELL_STRIP)
    yield Picture("sell-search", sell(SALE, _search), SYNCED, SELL_STRIP)
    yield Picture("sell-quantity", sell(SALE, _quantity), SYNCED, SELL_STRIP)
    yield Picture("sell-ready", sell(ready), SYNCED, READY_STRIP)
    yield Picture("sell-loading", sell(replace(ready, instead=Instead.LOADING)), SYNCED, READY_STRIP)
    yield Picture("sell-paid", sell(replace(ready, instead=Instead.PAID, paid=done)), SYNCED, READY_STRIP)
    yield Picture("sell-discount", sell(CUT_SALE, _discount), SYNCED, strip_of(CUT_SALE))
    yield Picture("sell-exempt", sell(EXEMPT_SALE, _exempt), SYNCED, strip_of(EXEMPT_SALE))
    yield Picture("sell-age", sell(ASKING, _asked(AGE, ANSWER)), SYNCED, strip_of(ASKING))
    yield Picture("sell-serial", sell(replace(ASKING, selected="9"), _asked(SERIAL, ANSWER)), SYNCED, strip_of(ASKING))
    yield Picture("sell-unit-taken", sell(WITH_JACKET, _asked(TAKEN, USUAL)), SYNCED, strip_of(WITH_JACKET))
    yield Picture("sell-gift-card", sell(SALE, _asked(GIFT_CARD, AMOUNT)), SYNCED, SELL_STRIP)
    yield Picture("sell-beside", sell(SALE, _beside), SYNCED, SELL_STRIP)
    yield Picture("sell-beside-declined", sell(SALE, _beside_declined), SYNCED, SELL_STRIP)
    yield Picture("sell-parked", sell(ready, _parked), SYNCED, READY_STRIP)
    yield Picture("sell-drawer", sell(SALE), SYNCED, SELL_STRIP, reasons=WHY_OPEN)
    for name, show in SHOWN.items():
        yield Picture(name, sell(SALE, show), SYNCED, SELL_STRIP)
    yield Picture("sell-approval", sell(SALE), TOP, SELL_STRIP, approval=APPROVAL)
