"""Buttons with two lines: the word, and the key, price or hint that belongs to it."""

from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QPushButton, QStyle, QStyleOptionButton, QStylePainter, QWidget

from pos_app.ui.theme import TOUCH_PX, Weight, colour, font, set_look, tokens


@dataclass(frozen=True, slots=True)
class TwoLines:
    """Sizes of the two lines of a button; `small_first` prints the key above the word."""

    big_px: int = 14
    small_px: int = 11
    gap_px: int = 2
    small_first: bool = True


WORD_MARGIN = 12
SMALL_PX, LEAST_PX = 12, 10
SMALL_TAB_PX = 16  # a tab with smaller words is painted lower
STRIP_LINES = TwoLines()
TENDER_LINES = TwoLines(big_px=17, small_px=12, gap_px=4, small_first=False)


class WordButton(QPushButton):
    """A push button whose words are set smaller where they would not fit."""

    def fits(self) -> bool:
        """True when all its words can be read, if need be smaller or on two lines."""
        used, lines = self._fitting()
        return all(QFontMetrics(used).horizontalAdvance(line) <= self.width() - WORD_MARGIN for line in lines)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        used, lines = self._fitting()
        option.text = "\n".join(lines)  # pyright: ignore[reportAttributeAccessIssue] - a plain member in Qt
        painter.setFont(used)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()

    def _fitting(self) -> tuple[QFont, tuple[str, ...]]:
        mine = self.font()
        return in_room(self.text(), mine.pixelSize(), self.width() - WORD_MARGIN, Weight(mine.weight()))


def button(text: str, name: str, look: str = "choice", px: int = 15, weight: Weight = Weight.SEMI) -> QPushButton:
    """A plain push button. It takes the keyboard focus by Tab only, so that a tap leaves it where it was."""
    made = WordButton(text)
    _prepare(made, name, look)
    made.setAccessibleName(text)
    made.setFont(font(px, weight))
    return made


def _prepare(made: QPushButton, name: str, look: str) -> None:
    made.setObjectName(name)
    made.setProperty("look", look)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    made.setMinimumHeight(TOUCH_PX)


class TwoLineButton(QPushButton):
    """A word with its key or hint; both are said to a screen reader."""

    def __init__(self, name: str, look: str = "choice", lines: TwoLines = STRIP_LINES) -> None:
        super().__init__()
        _prepare(self, name, look)
        self._lines = lines
        self._big = self._small = ""

    def show_lines(self, big: str, small: str) -> None:
        if (big, small) == (self._big, self._small):
            return
        self._big, self._small = big, small
        self.setAccessibleName(big)
        self.setAccessibleDescription(small)
        self.updateGeometry()
        self.update()

    def word(self) -> str:
        return self._big

    def said(self) -> tuple[str, ...]:
        return self._big, self._small

    def say(self, big: str, small: str) -> None:
        self.show_lines(big, small)

    def fits(self) -> bool:
        """True when all its words can be read, if need be smaller or on two lines."""
        room = self.width() - WORD_MARGIN
        used, lines = in_room(self._big, self._lines.big_px, room)
        small, hint = self._hint(room)
        whole = QFontMetrics(small).horizontalAdvance(hint) <= room
        return whole and all(QFontMetrics(used).horizontalAdvance(line) <= room for line in lines)

    def sizeHint(self) -> QSize:
        return QSize(100, TOUCH_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(TOUCH_PX, TOUCH_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        _bevel(painter, self)
        sizes, room_px = self._lines, self.width() - WORD_MARGIN
        used, words = in_room(self._big, sizes.big_px, room_px)
        small, hint = self._hint(room_px)
        big_ink, small_ink = _inks(self)
        above = [(small, hint, small_ink)]
        below = [(used, word, big_ink) for word in words]
        parts = above + below if sizes.small_first else below + above
        shown = [(f, text, ink, _cap_box(f)) for f, text, ink in parts if text]
        gap = sizes.gap_px if len(words) == 1 else 0
        height = sum(box for *_, box in shown) + gap * (len(shown) - 1)
        y = (self.height() - height) / 2
        for used_font, text, ink, box in shown:
            painter.setFont(used_font)
            painter.setPen(ink)
            room = QRectF(WORD_MARGIN / 2, y, room_px, box)
            said = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room_px + 2)
            painter.drawText(
                room, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), said
            )  # g and y reach out
            y += box + gap
        painter.end()

    def _hint(self, room: int) -> tuple[QFont, str]:
        """The small line; where it is too long, its key alone."""
        px = self._lines.small_px
        key = self._small.partition(" · ")[0]
        for hint in (self._small, key):
            if used := one_line(hint, px, Weight.SEMI, room):
                return used, hint
        return font(LEAST_PX, Weight.SEMI), key


@lru_cache(maxsize=2_000)
def one_line(text: str, px: int, weight: Weight, room: int) -> QFont | None:
    """The largest font up to `px` in which the words fit on one line; None when even the least is too wide."""
    for size in range(px, LEAST_PX - 1, -1):
        used = font(size, weight)
        if QFontMetrics(used).horizontalAdvance(text) <= room:
            return used
    return None


@lru_cache(maxsize=2_000)
def in_room(text: str, px: int, room: int, weight: Weight = Weight.SEMI) -> tuple[QFont, tuple[str, ...]]:
    """Font and lines of a button's word: on one line down to SMALL_PX, then on two, then as small as can be read."""
    if (used := one_line(text, px, weight, room)) and used.pixelSize() >= min(px, SMALL_PX):
        return used, (text,)
    for two in _halves(text):
        if used_two := one_line(max(two, key=len), min(px, SMALL_PX), weight, room):
            return used_two, two
    return used or font(LEAST_PX, weight), (text,)


def _halves(text: str) -> list[tuple[str, ...]]:
    """A text broken at each of its spaces, the most even first."""
    places = [n for n, character in enumerate(text) if character == " "]
    pairs = [(text[:n], text[n + 1 :]) for n in places]
    return sorted(pairs, key=lambda pair: max(map(len, pair)))


def leave_button(name: str, word: str) -> TwoLineButton:
    """Closes a panel; says that Esc does it too."""
    made = TwoLineButton(name)
    made.show_lines(word, "Esc")
    made.setFixedSize(72, TOUCH_PX)
    return made


class QuickButton(QPushButton):
    """A quick key: the word above, the price below, both at the leading edge."""

    def __init__(self, name: str) -> None:
        super().__init__()
        _prepare(self, name, "quick")
        self._word = self._price = ""
        self.setMinimumHeight(64)
        self.setMaximumHeight(86)

    def show_lines(self, word: str, price: str) -> None:
        self._word, self._price = word, price
        self.setAccessibleName(word)
        self.setAccessibleDescription(price)
        self.update()

    def said(self) -> tuple[str, ...]:
        """Nothing of the catalogue: what the shop wrote on its keys stays."""
        return ()

    def say(self) -> None:
        """Quick keys are in the shop's own words."""

    def sizeHint(self) -> QSize:
        return QSize(110, 86)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 64)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        _bevel(painter, self)
        theme = tokens()
        box = QRectF(self.rect()).adjusted(11, 10, -11, -9)
        lead = Qt.AlignmentFlag.AlignLeading | Qt.TextFlag.TextWordWrap
        painter.setFont(font(14, Weight.SEMI))
        painter.setPen(colour(theme.ink))
        painter.drawText(box.adjusted(0, 0, 6, -18), int(lead | Qt.AlignmentFlag.AlignTop), self._word)
        painter.setFont(font(13))
        painter.setPen(colour(theme.muted))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignBottom), self._price)
        painter.end()


class TabButton(QPushButton):
    """A workspace or a page of quick keys, with a count when something waits there."""

    def __init__(self, name: str, text: str, px: int = 16) -> None:
        super().__init__(text)
        _prepare(self, name, "tab")
        self._count = 0
        self.setFont(font(px, Weight.SEMI))
        self.setAccessibleName(text)
        self.setProperty("small", px < SMALL_TAB_PX)
        self.setMinimumHeight(TOUCH_PX)  # what is painted is lower, see the style sheet

    def show_chosen(self, chosen: bool) -> None:
        set_look(self, chosen="true" if chosen else "false")

    def show_count(self, count: int) -> None:
        if count != self._count:
            self._count = count
            self.setAccessibleDescription(str(count) if count else "")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        wide = 24 if self.property("small") else 32
        return QSize(metrics.horizontalAdvance(self.text()) + wide + self._badge_width(), self.minimumHeight())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._count:
            super().paintEvent(event)
            return
        painter = QStylePainter(self)
        _bevel(painter, self)
        theme = tokens()
        badge = self._badge_width() - 4
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        words = QRectF(self.rect()).adjusted(badge if mirrored else 0, 0, 0 if mirrored else -badge, 0)
        painter.setFont(self.font())
        painter.setPen(colour(theme.accent if self.property("chosen") == "true" else theme.muted))
        painter.drawText(words, Qt.AlignmentFlag.AlignCenter, self.text())
        x = 12.0 if mirrored else self.width() - badge - 12.0
        box = QRectF(x, (self.height() - 18) / 2 + 0.5, badge, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(theme.info_soft))
        painter.drawRoundedRect(box, 9, 9)
        painter.setFont(font(13, Weight.SEMI))
        painter.setPen(colour(theme.info))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(self._count))
        painter.end()

    def _badge_width(self) -> int:
        return len(str(self._count)) * 8 + 22 if self._count else 0


class EraseButton(QPushButton):
    """Takes the last figure back. Drawn, because the sign is in none of the bundled fonts."""

    def __init__(self, name: str, word: str) -> None:
        super().__init__()
        _prepare(self, name, "choice")
        self.setAccessibleName(word)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        _bevel(painter, self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QRectF(self.rect()).center())
        painter.setPen(QPen(colour(tokens().ink), 2.2, j=Qt.PenJoinStyle.RoundJoin))
        outline = [(-13, 0), (-6, -8), (12, -8), (12, 8), (-6, 8)]
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in outline]))
        painter.drawLine(QPointF(-1, -3.5), QPointF(6, 3.5))
        painter.drawLine(QPointF(6, -3.5), QPointF(-1, 3.5))
        painter.end()

    def event(self, event: QEvent) -> bool:
        return super().event(event)


def _bevel(painter: QStylePainter, owner: QPushButton) -> None:
    option = QStyleOptionButton()
    owner.initStyleOption(option)
    option.text = ""  # pyright: ignore[reportAttributeAccessIssue] - a plain member in Qt
    painter.drawControl(QStyle.ControlElement.CE_PushButton, option)


def _inks(owner: QWidget) -> tuple[QColor, QColor]:
    """Colours of the big and the small line."""
    theme = tokens()
    if owner.property("look") == "main":
        return colour(theme.on_accent), colour(theme.on_accent_muted)
    if not owner.isEnabled():
        return colour(theme.muted), colour(theme.muted)
    if owner.property("chosen") == "true":
        return colour(theme.accent), colour(theme.accent)
    return colour(theme.ink), colour(theme.muted)


def _cap_box(used: QFont) -> float:
    return QFontMetricsF(used).capHeight() + 5
