"""Sales by hour as bars: a small painter of our own. Each bar says its figure to a screen reader as well."""

from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from pos_app.ui.theme import Weight, colour, font, tokens

HEAD_PX = 22
FOOT_PX = 22
BAR_GAP = 6
MIN_BAR_PX = 3
MAX_BAR_PX = 64
LABELLED_BARS = 12
CENTRE = int(Qt.AlignmentFlag.AlignCenter)


@dataclass(frozen=True, slots=True)
class HourBar:
    """One hour: its words, what was sold, and how that is written above the bar."""

    hour: str
    minor: int
    words: str
    spoken: str


class HourBars(QWidget):
    def __init__(self, name: str, spoken: str) -> None:
        super().__init__()
        self._bars: tuple[HourBar, ...] = ()
        self._empty = ""
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_bars(self, bars: tuple[HourBar, ...], empty: str) -> None:
        """`empty` is said while there is nothing to draw."""
        self._bars, self._empty = bars, empty
        self.setAccessibleDescription("\n".join(bar.spoken for bar in bars) or empty)
        self.update()

    def bars(self) -> tuple[HourBar, ...]:
        return self._bars

    def minimumSizeHint(self) -> QSize:
        return QSize(200, 120)

    def sizeHint(self) -> QSize:
        return QSize(420, 200)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = tokens()
        if not self._bars:
            painter.setPen(colour(theme.muted))
            painter.setFont(font(15))
            painter.drawText(QRectF(self.rect()), CENTRE, self._empty)
            painter.end()
            return
        most = max(1, *(bar.minor for bar in self._bars))
        room = self.height() - HEAD_PX - FOOT_PX
        step = self.width() / len(self._bars)
        base = float(self.height() - FOOT_PX)
        painter.fillRect(QRectF(0, base, self.width(), 1), colour(theme.line))
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        for n, bar in enumerate(self._bars):
            at = len(self._bars) - 1 - n if mirrored else n
            wide = min(MAX_BAR_PX, step - BAR_GAP)
            high = max(MIN_BAR_PX, room * max(0, bar.minor) / most)
            box = QRectF(at * step + (step - wide) / 2, base - high, wide, high)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(theme.accent if bar.minor == most else theme.accent_faint))
            painter.drawRoundedRect(box, 4, 4)
            painter.setPen(colour(theme.muted))
            painter.setFont(font(12))
            painter.drawText(QRectF(at * step, base + 2, step, FOOT_PX - 2), CENTRE, bar.hour)
            if len(self._bars) <= LABELLED_BARS:
                painter.setPen(colour(theme.ink))
                painter.setFont(font(12, Weight.SEMI))
                painter.drawText(QRectF(at * step, box.top() - HEAD_PX, step, HEAD_PX), CENTRE, bar.words)
        painter.end()
