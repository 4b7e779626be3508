"""A figure for each day as bars beside one another: a small painter of our own, in a row of a list or as a picture."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_app.ui.theme import Weight, colour, font, mirrored, tokens

LEAST_PX = 2
BAR_SHARE = 0.72
FOOT_PX = 20
HEAD_PX = 20


class DayBars(QWidget):
    """`labels`: with days below and the highest figure above; without it, a sketch for a row."""

    def __init__(self, name: str, *, labels: bool = False) -> None:
        super().__init__()
        self._labels = labels
        self._figures: tuple[int, ...] = ()
        self._ends = ("", "")
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = QSizePolicy.Policy.Expanding
        self.setSizePolicy(policy, policy if labels else QSizePolicy.Policy.Fixed)

    def show_figures(self, figures: Sequence[int], spoken: str, ends: tuple[str, str] = ("", "")) -> None:
        """A figure a day, the oldest first; `ends` are the words below the first and the last."""
        self._figures, self._ends = tuple(figures), ends
        self.setAccessibleName(spoken)
        self.update()

    def figures(self) -> tuple[int, ...]:
        return self._figures

    def sizeHint(self) -> QSize:
        return QSize(320, 130) if self._labels else QSize(120, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect())
        if self._labels:
            self._paint_words(painter, box)
            box = box.adjusted(0, HEAD_PX, 0, -FOOT_PX)
        self._paint_bars(painter, box)
        painter.end()

    def _paint_bars(self, painter: QPainter, box: QRectF) -> None:
        theme, most = tokens(), max(self._figures, default=0)
        painter.setPen(colour(theme.line))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        painter.setPen(Qt.PenStyle.NoPen)
        step = box.width() / max(1, len(self._figures))
        for at, figure in enumerate(self._figures):
            height = max(LEAST_PX, box.height() * figure / most) if figure else 0
            place = len(self._figures) - 1 - at if mirrored(self) else at
            left = box.left() + place * step + step * (1 - BAR_SHARE) / 2
            painter.setBrush(colour(theme.warning if figure == most else theme.accent))
            painter.drawRoundedRect(QRectF(left, box.bottom() - height, step * BAR_SHARE, height), 2, 2)

    def _paint_words(self, painter: QPainter, box: QRectF) -> None:
        painter.setPen(colour(tokens().muted))
        painter.setFont(font(13, Weight.MEDIUM))
        first, last = reversed(self._ends) if mirrored(self) else self._ends
        foot = QRectF(box.left(), box.bottom() - FOOT_PX, box.width(), FOOT_PX)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom), first)
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom), last)
        head = QRectF(box.left(), box.top(), box.width(), HEAD_PX)
        painter.drawText(head, int(Qt.AlignmentFlag.AlignLeft), str(max(self._figures, default=0)))
