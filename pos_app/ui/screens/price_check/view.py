"""The price check: a line to scan or type into, the answer in large figures, and search results beside it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from pos_app.ui.screens.price_check.state import PriceView
from pos_app.ui.screens.sell.search import SearchPanel
from pos_app.ui.screens.sell.state import SearchView
from pos_app.ui.theme import WIDE_GAP, Tone, Weight, font
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.parts import FittingWords, clear, column, label, panel, row
from pos_app.ui.words import tr

LEFT_SHARE, RIGHT_SHARE = 700, 522
PRICE_PX = 66
LOW_PX = 520
LOOKS = {Tone.OK: "accent", Tone.WARNING: "warning", Tone.ERROR: "error", Tone.INFO: "info", Tone.PLAIN: "muted"}


class PriceCheckView(QWidget):
    """Shows a PriceView; says what was typed, entered and chosen."""

    typed = Signal(str)
    entered = Signal(str)
    chosen = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("price_check_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Price check"))
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        left = column(gap=10)
        self.entry = EntryLine("price_entry", tr("Scan or type what to look up"))
        self.entry.show_hint(tr("Scan, or type a name or code: nothing is sold"))
        self.entry.textChanged.connect(self.typed)
        self.entry.entered.connect(self.entered)
        left.addWidget(self.entry)
        left.addWidget(self._answer(), 1)
        sides.addLayout(left, LEFT_SHARE)
        self.search = SearchPanel()
        self.search.setObjectName("price_search_panel")
        self.search.chosen.connect(self.chosen)
        self.search.typed.connect(self._typed_there)
        self.search.erased.connect(self.entry.backspace)
        self.search.closed.connect(self.closed)
        sides.addWidget(self.search, RIGHT_SHARE)
        self.setFocusProxy(self.entry)

    def show_price(self, state: PriceView) -> None:
        for part, text in (
            (self._empty, state.empty), (self._name, state.name), (self._detail, state.detail), (self._price, state.price),
            (self._unit, state.unit), (self._before, state.before),
        ):  # fmt: skip
            part.setText(text)
            part.setVisible(bool(text))
        clear(self._notes)
        for words, tone in state.notes:
            note = FittingWords(17, 12, Weight.SEMI, look=LOOKS[tone])
            note.setWordWrap(True)
            note.setText(words)
            self._notes.addWidget(note)

    def show_search(self, state: SearchView) -> None:
        self.search.show_keyboard(True)
        self.search.show_state(state)

    def flash(self, tone: Tone) -> None:
        self.entry.flash(tone)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = event.size().height() < LOW_PX
        self._price.setFont(font(PRICE_PX * 2 // 3 if low else PRICE_PX, Weight.BOLD))
        self._lines.setContentsMargins(28, 8 if low else 24, 28, 8 if low else 24)

    def _answer(self) -> QFrame:
        card = panel("price_card")
        lines = self._lines = column(card, gap=6, margins=(28, 24, 28, 24))
        self._empty = label(px=18, look="muted", name="price_empty")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._name = label(px=28, weight=Weight.BOLD, name="price_name")
        self._detail = label(px=15, look="muted", name="price_detail")
        self._before = label(px=17, look="muted", name="price_before")
        self._price = label(px=PRICE_PX, weight=Weight.BOLD, name="price_amount")
        self._unit = label(px=17, look="muted", name="price_unit")
        for part in (self._empty, self._name):
            part.setWordWrap(True)
        lines.addStretch(1)
        lines.addWidget(self._empty)
        lines.addWidget(self._name)
        lines.addWidget(self._detail)
        lines.addSpacing(12)
        lines.addWidget(self._before)
        lines.addWidget(self._price)
        lines.addWidget(self._unit)
        lines.addSpacing(12)
        self._notes = column(gap=6)
        lines.addLayout(self._notes)
        lines.addStretch(2)
        return card

    def _typed_there(self, text: str) -> None:
        self.entry.insert(text)
