"""TRAINING across the whole window, so that nobody takes a training till for a real one. Taps and keys go through it."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos_app.ui.theme import Weight, colour, font, tokens

INK_ALPHA = 34
WORD_PX = 84
ANGLE = -24
EDGE_PX = 6


class Watermark(QWidget):
    """Lies over everything in `window` and follows its size."""

    def __init__(self, window: QWidget, words: str) -> None:
        super().__init__(window)
        self._words = words
        self.setObjectName("watermark")
        self.setAccessibleName(words)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        window.installEventFilter(self)
        self._follow(window)
        self.show()

    def words(self) -> str:
        return self._words

    def said(self) -> tuple[str, ...]:
        return (self._words,)

    def say(self, words: str) -> None:
        self._words = words
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self._follow(watched)
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = colour(tokens().warning)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for edge in (QRect(0, 0, self.width(), EDGE_PX), QRect(0, self.height() - EDGE_PX, self.width(), EDGE_PX)):
            painter.drawRect(edge)
        ink.setAlpha(INK_ALPHA)
        painter.setPen(ink)
        painter.setFont(font(WORD_PX, Weight.BOLD))
        painter.translate(self.rect().center())
        painter.rotate(ANGLE)
        box = QRect(-self.width(), -WORD_PX, 2 * self.width(), 2 * WORD_PX)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), self._words)
        painter.end()

    def _follow(self, window: QWidget) -> None:
        self.setGeometry(QRect(0, 0, window.width(), window.height()))
        self.raise_()
