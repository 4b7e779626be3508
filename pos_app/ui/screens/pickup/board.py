"""The board: four columns of cards. A card paints itself and is a button, so it can be tapped, tabbed to and read out."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QScroller, QSizePolicy, QStyle, QVBoxLayout, QWidget

from pos_app.ui.screens.pickup.state import BoardState, CardView, ColumnView
from pos_app.ui.theme import GAP, RADIUS, Weight, colour, font, tokens
from pos_app.ui.widgets.parts import PILL_HEIGHT, PILL_PADDING, PILL_PX, column, label, paint_pill, row

PADDING = 13
NUMBER_ROW, CHIP_ROW, TEXT_ROW = 28, 30, 22
CHIP_GAP = 6
BAR = 4


class OrderCard(QAbstractButton):
    """One order: number, what is special about it, customer, a note. Height follows the width."""

    def __init__(self) -> None:
        super().__init__()
        self._card = CardView("", "", "", "")
        self._open = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumHeight(64)

    def show_card(self, card: CardView, *, opened: bool) -> None:
        if (card, opened) == (self._card, self._open):
            return
        self._card, self._open = card, opened
        self.setObjectName(f"order_{card.number}")
        self.setAccessibleName(card.spoken)
        self.setProperty("order_id", card.order_id)
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        height = self.height_for(self.width())
        if height != self.height():
            self.setFixedHeight(height)

    def height_for(self, width: int) -> int:
        notes = len(self._wrapped(self._card.note, width)) + len(self._wrapped(self._card.name, width))
        chip = CHIP_ROW if self._card.chip and not self._chip_fits(width) else 0
        return 2 * PADDING - 4 + NUMBER_ROW + chip + notes * TEXT_ROW

    def sizeHint(self) -> QSize:
        width = self.width() or 218
        return QSize(width, self.height_for(width))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = tokens()
        self._paint_ground(painter)
        width = self.width()
        y = PADDING - 3
        number = font(17, Weight.BOLD)
        number_width = QFontMetricsF(number).horizontalAdvance(self._card.number)
        self._write(painter, self._card.number, y, NUMBER_ROW, number, theme.ink)
        if self._card.chip:
            fits = self._chip_fits(width)
            chip_y = y if fits else y + NUMBER_ROW
            x = PADDING + (number_width + CHIP_GAP if fits else 0)
            box = QRectF(x, chip_y + (NUMBER_ROW - PILL_HEIGHT) / 2, self._chip_width(), PILL_HEIGHT)
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                box.moveLeft(width - box.right())
            paint_pill(painter, box, self._card.chip, self._card.tone, self.layoutDirection())
            y += 0 if fits else CHIP_ROW
        y += NUMBER_ROW
        for text, ink in ((self._card.name, theme.ink), (self._card.note, theme.muted)):
            for line in self._wrapped(text, width):
                self._write(painter, line, y, TEXT_ROW, font(15), ink)
                y += TEXT_ROW
        painter.end()

    def _paint_ground(self, painter: QPainter) -> None:
        theme = tokens()
        inset = 1.0 if self._open or self.hasFocus() else 0.5
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        shape = QPainterPath()
        shape.addRoundedRect(box, RADIUS, RADIUS)
        painter.fillPath(shape, colour(theme.pressed if self.isDown() else theme.panel))
        if self._card.urgent:
            painter.save()
            painter.setClipPath(shape)
            bar = self.rect()
            bar.setWidth(BAR)
            painter.fillRect(QStyle.visualRect(self.layoutDirection(), self.rect(), bar), colour(theme.error))
            painter.restore()
        strong = self._open or self.hasFocus()
        painter.setPen(QPen(colour(theme.accent if strong else theme.line), 2.0 if strong else 1.0))
        painter.drawPath(shape)

    def _write(self, painter: QPainter, text: str, y: float, height: int, used: QFont, ink: str) -> None:
        painter.setFont(used)
        painter.setPen(colour(ink))
        room = QRectF(PADDING, y, self.width() - 2 * PADDING, height)
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), shown)

    def _chip_width(self) -> float:
        return QFontMetricsF(font(PILL_PX, Weight.SEMI)).horizontalAdvance(self._card.chip) + 2 * PILL_PADDING

    def _chip_fits(self, width: int) -> bool:
        number = QFontMetricsF(font(17, Weight.BOLD)).horizontalAdvance(self._card.number)
        return PADDING + number + CHIP_GAP + self._chip_width() + PADDING <= width

    def _wrapped(self, text: str, width: int) -> list[str]:
        """On at most two lines, broken at spaces."""
        metrics, room = QFontMetricsF(font(15)), width - 2 * PADDING
        if not text:
            return []
        if metrics.horizontalAdvance(text) <= room:
            return [text]
        first = ""
        words = text.split(" ")
        while words and metrics.horizontalAdvance(f"{first} {words[0]}".strip()) <= room:
            first = f"{first} {words.pop(0)}".strip()
        return [part for part in (first, " ".join(words)) if part]


class BoardColumn(QWidget):
    """A titled column that scrolls on its own. Cards are kept and refilled, so nothing flickers."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        lines = column(self, gap=8)
        head = row(margins=(4, 0, 5, 0))
        self._title = label(px=15, weight=Weight.BOLD, look="muted")
        self._count = label(px=15, weight=Weight.BOLD, look="muted", name=f"{name}_count")
        head.addWidget(self._title)
        head.addStretch(1)
        head.addWidget(self._count)
        lines.addLayout(head)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
        inside = QWidget()
        inside.setProperty("look", "clear")
        self._cards: QVBoxLayout = column(inside, gap=GAP)
        self._cards.addStretch(1)
        area.setWidget(inside)
        lines.addWidget(area, 1)
        self._kept: list[OrderCard] = []

    def show_column(self, state: ColumnView, open_id: str) -> None:
        self._title.setText(state.title)
        self._count.setText(str(len(state.cards)))
        self._count.setAccessibleName(f"{state.title}: {len(state.cards)}")
        while len(self._kept) < len(state.cards):
            card = OrderCard()
            card.clicked.connect(self._pressed)
            self._cards.insertWidget(len(self._kept), card)
            self._kept.append(card)
        for n, card in enumerate(self._kept):
            card.setVisible(n < len(state.cards))
            if n < len(state.cards):
                card.show_card(state.cards[n], opened=state.cards[n].order_id == open_id)

    def cards(self) -> tuple[OrderCard, ...]:
        return tuple(card for card in self._kept if not card.isHidden())

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("order_id")))


class Board(QWidget):
    """New, picking, ready, attention."""

    chosen = Signal(str)
    NAMES = ("new", "picking", "ready", "attention")

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("board")
        line = row(self, gap=10)
        self.columns = tuple(BoardColumn(f"column_{name}") for name in self.NAMES)
        for one in self.columns:
            one.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            one.chosen.connect(self.chosen)
            line.addWidget(one, 1)

    def show_state(self, state: BoardState) -> None:
        for one, shown in zip(self.columns, state.columns, strict=False):
            one.show_column(shown, state.open_id)
