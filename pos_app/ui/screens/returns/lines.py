"""Lines of the open receipt: what was bought, what of it is left, and how many come back now."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from pos_app.ui.screens.returns.state import ReturnLineView
from pos_app.ui.theme import Weight, colour, font, tokens
from pos_app.ui.widgets.lists import LEAD, TRAIL

ROW_HEIGHT = 57
TICK_WIDTH, AMOUNT_WIDTH, EDGE = 84, 112, 15
LINE_ROLE = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class ReturnLines(QAbstractListModel):
    """Rows that did not change are not painted again."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[ReturnLineView, ...] = ()

    def show_lines(self, lines: tuple[ReturnLineView, ...]) -> None:
        if lines == self._lines:
            return
        same_rows = [line.n for line in lines] == [line.n for line in self._lines]
        if not same_rows:
            self.beginResetModel()
        before, self._lines = self._lines, lines
        if not same_rows:
            self.endResetModel()
            return
        for row, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))

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
        return next((row for row, line in enumerate(self._lines) if line.n == n), -1)

    def line_at(self, row: int) -> ReturnLineView:
        return self._lines[row]


class ReturnDelegate(QStyledItemDelegate):
    """Item with what is left of it; how many come back; for how much."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(LINE_ROLE)
        assert isinstance(line, ReturnLineView)
        box: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - plain members in Qt
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        theme = tokens()
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, colour(theme.accent_soft))
        painter.fillRect(QRect(box.x(), box.bottom(), box.width(), 1), colour(theme.row_line))
        ink = theme.muted if line.gone else theme.ink
        strong = Weight.SEMI if line.ticked else Weight.REGULAR
        name_width = box.width() - TICK_WIDTH - AMOUNT_WIDTH - 2 * EDGE
        amount_x = box.width() - EDGE - AMOUNT_WIDTH
        for text, x, y, width, used, tint, where in (
            (line.name, EDGE, 8, name_width, font(17, strong), ink, LEAD),
            (line.detail, EDGE, 30, name_width, font(14), theme.muted, LEAD),
            (line.ticked, amount_x - TICK_WIDTH, 16, TICK_WIDTH, font(20, Weight.BOLD), theme.accent, TRAIL),
            (line.amount, amount_x, 17, AMOUNT_WIDTH, font(17, strong), ink, TRAIL),
        ):
            painter.setFont(used)
            painter.setPen(colour(tint))
            room = QStyle.visualRect(direction, box, QRect(box.x() + x, box.y() + y, width, 22))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(room, int(QStyle.visualAlignment(direction, where)), shown)
        painter.restore()
