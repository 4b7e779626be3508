"""The sell screen: entry line, lines, totals, and at the side quick keys, search results or a number pad."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QStackedWidget, QVBoxLayout, QWidget

from pos_app.ui.screens.sell.ask_panel import AskPanel, AskView
from pos_app.ui.screens.sell.beside import BesideBar
from pos_app.ui.screens.sell.customer_panel import CustomerBar, NewCustomerPanel, PersonPanel
from pos_app.ui.screens.sell.discount_panel import DiscountPanel
from pos_app.ui.screens.sell.lines import LineDelegate, LinesHead, SaleLines
from pos_app.ui.screens.sell.panels import InsteadPanel, QuantityPanel, QuickPanel, TotalsPanel
from pos_app.ui.screens.sell.search import SearchPanel
from pos_app.ui.screens.sell.state import DiscountView, QuantityView, QuickPageView, SearchView, SellState
from pos_app.ui.screens.sell.suggestion_bar import SuggestionBar
from pos_app.ui.theme import WIDE_GAP, Tone, Weight
from pos_app.ui.widgets.entry import ENTRY_HEIGHT, EntryLine
from pos_app.ui.widgets.lists import LineList
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.words import tr

LEFT_SHARE, RIGHT_SHARE = 808, 522
MIN_RIGHT = 360
TALL_PX = 560
TOTALS_HEIGHT, LOW_TOTALS_HEIGHT = 128, 116


class SellView(QWidget):
    """Shows a SellState and says what was typed or tapped."""

    entered = Signal(str)
    typed = Signal(str)
    line_tapped = Signal(str)
    quick_tapped = Signal(str)
    hit_chosen = Signal(str)
    side_closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sell_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._state = SellState()
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        left = column(gap=10)
        left.addLayout(self._entry_row())
        left.addWidget(self._lines_panel(), 1)
        self.beside = BesideBar()
        left.addWidget(self.beside)
        self.totals = TotalsPanel()
        left.addWidget(self.totals)
        sides.addLayout(left, LEFT_SHARE)
        right = column(gap=10)
        self.bar = CustomerBar()
        right.addWidget(self.bar)
        right.addWidget(self._side(), 1)
        self.suggestions = SuggestionBar()
        right.addWidget(self.suggestions)
        sides.addLayout(right, RIGHT_SHARE)
        self.setFocusProxy(self.entry)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────

    def show_state(self, state: SellState) -> None:
        """Show the sale. Rows that did not change are not touched."""
        self._state = state
        self._list.setUniformItemSizes(not any(line.tall for line in state.lines))  # asking each row costs every scan
        self._model.show_lines(state.lines)
        self._middle.setCurrentIndex(1 if state.lines else 0)
        self.instead.show_state(state.instead, state.paid)
        self.totals.show_state(state)
        self._multiplier.setText(state.multiplier)
        self._multiplier.setVisible(bool(state.multiplier))
        self._select(state.selected)

    def show_quick_keys(self, pages: tuple[QuickPageView, ...]) -> None:
        self.quick.show_pages(pages)

    def show_search(self, state: SearchView, *, keyboard: bool) -> None:
        self.search.show_keyboard(keyboard)
        self.search.show_state(state)
        self._front(self.search)

    def show_quantity(self, state: QuantityView) -> None:
        self.quantity.show_state(state)
        self._front(self.quantity)

    def show_ask(self, state: AskView) -> None:
        self.ask.show_state(state)
        self._front(self.ask)

    def show_discount(self, state: DiscountView) -> None:
        self.discount.show_state(state)
        self._front(self.discount)

    def show_person(self) -> None:
        self._front(self.person)

    def show_new_customer(self) -> None:
        self._front(self.new_customer)

    def close_side(self) -> None:
        """Back to the quick keys."""
        self._front(self.quick)

    def _front(self, side: QWidget) -> None:
        self._sides.setCurrentWidget(side)
        self.bar.setVisible(self.bar.named and side is not self.person)  # who buys is said once
        self.suggestions.give_way(side is not self.quick)

    def flash(self, tone: Tone) -> None:
        self.entry.flash(tone)

    def show_hint(self, text: str) -> None:
        self.entry.show_hint(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.totals.setFixedHeight(TOTALS_HEIGHT if self.height() >= TALL_PX else LOW_TOTALS_HEIGHT)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _entry_row(self) -> QVBoxLayout:
        around = column()
        line = row(gap=10)
        self._multiplier = _multiplier()
        self.entry = EntryLine("entry", tr("Scan or type"))
        self.entry.entered.connect(self.entered)
        self.entry.textEdited.connect(self.typed)
        line.addWidget(self._multiplier)
        line.addWidget(self.entry, 1)
        around.addLayout(line)
        return around

    def _lines_panel(self) -> QFrame:
        made = panel("lines_panel")
        lines = column(made, margins=(0, 0, 0, 10))
        self._middle = QStackedWidget()
        self.instead = InsteadPanel()
        self._middle.addWidget(self.instead)
        table = QWidget()
        table.setProperty("look", "clear")
        inside = column(table)
        inside.addWidget(LinesHead())
        self._model = SaleLines()
        self._list = LineList("sale_lines", tr("Lines of the sale"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(LineDelegate(self._list))
        self._list.clicked.connect(self._line_clicked)
        inside.addWidget(self._list, 1)
        self._middle.addWidget(table)
        lines.addWidget(self._middle, 1)
        return made

    def _side(self) -> QStackedWidget:
        self._sides = QStackedWidget()
        self._sides.setObjectName("side")
        self._sides.setMinimumWidth(MIN_RIGHT)
        self.quick, self.search, self.quantity = QuickPanel(), SearchPanel(), QuantityPanel()
        self.ask, self.discount = AskPanel(), DiscountPanel()
        self.person, self.new_customer = PersonPanel(), NewCustomerPanel()
        for one in (
            self.quick, self.search, self.quantity, self.ask, self.discount, self.person, self.new_customer
        ):  # fmt: skip
            self._sides.addWidget(one)
        self.quick.tapped.connect(self.quick_tapped)
        self.search.chosen.connect(self.hit_chosen)
        self.search.closed.connect(self.side_closed)
        self.quantity.closed.connect(self.side_closed)
        self.quantity.set_pressed.connect(self._enter)
        self.ask.closed.connect(self.side_closed)
        self.discount.closed.connect(self.side_closed)
        self.discount.given.connect(self._enter)
        self.new_customer.erased.connect(self._erase)
        for pad in (self.search, self.quantity, self.ask, self.discount):
            pad.typed.connect(self.type_in)
            pad.erased.connect(self._erase)
        return self._sides

    # ── answering ────────────────────────────────────────────────────────────────────────────────

    def type_in(self, text: str) -> None:
        """Letters from the screen, or keys that came while nothing for typing had the focus."""
        self.entry.setFocus()
        self.entry.insert(text)
        self.typed.emit(self.entry.text())

    def _erase(self) -> None:
        self.entry.backspace()
        self.typed.emit(self.entry.text())

    def _enter(self) -> None:
        self.entered.emit(self.entry.text())

    def _line_clicked(self, index: QModelIndex) -> None:
        self.line_tapped.emit(self._model.line_at(index.row()).line_id)

    def _select(self, line_id: str) -> None:
        row_number = self._model.row_of(line_id) if line_id else -1
        if row_number < 0:
            self._list.clearSelection()
            self._list.setCurrentIndex(QModelIndex())
            if self._state.lines:
                self._list.scrollToBottom()
            return
        index = self._model.index(row_number)
        self._list.setCurrentIndex(index)
        self._list.scrollTo(index)


def _multiplier() -> QLabel:
    made = label(px=28, weight=Weight.BOLD, name="multiplier")
    made.setProperty("look", "multiplier")
    made.setFixedHeight(ENTRY_HEIGHT)
    made.setMinimumWidth(92)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.hide()
    return made
