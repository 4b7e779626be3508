"""A report as it comes out of the printer, on the screen: the same document, in the screen's own letters."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_app.receipts.document import Columns, Element, Gap, ReceiptDocument, Rule, Size, Table, Text, safe
from pos_app.receipts.label_text import is_right_to_left
from pos_app.ui.theme import Weight, colour, font, tokens

LINE_PX = 23
TALL_PX = 32
GAP_PX = 10
SIDE_PX = 20
TEXT_PX = 15
TALL_TEXT_PX = 19
SHEET_WIDTH = 380
LEAD = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
TRAIL = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
CENTRE = int(Qt.AlignmentFlag.AlignCenter)


class Sheet(QWidget):
    """As high as its document; put it into a scroll area."""

    def __init__(self, name: str, spoken: str) -> None:
        super().__init__()
        self._elements: tuple[Element, ...] = ()
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(SHEET_WIDTH - 60)

    def show_document(self, document: ReceiptDocument) -> None:
        self._elements = document.elements
        self.setAccessibleDescription("\n".join(self.lines()))
        self.setFixedHeight(round(sum(_height(element) for element in self._elements)) + 2 * SIDE_PX)
        self.update()

    def lines(self) -> list[str]:
        """What it says, line by line."""
        said: list[str] = []
        for element in self._elements:
            match element:
                case Text():
                    said.append(element.text)
                case Columns():
                    said.append(f"{element.left} {element.right}".strip())
                case Table():
                    said += [" ".join(line) for line in element.lines]
                case _:
                    continue
        return said

    def sizeHint(self) -> QSize:
        return QSize(SHEET_WIDTH, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        theme = tokens()
        y = float(SIDE_PX)
        for element in self._elements:
            height = _height(element)
            room = QRectF(SIDE_PX, y, self.width() - 2 * SIDE_PX, height)
            self._draw(painter, element, room, colour(theme.ink), colour(theme.line))
            y += height
        painter.end()

    def _draw(self, painter: QPainter, element: Element, room: QRectF, ink: QColor, line: QColor) -> None:
        painter.setPen(ink)
        match element:
            case Text():
                painter.setFont(_font(element.size, bold=element.bold))
                painter.drawText(room, CENTRE if element.align.value == "centre" else LEAD, own_direction(element.text))
            case Columns():
                painter.setFont(_font(element.size, bold=element.bold))
                right = QFontMetricsF(painter.font()).horizontalAdvance(safe(element.right))
                mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
                left = room.adjusted(right + 8, 0, 0, 0) if mirrored else room.adjusted(0, 0, -right - 8, 0)
                words = own_direction(element.left)
                shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(left.width()))
                painter.drawText(left, LEAD, shown)
                painter.drawText(room, TRAIL, own_direction(element.right))
            case Table():
                self._table(painter, element, room)
            case Rule():
                painter.fillRect(QRectF(room.left(), room.center().y(), room.width(), 1), line)
            case _:
                return

    def _table(self, painter: QPainter, table: Table, room: QRectF) -> None:
        painter.setFont(font(TEXT_PX))
        columns = len(table.lines[0])
        first = room.width() * (1 - 0.22 * (columns - 1))
        for n, cells in enumerate(table.lines):
            top = room.top() + n * LINE_PX
            for at, cell in enumerate(cells):
                width = first if at == 0 else room.width() * 0.22
                lead = 0 if at == 0 else first + (at - 1) * room.width() * 0.22
                mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
                left = room.right() - lead - width if mirrored else room.left() + lead
                box = QRectF(left, top, width, LINE_PX)
                painter.drawText(box, LEAD if at == 0 else TRAIL, own_direction(cell))


def own_direction(text: str) -> str:
    """Amounts, dates and numbers keep their own direction on a mirrored sheet, as they do on paper."""
    words = safe(text)
    return words if is_right_to_left(words) else f"\u2066{words}\u2069"


def _font(size: Size, *, bold: bool) -> QFont:
    px = TEXT_PX if size is Size.NORMAL else TALL_TEXT_PX
    return font(px, Weight.BOLD if bold else Weight.REGULAR)


def _height(element: Element) -> float:
    match element:
        case Text() | Columns():
            return LINE_PX if element.size is Size.NORMAL else TALL_PX
        case Table():
            return LINE_PX * len(element.lines)
        case Gap():
            return GAP_PX * element.lines
        case Rule():
            return LINE_PX - 6
        case _:
            return 0
