"""Results while a name is typed: the newest answer, a row to choose, letters to tap when there is no keyboard."""

from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFrame, QStackedWidget

from pos_app.ui.screens.sell.state import HitView, SearchView
from pos_app.ui.theme import Weight, font, tokens
from pos_app.ui.widgets.buttons import leave_button
from pos_app.ui.widgets.lists import LineList
from pos_app.ui.widgets.pads import Keyboard
from pos_app.ui.widgets.parts import ElidedLabel, column, label, row
from pos_app.ui.widgets.rows import Piece, RowDelegate, Rows
from pos_app.ui.words import tr

HIT_HEIGHT = 52
KEYBOARD_HEIGHT = 222


def hit_row(shown: object, width: int, _chosen: bool) -> Iterable[Piece]:
    """Name above, detail below, price at the end."""
    assert isinstance(shown, HitView)
    theme, words = tokens(), width - 130
    yield Piece(shown.name, 15, 6, words, font(16, Weight.MEDIUM), theme.ink)
    yield Piece(shown.detail, 15, 27, words, font(13), theme.muted)
    yield Piece(shown.price, width - 110, 14, 95, font(16, Weight.MEDIUM), theme.ink, at_end=True)


class SearchPanel(QFrame):
    """Taps and Enter choose; the list never takes the keyboard from the entry line."""

    chosen = Signal(str)
    typed = Signal(str)
    erased = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("search_panel")
        self._model = Rows()
        lines = column(self, margins=(0, 0, 0, 10))
        lines.addLayout(self._head())
        self._list = LineList("search_hits", tr("Items found"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(RowDelegate(self._list, hit_row, HIT_HEIGHT))
        self._list.clicked.connect(self._tapped)
        self._message = label(px=16, look="muted", name="search_message")
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setWordWrap(True)
        self._message.setMargin(24)
        self._middle = QStackedWidget()
        self._middle.addWidget(self._message)
        self._middle.addWidget(self._list)
        lines.addWidget(self._middle, 1)
        self._keyboard = Keyboard("search_keyboard")
        self._keyboard.setFixedHeight(KEYBOARD_HEIGHT)
        self._keyboard.setContentsMargins(9, 9, 9, 9)
        self._keyboard.typed.connect(self.typed)
        self._keyboard.erased.connect(self.erased)
        lines.addWidget(self._keyboard)

    def show_state(self, state: SearchView) -> None:
        self._title.show_text(state.title)
        self._message.setText(state.message)
        self._model.show_rows(state.hits)
        self._middle.setCurrentIndex(1 if state.hits else 0)
        if state.hits:
            self._select(0)

    def show_keyboard(self, shown: bool) -> None:
        self._keyboard.setVisible(shown)

    def step(self, by: int) -> None:
        """Up and down through the results."""
        count = self._model.rowCount()
        if count:
            self._select(max(0, min(count - 1, self._list.currentIndex().row() + by)))

    def selected_sku(self) -> str:
        """The item Enter would take; empty when there is none."""
        chosen = self._model.key_at(self._list.currentIndex().row()) if self._middle.currentIndex() == 1 else None
        return str(chosen or "")

    def _head(self):
        head = row(gap=8, margins=(14, 10, 10, 10))
        self._title = ElidedLabel(15, Weight.BOLD, name="search_title")
        head.addWidget(self._title, 1)
        close = leave_button("search_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        return head

    def _select(self, n: int) -> None:
        self._list.setCurrentIndex(self._model.index(n))

    def _tapped(self, index: QModelIndex) -> None:
        tapped = self._model.key_at(index.row())
        if tapped:
            self.chosen.emit(tapped)
