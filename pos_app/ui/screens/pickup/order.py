"""The open order: what to pick, a line for a code or a shelf, and the one thing to do next."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from pos_app.ui.screens.pickup.state import Asking, OrderView, PickLineView
from pos_app.ui.theme import GAP, Tone, Weight, colour, font, tokens
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.lists import LEAD, TRAIL, LineList
from pos_app.ui.widgets.parts import ElidedLabel, Pill, column, label, row
from pos_app.ui.words import tr

ROW_HEIGHT = 57
FIELD_HEIGHT = 48
LINE_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()
SHORT_REASONS = ("not_in_stock", "damaged", "display")


class PickLines(QAbstractListModel):
    """Lines of one order."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[PickLineView, ...] = ()

    def show_lines(self, lines: tuple[PickLineView, ...]) -> None:
        if lines == self._lines:
            return
        same_rows = [line.n for line in lines] == [line.n for line in self._lines]
        if not same_rows:
            self.beginResetModel()
        self._lines = lines
        if same_rows:
            self.dataChanged.emit(self.index(0), self.index(len(lines) - 1))
        else:
            self.endResetModel()

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self._lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return line.spoken
        return None

    def row_of(self, n: int) -> int:
        return next((i for i, line in enumerate(self._lines) if line.n == n), -1)

    def line_at(self, row_number: int) -> PickLineView:
        return self._lines[row_number]


class PickDelegate(QStyledItemDelegate):
    """Item and its place; how many of how many."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(LINE_ROLE)
        assert isinstance(line, PickLineView)
        box: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - plain members in Qt
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        theme = tokens()
        painter.save()
        if chosen:
            painter.fillRect(box, colour(theme.accent_soft))
        painter.fillRect(QRect(box.x(), box.bottom(), box.width(), 1), colour(theme.row_line))
        strong = Weight.BOLD if chosen else Weight.REGULAR
        count_ink = theme.accent if line.done else theme.error if line.short else theme.ink
        count_weight = Weight.BOLD if chosen or line.done or line.short else Weight.REGULAR
        width = box.width()
        for text, x, y, room_width, used, ink, where in (
            (line.name, 14, 8, width - 120, font(16, strong), theme.ink, LEAD),
            (line.place, 14, 29, width - 120, font(15), theme.muted, LEAD),
            (line.picked, width - 104, 8, 90, font(16, count_weight), count_ink, TRAIL),
        ):
            painter.setFont(used)
            painter.setPen(colour(ink))
            room = QStyle.visualRect(direction, box, QRect(box.x() + x, box.y() + y, room_width, 21))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room_width)
            painter.drawText(room, int(QStyle.visualAlignment(direction, where)), shown)
        painter.restore()


class OrderPanel(QWidget):
    """Shows an OrderView; its entry line takes an item's code or the name of a shelf."""

    entered = Signal(str)
    line_tapped = Signal(int)
    main_pressed = Signal(str)  # what stands in the entry line
    short_pressed = Signal(str)  # the reason

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("order_panel")
        lines = column(self)
        lines.addLayout(self._head())
        lines.addWidget(self._columns())
        self._model = PickLines()
        self._list = LineList("pick_lines", tr("Lines of the order"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(PickDelegate(self._list))
        self._list.clicked.connect(self._line_clicked)
        lines.addWidget(self._list, 1)
        lines.addLayout(self._foot())

    def show_state(self, order: OrderView) -> None:
        self._number.setText(order.number)
        self._sub.show_text(order.sub)
        self._pill.show_state(order.pill, order.tone)
        self._pill.setVisible(bool(order.pill))
        self._model.show_lines(order.lines)
        at = self._model.row_of(order.selected_n)
        self._list.setCurrentIndex(self._model.index(at) if at >= 0 else QModelIndex())
        self._lead.setText(order.head[0])
        self._trail.setText(order.head[1])
        self.entry.setVisible(order.asking is not Asking.NOTHING)
        self.entry.show_hint(order.hint)
        self._not_found.setEnabled(order.can_short)
        self._choices.setVisible(order.can_short)
        if not order.can_short:
            self._choices.setCurrentIndex(0)
        self._main.setText(order.main_word)
        self._main.setAccessibleName(order.main_word)
        self._main.setEnabled(order.main_enabled)
        self._main.setVisible(bool(order.main_word))

    def choose_reason(self, asking: bool) -> None:
        """Show or hide the reasons why a line is short."""
        self._choices.setCurrentIndex(1 if asking else 0)

    def asking_reason(self) -> bool:
        return self._choices.currentIndex() == 1

    def flash(self, tone: Tone) -> None:
        self.entry.flash(tone)

    def main_word(self) -> str:
        return self._main.text()

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _head(self):
        lines = column(gap=4, margins=(18, 14, 18, 12))
        first = row(gap=8)
        self._number = label(px=21, weight=Weight.BOLD, name="order_number")
        self._pill = Pill("order_paid")
        first.addWidget(self._number)
        first.addStretch(1)
        first.addWidget(self._pill)
        lines.addLayout(first)
        self._sub = ElidedLabel(16, look="muted", name="order_sub")
        lines.addWidget(self._sub)
        return lines

    def _columns(self) -> QFrame:
        head = QFrame()
        head.setProperty("look", "head")
        head.setFixedHeight(36)
        line = row(head, margins=(14, 0, 15, 0))
        self._lead = label(px=13, weight=Weight.SEMI, look="muted")
        self._trail = label(px=13, weight=Weight.SEMI, look="muted")
        line.addWidget(self._lead)
        line.addStretch(1)
        line.addWidget(self._trail)
        return head

    def _foot(self):
        lines = column(gap=10, margins=(14, 10, 14, 14))
        self.entry = EntryLine("pick_entry", tr("Item code or shelf"), look="field", height=FIELD_HEIGHT)
        self.entry.entered.connect(self._enter)
        lines.addWidget(self.entry)
        self._choices = QStackedWidget()
        self._choices.setFixedHeight(FIELD_HEIGHT)
        self._choices.addWidget(self._short_row())
        self._choices.addWidget(self._reason_row())
        lines.addWidget(self._choices)
        self._main = button("", "order_main", "main", px=16)
        self._main.setFixedHeight(60)
        self._main.clicked.connect(self._main_clicked)
        lines.addWidget(self._main)
        return lines

    def _short_row(self) -> QWidget:
        holder = QWidget()
        line: QHBoxLayout = row(holder, gap=GAP)
        self._not_found = button(tr("Not found"), "not_found")
        self._not_found.clicked.connect(self._ask_reason)
        line.addWidget(self._not_found)
        return holder

    def _reason_row(self) -> QWidget:
        holder = QWidget()
        line = row(holder, gap=GAP)
        words = (tr("Not in stock"), tr("Damaged"), tr("On display"))
        for reason, word in zip(SHORT_REASONS, words, strict=True):
            made = button(word, f"short_{reason}", px=14)
            made.setProperty("reason", reason)
            made.clicked.connect(self._reason_pressed)
            line.addWidget(made)
        back = button(tr("Back"), "short_back", px=14)
        back.clicked.connect(self._no_reason)
        line.addWidget(back)
        return holder

    def _ask_reason(self) -> None:
        self.choose_reason(True)

    def _no_reason(self) -> None:
        self.choose_reason(False)

    def _reason_pressed(self) -> None:
        self.choose_reason(False)
        self.short_pressed.emit(str(self.sender().property("reason")))

    def _enter(self, text: str) -> None:
        self.entry.clear()
        self.entered.emit(text)

    def _main_clicked(self) -> None:
        self.main_pressed.emit(self.entry.take())

    def _line_clicked(self, index: QModelIndex) -> None:
        self.line_tapped.emit(self._model.line_at(index.row()).n)
