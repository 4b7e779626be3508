"""What the customer's display shows between two customers: the shop's own pictures, or a calm page with its name."""

from pathlib import Path

from PySide6.QtCore import QObject, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QImageReader, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from pos_app.ui.theme import Weight, colour, font, tokens

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
MAX_PICTURES = 50
MAX_PICTURE_BYTES = 12_000_000
PICTURE_MS = 9_000
NAME_SHARE, WELCOME_SHARE = 0.11, 0.05
RINGS = ((0.16, 0.22, 0.46), (0.9, 0.86, 0.62), (0.8, 0.1, 0.2))
"""Centre and radius of each, as shares of width, height and height."""


class Pictures(QObject):
    """One picture after another from a folder; `changed` carries a QImage, a null one when there is none."""

    changed = Signal(object)

    def __init__(self, folder: Path | None) -> None:
        super().__init__()
        self._folder = folder
        self._at = -1
        self._size = QSize(1024, 600)
        self._timer = QTimer(self, interval=PICTURE_MS)
        self._timer.timeout.connect(self._next)

    def begin(self, size: QSize) -> None:
        """Show pictures of this size from now on; does nothing while it shows them already."""
        self._size = size
        if not self._timer.isActive():
            self._timer.start()
            self._next()

    def stop(self) -> None:
        self._timer.stop()

    def files(self) -> list[Path]:
        """The pictures of the folder by name; read anew each time, so that a new one comes by itself."""
        if self._folder is None or not self._folder.is_dir():
            return []
        found = sorted(file for file in self._folder.iterdir() if file.suffix.lower() in SUFFIXES)
        return [file for file in found if file.stat().st_size <= MAX_PICTURE_BYTES][:MAX_PICTURES]

    def _next(self) -> None:
        files = self.files()
        for _attempt in files:
            self._at = (self._at + 1) % len(files)
            image = self._read(files[self._at])
            if not image.isNull():
                self.changed.emit(image)
                return
        self.changed.emit(QImage())

    def _read(self, file: Path) -> QImage:
        """As large as the window, turned as its camera held it; null for a file that is no picture."""
        reader = QImageReader(str(file))
        reader.setAutoTransform(True)
        if reader.size().isValid():
            reader.setScaledSize(reader.size().scaled(self._size, Qt.AspectRatioMode.KeepAspectRatioByExpanding))
        return reader.read()


class IdlePage(QWidget):
    """A picture over the whole window, or the shop's name on quiet circles."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("customer_idle")
        self._image = QImage()
        self._store = self._welcome = ""

    def show_words(self, store: str, welcome: str) -> None:
        self._store, self._welcome = store, welcome
        self.setAccessibleName(f"{welcome} {store}")
        self.update()

    def show_picture(self, image: QImage) -> None:
        self._image = image
        self.update()

    def has_picture(self) -> bool:
        return not self._image.isNull()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._image.isNull():
            self._paint_page(painter)
        else:
            shown = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            corner = QRectF(
                (self.width() - shown.width()) / 2, (self.height() - shown.height()) / 2, shown.width(), shown.height()
            )
            painter.drawImage(corner, self._image)
        painter.end()

    def _paint_page(self, painter: QPainter) -> None:
        theme, high, wide = tokens(), self.height(), self.width()
        painter.fillRect(self.rect(), colour(theme.page))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(theme.accent_soft))
        for x, y, radius in RINGS:
            size = 2 * radius * high
            painter.drawEllipse(QRectF(x * wide - size / 2, y * high - size / 2, size, size))
        name_px, welcome_px = max(28, int(high * NAME_SHARE)), max(18, int(high * WELCOME_SHARE))
        middle = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        painter.setPen(colour(theme.accent))
        painter.setFont(font(welcome_px, Weight.SEMI))
        painter.drawText(QRectF(0, high * 0.28, wide, welcome_px * 2), int(middle), self._welcome)
        painter.setPen(colour(theme.ink))
        painter.setFont(font(name_px, Weight.BOLD))
        painter.drawText(QRectF(wide * 0.06, high * 0.4, wide * 0.88, name_px * 3), int(middle), self._store)
