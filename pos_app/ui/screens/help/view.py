"""The help screen: a line to search in, and a list of keys with what they do."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from pos_app.ui.screens.help.state import HelpRow, HelpState
from pos_app.ui.theme import WIDE_GAP, Weight, colour, font, tokens
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.lists import LEAD, TRAIL, LineList
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.words import tr

ROW_HEIGHT = 48
KEY_WIDTH, KEY_HEIGHT = 116, 30
NOTE_PX = 14
ROW_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class HelpRows(QAbstractListModel):
    """The rows that fit what was typed."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[HelpRow, ...] = ()

    def show_rows(self, rows: tuple[HelpRow, ...]) -> None:
        if rows != self._rows:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        shown = self._rows[index.row()]
        if role == ROW_ROLE:
            return shown
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return " ".join(part for part in (shown.key, shown.words, shown.note) if part)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        heading = index.isValid() and self._rows[index.row()].heading
        return Qt.ItemFlag.ItemIsEnabled if heading else super().flags(index)

    def row_at(self, n: int) -> HelpRow | None:
        return self._rows[n] if 0 <= n < len(self._rows) else None


class HelpDelegate(QStyledItemDelegate):
    """A key as it looks on a keyboard, and its words."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        shown = index.data(ROW_ROLE)
        assert isinstance(shown, HelpRow)
        box: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - plain members in Qt
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        theme = tokens()
        painter.save()
        if state & QStyle.StateFlag.State_Selected and not shown.heading:
            painter.fillRect(box, colour(theme.accent_soft))
        painter.fillRect(QRect(box.x(), box.bottom(), box.width(), 1), colour(theme.row_line))
        align = int(QStyle.visualAlignment(direction, LEAD))
        if shown.heading:
            painter.setFont(font(14, Weight.BOLD))
            painter.setPen(colour(theme.muted))
            painter.drawText(box.adjusted(16, 10, -16, 0), align, shown.words)
        else:
            key = QRect(box.x() + 16, box.center().y() - KEY_HEIGHT // 2, KEY_WIDTH, KEY_HEIGHT)
            self._paint_key(painter, QStyle.visualRect(direction, box, key), shown.key)
            words = QRect(box.x() + KEY_WIDTH + 34, box.y(), box.width() - KEY_WIDTH - 50, box.height())
            if shown.note:
                painter.setFont(font(NOTE_PX))
                painter.setPen(colour(theme.muted))
                note = QStyle.visualRect(direction, box, words)
                painter.drawText(note, int(QStyle.visualAlignment(direction, TRAIL)), shown.note)
                words.setWidth(words.width() - painter.fontMetrics().horizontalAdvance(shown.note) - WIDE_GAP)
            painter.setFont(font(16))
            painter.setPen(colour(theme.ink))
            room = QStyle.visualRect(direction, box, words)
            said = painter.fontMetrics().elidedText(shown.words, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, align, said)
        painter.restore()

    def _paint_key(self, painter: QPainter, box: QRect, key: str) -> None:
        if not key:
            return
        theme = tokens()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour(theme.border))
        painter.setBrush(colour(theme.raised))
        painter.drawRoundedRect(box, 6, 6)
        painter.setFont(font(14, Weight.SEMI))
        painter.setPen(colour(theme.ink))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), key)


class HelpView(QWidget):
    """Shows a HelpState; says what was typed and chosen."""

    typed = Signal(str)
    entered = Signal()
    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("help_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Help"))
        lines = column(self, gap=10, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        self.entry = EntryLine("help_entry", tr("Search the keys"))
        self.entry.show_hint(tr("Type part of what you want to do"))
        self.entry.textChanged.connect(self.typed)
        self.entry.entered.connect(self.entered)
        lines.addWidget(self.entry)
        card = panel("help_card")
        inside = column(card, margins=(1, 1, 1, 8))
        head = row(gap=WIDE_GAP, margins=(16, 12, 16, 10))
        self._title = label(px=18, weight=Weight.BOLD, name="help_title")
        self._preset = label(px=14, look="muted", name="help_preset")
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._preset)
        inside.addLayout(head)
        self._model = HelpRows()
        self._list = LineList("help_keys", tr("Keys"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(HelpDelegate(self._list))
        self._list.clicked.connect(self._tapped)
        inside.addWidget(self._list, 1)
        lines.addWidget(card, 1)
        self.setFocusProxy(self.entry)

    def show_state(self, state: HelpState) -> None:
        self._title.setText(state.title)
        self._preset.setText(state.preset)
        self._model.show_rows(state.rows)

    def select(self, n: int) -> None:
        self._list.setCurrentIndex(self._model.index(n))

    def _tapped(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())
