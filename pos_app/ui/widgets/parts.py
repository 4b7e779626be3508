"""Words, panels and pills: the pieces every screen is made of."""

from typing import TypeVar

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QStyle, QVBoxLayout, QWidget

from pos_app.ui.theme import BODY_PX, Tone, Weight, colour, font, tokens

Margins = tuple[int, int, int, int]
L = TypeVar("L", QVBoxLayout, QHBoxLayout)
ELLIPSIS = Qt.TextElideMode.ElideRight
PILL_PX = 13
PILL_HEIGHT = 26
PILL_PADDING = 12
DOT_PX = 8
UNBOUNDED_PX = 10_000


class Words(QLabel):
    """Words that stand at the leading edge of the window's direction, whatever script they are in.

    Qt lays out a label by the script of its text: a Latin name in an Arabic window would stand at the wrong edge.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._wanted = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
        self._align()

    def setAlignment(self, alignment: Qt.AlignmentFlag) -> None:
        self._wanted = alignment
        self._align()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._align()

    def _align(self) -> None:
        super().setAlignment(QStyle.visualAlignment(self.layoutDirection(), self._wanted))


def label(text: str = "", px: int = BODY_PX, weight: Weight = Weight.REGULAR, look: str = "", name: str = "") -> QLabel:
    """Words in the theme's font. `look` is muted, accent, warning or error."""
    made = Words(text)
    made.setFont(font(px, weight))
    made.setTextFormat(Qt.TextFormat.PlainText)  # what customers and suppliers wrote is never markup
    if look:
        made.setProperty("look", look)
    if name:
        made.setObjectName(name)
    return made


class FittingWords(Words):
    """Words that are set smaller, down to `least_px`, where they would not fit; never cut and never wider than the room."""

    def __init__(self, px: int, least_px: int, weight: Weight = Weight.REGULAR, look: str = "", name: str = "") -> None:
        super().__init__()
        self._px, self._least_px, self._weight = px, least_px, weight
        self.setFont(font(px, weight))
        self.setTextFormat(Qt.TextFormat.PlainText)
        if look:
            self.setProperty("look", look)
        if name:
            self.setObjectName(name)

    def setText(self, text: str) -> None:
        super().setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def fits(self) -> bool:
        """True when all of it can be read."""
        return self._fits(self.fontMetrics())

    def heightForWidth(self, width: int) -> int:
        """What it wants at its largest; it takes less."""
        if not self.wordWrap():
            return super().heightForWidth(width)
        return self._needed(QFontMetrics(font(self._px, self._weight)), width)

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(font(self._px, self._weight))
        if self.wordWrap():
            wide = min(metrics.horizontalAdvance(self.text()), 40 * metrics.averageCharWidth())
            return QSize(wide, self._needed(metrics, wide))
        return QSize(metrics.horizontalAdvance(self.text()) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        metrics = QFontMetrics(font(self._least_px, self._weight))
        wide = 1 if self.wordWrap() else metrics.horizontalAdvance(self.text()) + 2
        return QSize(wide, metrics.height())

    def _fit(self) -> None:
        for px in range(self._px, self._least_px - 1, -1):
            used = font(px, self._weight)
            if self._fits(QFontMetrics(used)) or px == self._least_px:
                self.setFont(used)
                return

    def _fits(self, metrics: QFontMetrics) -> bool:
        room = self.contentsRect()
        if not self.wordWrap():
            return metrics.horizontalAdvance(self.text()) <= room.width()
        return self._needed(metrics, room.width()) <= room.height()

    def _needed(self, metrics: QFontMetrics, width: int) -> int:
        box = QRect(0, 0, max(1, width), UNBOUNDED_PX)
        return metrics.boundingRect(box, int(Qt.TextFlag.TextWordWrap), self.text()).height()


class ElidedLabel(Words):
    """One line that shortens itself with … instead of pushing its neighbours; the whole text is its tool tip."""

    def __init__(self, px: int, weight: Weight = Weight.REGULAR, look: str = "", name: str = "") -> None:
        super().__init__()
        self._whole = ""
        self.setFont(font(px, weight))
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if look:
            self.setProperty("look", look)
        if name:
            self.setObjectName(name)

    def show_text(self, text: str) -> None:
        """Show `text`, shortened to the room there is."""
        self._whole = text
        self.setAccessibleName(text)
        self._shorten()

    def whole(self) -> str:
        return self._whole

    def said(self) -> tuple[str, ...]:
        return (self._whole,)

    def say(self, text: str) -> None:
        self.show_text(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        shown = self.fontMetrics().elidedText(self._whole, ELLIPSIS, max(0, self.width()))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")


class Pill(QWidget):
    """A short state in words on a coloured ground, with a dot in front when it is a lamp."""

    tapped = Signal()

    def __init__(self, name: str = "", *, lamp: bool = False) -> None:
        super().__init__()
        self._text = ""
        self._tone = Tone.OK
        self._lamp = lamp
        self.setObjectName(name)
        self.setFont(font(PILL_PX, Weight.SEMI))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_state(self, text: str, tone: Tone) -> None:
        if (text, tone) == (self._text, self._tone):
            return
        self._text, self._tone = text, tone
        self.setAccessibleName(text)
        if (
            not text or self.parentWidget() is not None
        ):  # shown without a parent it would be a window, and take the keys
            self.setVisible(bool(text))
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        return self._text

    def said(self) -> tuple[str, ...]:
        return (self._text,)

    def say(self, text: str) -> None:
        self.show_state(text, self._tone)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.tapped.emit()

    def sizeHint(self) -> QSize:
        return QSize(pill_width(self._text, lamp=self._lamp), PILL_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_pill(painter, QRectF(self.rect()), self._text, self._tone, self.layoutDirection(), lamp=self._lamp)
        painter.end()


def pill_width(text: str, *, lamp: bool = True) -> int:
    """How wide a pill with these words is."""
    words = QFontMetrics(font(PILL_PX, Weight.SEMI)).horizontalAdvance(text)
    return words + 2 * PILL_PADDING + (DOT_PX + 7 if lamp else 0)


def paint_pill(
    painter: QPainter, box: QRectF, text: str, tone: Tone, direction: Qt.LayoutDirection, *, lamp: bool = False
) -> None:
    """Paint a pill into `box`; its width comes from `pill_width`."""
    words, ground = tokens().tone(tone)
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour(ground))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    inner = box.adjusted(PILL_PADDING, 0, -PILL_PADDING, 0)
    if lamp:
        right_to_left = direction == Qt.LayoutDirection.RightToLeft
        x = inner.right() - DOT_PX if right_to_left else inner.left()
        painter.setBrush(colour(words))
        painter.drawEllipse(QRectF(x, box.center().y() - DOT_PX / 2, DOT_PX, DOT_PX))
        inner = inner.adjusted(0, 0, -DOT_PX - 7, 0) if right_to_left else inner.adjusted(DOT_PX + 7, 0, 0, 0)
    painter.setPen(colour(words))
    painter.setFont(font(PILL_PX, Weight.SEMI))
    painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def panel(name: str = "", look: str = "panel") -> QFrame:
    """A white card with a thin line around it."""
    made = QFrame()
    made.setProperty("look", look)
    made.setObjectName(name)
    return made


def column(parent: QWidget | None = None, gap: int = 0, margins: Margins = (0, 0, 0, 0)) -> QVBoxLayout:
    return _spaced(QVBoxLayout(), parent, gap, margins)


def row(parent: QWidget | None = None, gap: int = 0, margins: Margins = (0, 0, 0, 0)) -> QHBoxLayout:
    return _spaced(QHBoxLayout(), parent, gap, margins)


def clear(layout: QLayout) -> None:
    """Take every widget out of a layout and let Qt delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


def _spaced(layout: L, parent: QWidget | None, gap: int, margins: Margins) -> L:
    layout.setSpacing(gap)
    layout.setContentsMargins(*margins)
    if parent is not None:
        parent.setLayout(layout)
    return layout
