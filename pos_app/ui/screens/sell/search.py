"""Results while a name is typed: the newest answer, a row to choose, letters to tap when there is no keyboard."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QStackedWidget, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from pos_app.ui.screens.sell.state import HitView, SearchView
from pos_app.ui.theme import Weight, colour, font, tokens
from pos_app.ui.widgets.buttons import leave_button
from pos_app.ui.widgets.lists import LEAD, TRAIL, LineList
from pos_app.ui.widgets.pads import Keyboard
from pos_app.ui.widgets.parts import ElidedLabel, column, label, row
from pos_app.ui.words import tr

HIT_HEIGHT = 52
HIT_ROLE = Qt.ItemDataRole.UserRole + 1
KEYBOARD_HEIGHT = 222
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class Hits(QAbstractListModel):
    """One page of results."""

    def __init__(self) -> None:
        super().__init__()
        self._hits: tuple[HitView, ...] = ()

    def show_hits(self, hits: tuple[HitView, ...]) -> None:
        if hits != self._hits:
            self.beginResetModel()
            self._hits = hits
            self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self._hits[index.row()]
        if role == HIT_ROLE:
            return hit
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return f"{hit.name}, {hit.price}"
        return None

    def hit_at(self, row_number: int) -> HitView | None:
        return self._hits[row_number] if 0 <= row_number < len(self._hits) else None


class HitDelegate(QStyledItemDelegate):
    """Name above, detail below, price at the end."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, HIT_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit = index.data(HIT_ROLE)
        assert isinstance(hit, HitView)
        box: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - plain members in Qt
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        theme = tokens()
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colour(theme.accent_soft))
        painter.fillRect(QRect(box.x(), box.bottom(), box.width(), 1), colour(theme.row_line))
        for text, x, y, width, used, ink, where in (
            (hit.name, 15, 6, box.width() - 130, font(16, Weight.MEDIUM), theme.ink, LEAD),
            (hit.detail, 15, 27, box.width() - 130, font(13), theme.muted, LEAD),
            (hit.price, box.width() - 110, 14, 95, font(16, Weight.MEDIUM), theme.ink, TRAIL),
        ):
            painter.setFont(used)
            painter.setPen(colour(ink))
            room = QStyle.visualRect(direction, box, QRect(box.x() + x, box.y() + y, width, 20))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(room, int(QStyle.visualAlignment(direction, where)), shown)
        painter.restore()


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
        self._model = Hits()
        lines = column(self, margins=(0, 0, 0, 10))
        lines.addLayout(self._head())
        self._list = LineList("search_hits", tr("Items found"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(HitDelegate(self._list))
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
        self._model.show_hits(state.hits)
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
        hit = self._model.hit_at(self._list.currentIndex().row()) if self._middle.currentIndex() == 1 else None
        return hit.sku if hit else ""

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
        hit = self._model.hit_at(index.row())
        if hit:
            self.chosen.emit(hit.sku)
