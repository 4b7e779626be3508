"""The table of lines: a list model, and a delegate that paints one row. Only rows on the screen cost anything."""

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from pos_app.ui.screens.sell.state import LineKind, LineView
from pos_app.ui.theme import Weight, colour, font, tokens
from pos_app.ui.widgets.lists import LEAD, TRAIL
from pos_app.ui.words import tr

LINE_ROLE = Qt.ItemDataRole.UserRole + 1
ROW_HEIGHT, LINE_BELOW = 57, 20
HEAD_HEIGHT = 36
QTY_X, NAME_X = 15, 115
PRICE_END, AMOUNT_END = 134, 15  # from the far edge
BAR = 4
CHIP_PAD, CHIP_HEIGHT = 8, 20
MAX_BELOW = 12
ROW_SIZES = tuple(QSize(200, ROW_HEIGHT + max(0, n - 1) * LINE_BELOW) for n in range(MAX_BELOW + 1))
Index = QModelIndex | QPersistentModelIndex
NO_PARENT = QModelIndex()


class SaleLines(QAbstractListModel):
    """The lines of one sale. `show_lines` tells the view exactly which rows came, changed or went."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[LineView, ...] = ()

    def show_lines(self, lines: tuple[LineView, ...]) -> None:
        old = self._lines
        if lines == old:
            return
        same_rows = [line.line_id for line in lines[: len(old)]] == [line.line_id for line in old]
        if not same_rows:
            self.beginResetModel()
            self._lines = lines
            self.endResetModel()
            return
        if len(lines) > len(old):
            self.beginInsertRows(NO_PARENT, len(old), len(lines) - 1)
            self._lines = lines
            self.endInsertRows()
        self._lines = lines
        for n, (before, after) in enumerate(zip(old, lines, strict=False)):
            if before != after:
                self.dataChanged.emit(self.index(n), self.index(n))

    def rowCount(self, parent: Index = NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        line = self._lines[index.row()]
        if role == LINE_ROLE:
            return line
        if role == Qt.ItemDataRole.SizeHintRole:
            return ROW_SIZES[min(len(line.below), MAX_BELOW)]
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return line.spoken or line.name
        return None

    def row_of(self, line_id: str) -> int:
        """Row of a line, searched from the end because the newest lines are meant most often; -1 when it is gone."""
        for n in range(len(self._lines) - 1, -1, -1):
            if self._lines[n].line_id == line_id:
                return n
        return -1

    def line_at(self, row: int) -> LineView:
        return self._lines[row]


class LineDelegate(QStyledItemDelegate):
    """Paints quantity, item, price and amount; below the item its detail and what it is cut by, a line each."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        line = index.data(LINE_ROLE)
        assert isinstance(line, LineView)
        box: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - plain members in Qt
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        direction: Qt.LayoutDirection = option.direction  # pyright: ignore[reportAttributeAccessIssue]
        painter.save()
        _ground(painter, box, line.kind, direction, selected=bool(state & QStyle.StateFlag.State_Selected))
        _Row(painter, _with_scroll_bar(option, box, direction), direction).paint(line)
        painter.restore()


class _Row:
    """Words of one row, laid out from the leading edge and mirrored as a whole."""

    def __init__(self, painter: QPainter, box: QRect, direction: Qt.LayoutDirection) -> None:
        self._painter = painter
        self._box = box
        self._direction = direction

    def paint(self, line: LineView) -> None:
        theme = tokens()
        voided, pending = line.kind is LineKind.VOIDED, line.kind is LineKind.PENDING
        ink = theme.muted if voided else theme.error if pending else theme.ink
        body = font(17, struck=voided)
        width = self._box.width()
        price_x = width - PRICE_END - 130
        self._painter.setFont(body)
        name_end = PRICE_END + self._painter.fontMetrics().horizontalAdvance(line.price) + 16
        self._write(line.qty, QTY_X, 8, NAME_X - QTY_X - 6, 22, body, ink, LEAD)
        self._write(line.name, NAME_X, 8, width - NAME_X - name_end, 22, body, ink, LEAD)
        self._write(line.price, price_x, 8, 130, 22, body, ink, TRAIL)
        self._write(line.amount, width - AMOUNT_END - 112, 8, 112, 22, body, ink, TRAIL)
        small, small_ink = font(14), theme.muted
        if pending:
            small, small_ink = font(14, Weight.SEMI), theme.error
        elif line.kind is LineKind.LOOK:
            small, small_ink = font(14, Weight.SEMI), theme.warning
        chip_width = self._chip(line.chip) if line.chip else 0
        for n, text in enumerate(line.below):
            cut = n >= len(line.below) - len(line.cuts)
            used, used_ink = (font(14, Weight.SEMI), theme.accent) if cut else (small, small_ink)
            x, y = NAME_X + (0 if n else chip_width), 29 + n * LINE_BELOW
            self._write(text, x, y, width - x - 40, 19, used, used_ink, LEAD)

    def _chip(self, text: str) -> int:
        """A question in a pill of its own, in front of the detail; the room it takes."""
        theme, used, painter = tokens(), font(13, Weight.BOLD), self._painter
        painter.setFont(used)
        width = painter.fontMetrics().horizontalAdvance(text) + 2 * CHIP_PAD
        room = QRect(self._box.x() + NAME_X, self._box.y() + 29, width, CHIP_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(theme.warning_soft))
        painter.drawRoundedRect(QStyle.visualRect(self._direction, self._box, room), CHIP_HEIGHT / 2, CHIP_HEIGHT / 2)
        self._write(text, NAME_X + CHIP_PAD, 29, width - 2 * CHIP_PAD, CHIP_HEIGHT, used, theme.warning, LEAD)
        return width + CHIP_PAD

    def _write(
        self, text: str, x: int, y: int, width: int, height: int, used: QFont, ink: str, where: Qt.AlignmentFlag
    ) -> None:
        if not text:
            return
        painter = self._painter
        room = QRect(self._box.x() + x, self._box.y() + y, width, height)
        painter.setFont(used)
        painter.setPen(colour(ink))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width + 1)
        align = QStyle.visualAlignment(self._direction, where)
        painter.drawText(QStyle.visualRect(self._direction, self._box, room), int(align), shown)


def _with_scroll_bar(option: QStyleOptionViewItem, box: QRect, direction: Qt.LayoutDirection) -> QRect:
    """The row as wide as the list, so that columns stand still when a scroll bar comes."""
    owner: QWidget | None = option.widget  # pyright: ignore[reportAttributeAccessIssue] - a plain member in Qt
    hidden = owner.width() - box.width() if owner else 0
    return (
        box.adjusted(-hidden, 0, 0, 0) if direction == Qt.LayoutDirection.RightToLeft else box.adjusted(0, 0, hidden, 0)
    )


def _ground(painter: QPainter, box: QRect, kind: LineKind, direction: Qt.LayoutDirection, *, selected: bool) -> None:
    theme = tokens()
    if kind is LineKind.PENDING:
        painter.fillRect(box, colour(theme.error_soft))
        bar = QRect(box.x(), box.y(), BAR, box.height())
        painter.fillRect(QStyle.visualRect(direction, box, bar), colour(theme.error))
        if selected:
            painter.setPen(colour(theme.error))
            painter.drawRect(box.adjusted(0, 0, -1, -2))
    elif selected:
        painter.fillRect(box, colour(theme.accent_soft))
    painter.fillRect(QRect(box.x(), box.bottom(), box.width(), 1), colour(theme.row_line))


class LinesHead(QWidget):
    """Names of the columns."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("lines_head")
        self.setFixedHeight(HEAD_HEIGHT)
        self.say(*self._words())

    def said(self) -> tuple[str, ...]:
        return self._said

    def say(self, *words: str) -> None:
        self._said = words
        self.setAccessibleName(", ".join(words))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = tokens()
        painter.setFont(font(13, Weight.SEMI))
        painter.setPen(colour(theme.muted))
        qty, item, price, amount = self._words()
        width, box, direction = self.width(), self.rect(), self.layoutDirection()
        for text, x, room, where in (
            (qty, QTY_X, NAME_X - QTY_X - 6, LEAD),
            (item, NAME_X, 200, LEAD),
            (price, width - PRICE_END - 130, 130, TRAIL),
            (amount, width - AMOUNT_END - 112, 112, TRAIL),
        ):
            cell = QStyle.visualRect(direction, box, QRect(x, 0, room, self.height() - 1))
            painter.drawText(cell, int(QStyle.visualAlignment(direction, where)), text)
        painter.fillRect(0, self.height() - 1, width, 1, colour(theme.line))
        painter.end()

    def _words(self) -> tuple[str, str, str, str]:
        return tr("Qty"), tr("Item"), tr("Price"), tr("Amount")
