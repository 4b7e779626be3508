"""Codes on the screen, for scanners to read: dark on light in every theme."""

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

QUIET_MODULES, QUIET_BARS = 4, 12
PAPER, INK = QColor(255, 255, 255), QColor(0, 0, 0)
MARGIN_PX = 12


class SymbolView(QWidget):
    """A QR code or a bar code with its quiet zone, in whole pixels, so that a scanner reads it from the screen."""

    def __init__(self, name: str, spoken: str, height_share: float = 1.0) -> None:
        super().__init__()
        self._rows: tuple[str, ...] = ()
        self._share = height_share
        self.setObjectName(name)
        self.setAccessibleName(spoken)

    def show_rows(self, rows: tuple[str, ...]) -> None:
        self._rows = rows
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, int(300 * self._share))

    def minimumSizeHint(self) -> QSize:
        return QSize(220, int(220 * self._share))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._rows:
            return
        painter = QPainter(self)
        wide, flat = len(self._rows[0]), len(self._rows) == 1
        quiet = QUIET_BARS if flat else QUIET_MODULES
        size = max(
            1, min(self.width() // (wide + 2 * quiet), self.width() if flat else self.height() // (wide + 2 * quiet))
        )
        paper_w = size * (wide + 2 * quiet)
        paper_h = self.height() if flat else paper_w
        left, top = (self.width() - paper_w) // 2, (self.height() - paper_h) // 2
        painter.fillRect(left, top, paper_w, paper_h, PAPER)
        for y, line in enumerate(self._rows):
            for x, module in enumerate(line):
                if module == "1":
                    height = paper_h - 2 * MARGIN_PX if flat else size
                    at_y = top + (MARGIN_PX if flat else (quiet + y) * size)
                    painter.fillRect(QRectF(left + (quiet + x) * size, at_y, size, height), INK)
        painter.end()
