"""A PIN as it is typed: how many figures, never which."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from pos_app.ui.theme import colour, tokens
from pos_app.ui.words import tr

LEAST_DOTS = 4
DOT_PX = 16


class PinDots(QWidget):
    """As many dots as figures were typed, never the figures."""

    def __init__(self, name: str = "pin_dots") -> None:
        super().__init__()
        self._figures = 0
        self.setObjectName(name)
        self.setFixedHeight(32)

    def show_figures(self, figures: int) -> None:
        self._figures = figures
        self.setAccessibleName(tr("{n} figures typed", n=figures))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 32)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = tokens()
        count = max(LEAST_DOTS, self._figures)
        step = min(32, (self.width() - DOT_PX) // max(1, count - 1))
        x = (self.width() - (count - 1) * step - DOT_PX) / 2
        for n in range(count):
            typed = n < self._figures
            painter.setPen(QPen(colour(theme.accent if typed else theme.border), 1.6))
            painter.setBrush(colour(theme.accent) if typed else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(x + n * step, (self.height() - DOT_PX) / 2, DOT_PX, DOT_PX))
        painter.end()
