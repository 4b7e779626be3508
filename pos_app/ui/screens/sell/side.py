"""What stands beside the lines: quick keys, search results, *Find* with letters to tap, or the number pad."""

from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from pos_app.service.entry import EntryKind, parse_entry
from pos_app.service.lookup import Lookup
from pos_app.storage.readers import SearchPage
from pos_app.ui.screens.sell.ask_panel import AskView
from pos_app.ui.screens.sell.model import hit_view
from pos_app.ui.screens.sell.state import DiscountView, HitView, QuantityView, SearchView
from pos_app.ui.screens.sell.view import SellView
from pos_app.ui.words import tr, words_for
from retail_core.domain.errors import RuleViolationError


class Side(StrEnum):
    QUICK = "quick"
    RESULTS = "results"  # came by typing letters
    FIND = "find"  # asked for with F2: stays, and brings letters to tap
    QUANTITY = "quantity"
    ASK = "ask"  # an open question of the sale
    DISCOUNT = "discount"
    EXEMPT = "exempt"  # the same panel, asking for the number of a certificate
    CARD = "card"  # how much goes onto a gift card
    CUSTOMER = "customer"  # who buys
    CUSTOMERS = "customers"  # who it may be
    NEW_CUSTOMER = "new_customer"
    PARKED = "parked"  # baskets that were put aside


SEARCHING = frozenset({Side.RESULTS, Side.FIND})
LISTS = SEARCHING | {Side.PARKED, Side.CUSTOMERS}
OWN_TEXT = frozenset(
    {Side.QUANTITY, Side.DISCOUNT, Side.EXEMPT, Side.PARKED, Side.ASK, Side.CARD, Side.CUSTOMERS, Side.NEW_CUSTOMER}
)
"""What is typed is for the panel, and searches no goods."""


class SidePanel(QObject):
    """Holds which panel is open and what is being searched. The entry line keeps the keyboard throughout."""

    taken = Signal(str)  # the item of a result
    failed = Signal(object)  # CodedError

    def __init__(self, view: SellView, lookup: Lookup, currency: str) -> None:
        super().__init__()
        self._view = view
        self._lookup = lookup
        self._currency = currency
        self._found_for = ""
        self._take_single = False
        self._answer_typed = True
        self.side = Side.QUICK

    @property
    def searching(self) -> bool:
        return self.side in SEARCHING

    def typed(self, text: str) -> None:
        """Letters search as they are typed; in *Find* so do figures."""
        self._take_single = False
        if self.side in OWN_TEXT:
            return
        query = search_words(text)
        if not query and self.side is Side.FIND:
            query = text.strip()
        if query:
            self.search(query)
        elif self.side is Side.RESULTS:
            self.close()
        elif self.side is Side.FIND:
            self._found_for = ""
            self._view.show_search(SearchView(tr("Find item"), (), tr("Type part of a name or code")), keyboard=True)

    def search(self, query: str) -> None:
        if self.side is not Side.FIND:
            self.side = Side.RESULTS
        self._lookup.search(query, self._show_found, self.failed.emit)

    def open_find(self) -> None:
        self.side = Side.FIND
        self.typed(self._view.entry.text())
        self.show_hint()
        self._view.entry.setFocus()

    def open_quantity(self, state: QuantityView) -> None:
        self.side = Side.QUANTITY
        self._view.entry.clear()
        self._view.show_quantity(state)
        self.show_hint()
        self._view.entry.setFocus()

    def open_ask(self, state: AskView, side: Side = Side.ASK) -> None:
        self.side, self._answer_typed = side, state.typed
        self._view.entry.clear()
        self._view.show_ask(state)
        self.show_hint()
        self._view.entry.setFocus()

    def open_discount(self, state: DiscountView, side: Side = Side.DISCOUNT) -> None:
        self.side = side
        self._view.entry.clear()
        self._view.show_discount(state)
        self.show_hint()
        self._view.entry.setFocus()

    def open_parked(self, hits: tuple[HitView, ...]) -> None:
        """Baskets that were put aside, to choose one."""
        self.side = Side.PARKED
        self._view.entry.clear()
        self._view.show_search(SearchView(tr("Put aside"), hits), keyboard=False)
        self.show_hint()
        self._view.entry.setFocus()

    def open_customers(self, state: SearchView) -> None:
        """Who it may be, to choose one; letters to tap come with it."""
        self.side = Side.CUSTOMERS
        self._view.entry.clear()
        self._view.show_search(state, keyboard=True)
        self.show_hint()
        self._view.entry.setFocus()

    def open_customer(self) -> None:
        self.side = Side.CUSTOMER
        self._view.entry.clear()
        self._view.show_person()
        self.show_hint()
        self._view.entry.setFocus()

    def open_new_customer(self) -> None:
        self.side = Side.NEW_CUSTOMER
        self._view.entry.clear()
        self._view.show_new_customer()
        self._view.entry.setFocus()

    def chosen(self) -> str:
        """What is chosen in the list."""
        return self._view.search.selected_sku()

    def close(self) -> None:
        """Back to the quick keys."""
        self.side, self._take_single = Side.QUICK, False
        self._view.close_side()
        self.show_hint()
        self._view.entry.setFocus()

    def close_and_clear(self) -> None:
        """The same, with nothing left half typed."""
        self._view.entry.clear()
        self.close()

    def step(self, by: int) -> None:
        self._view.search.step(by)

    def take(self, text: str, enter_code: Callable[[str], None]) -> None:
        """Enter while searching: the chosen result. If the answer to this very text is not here yet, it is taken
        when it comes and is alone. Figures nothing was found for are entered as a code."""
        words = search_words(text)
        query = words or text.strip()
        sku = self._view.search.selected_sku()
        if query == self._found_for and sku:
            self.taken.emit(sku)
        elif self.side is Side.FIND and not words:
            self.close()
            enter_code(text)
        else:
            self.search(query)
            self._take_single = True

    def show_hint(self) -> None:
        usual = tr("Scan, or type a name, code, or 3* for quantity")
        hints = {
            Side.FIND: tr("Type part of a name or code"),
            Side.DISCOUNT: tr("Type how much to take off, then Enter"),
            Side.EXEMPT: tr("Type the number of the certificate, then Enter"),
            Side.QUANTITY: tr("Type the quantity, then Enter"),
            Side.ASK: tr("Answer, then Enter; or go on scanning") if self._answer_typed else usual,
            Side.CARD: tr("Type the amount, then Enter; or go on scanning"),
            Side.CUSTOMERS: tr("Card, phone, e-mail or name of the customer"),
            Side.PARKED: tr("Choose with ↑ and ↓, then Enter"),
        }
        self._view.show_hint(hints.get(self.side, usual))

    def _show_found(self, page: SearchPage) -> None:
        if not self.searching:
            return
        self._found_for = page.text
        hits = tuple(hit_view(h.sku, h.name, h.detail, h.price_minor, self._currency) for h in page.hits)
        count = f"{page.count:,}+" if page.more_than_counted else f"{page.count:,}"
        title = tr("“{text}” · {count} found", text=page.text, count=count)
        message = "" if hits else words_for("search.nothing", {"text": page.text})
        self._view.show_search(SearchView(title, hits, message), keyboard=self.side is Side.FIND)
        take, self._take_single = self._take_single, False
        if take and len(hits) == 1:
            self.taken.emit(hits[0].sku)


def search_words(text: str) -> str:
    """The words to search for, or nothing when the text is a code, an amount or a quantity."""
    try:
        entry = parse_entry(text)
    except RuleViolationError:
        return ""
    return entry.text if entry.kind is EntryKind.SEARCH else ""
