"""The one line for typing. Keys it has no use for go on to the window: arrows, Esc, F-keys, most with Ctrl or Alt, and
`+`, `=`, Del, Home and End when it is empty."""

from collections.abc import Callable
from typing import ClassVar

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit

from pos_app.ui.theme import Tone, colour, font, mirrored, set_look, tokens
from retail_core.domain.cardguard import Look, look_at

ENTRY_HEIGHT = 56
BLINK_MS = 530
FLASH_MS = 280
CARET_WIDTH = 2
CARET_HEIGHT = 24
PADDING = 16
HINT_GAP = 14
MAX_CHARS = 120


class EntryLine(QLineEdit):
    """A line edit with the till's own caret and hint."""

    entered = Signal(str)
    card_typed = Signal()  # the number of a payment card; it is gone from the line
    GOES_ON: ClassVar = frozenset(
        {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Escape, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown}
    )
    GOES_ON_WHEN_EMPTY: ClassVar = frozenset(
        {
            Qt.Key.Key_Delete, Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Equal, Qt.Key.Key_Home, Qt.Key.Key_End,
        }
    )  # fmt: skip
    KEPT_WITH_CTRL: ClassVar = frozenset(
        {
            Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_V, Qt.Key.Key_X, Qt.Key.Key_Z, Qt.Key.Key_Backspace,
            Qt.Key.Key_Delete, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End,
        }
    )  # fmt: skip
    """Mark, copy, put in, cut, undo, and moving in what is typed; a line edit knows more, another one on each desktop."""

    def __init__(self, name: str, spoken: str, *, look: str = "entry", height: int = ENTRY_HEIGHT) -> None:
        super().__init__()
        self._hint = ""
        self.refuses: Callable[[str], bool] = lambda text: look_at(text) is Look.CARD
        self._caret_on = True
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setProperty("look", look)
        self.setFont(font(18))
        self.setFixedHeight(height)
        self.setMaxLength(MAX_CHARS)
        self.setTextMargins(PADDING, 0, PADDING, 0)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setAttribute(Qt.WidgetAttribute.WA_MacShowFocusRect, on=False)
        self._blink = QTimer(self, interval=BLINK_MS)
        self._blink.timeout.connect(self._turn_caret)
        self._blink.start()
        self._flash = QTimer(self, interval=FLASH_MS, singleShot=True)
        self._flash.timeout.connect(self._end_flash)
        self.returnPressed.connect(self._enter)

    def show_hint(self, text: str) -> None:
        """What may be typed here, shown while nothing is."""
        if text != self._hint:
            self._hint = text
            self.setAccessibleDescription(text)
            self.update()

    def hint(self) -> str:
        return self._hint

    def said(self) -> tuple[str, ...]:
        return (self._hint,)

    def say(self, hint: str) -> None:
        self.show_hint(hint)

    def flash(self, tone: Tone) -> None:
        """A short change of ground and frame: the answer to a scan for whoever cannot hear the tone."""
        set_look(self, flash=tone.value)
        self._flash.start()

    def take(self) -> str:
        """What was typed, and an empty line."""
        text = self.text()
        self.clear()
        return text

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in self.GOES_ON or (not self.text() and key in self.GOES_ON_WHEN_EMPTY):
            event.ignore()
            return
        if _is_command(event) and key not in self.KEPT_WITH_CTRL:
            event.ignore()  # also Ctrl+Enter, which is a key of its own and enters nothing
            return
        self._show_caret()
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        theme = tokens()
        caret = self._caret_box()
        if self.hasFocus():
            native = QRect(self.cursorRect().center().x(), caret.y() - 3, 2, CARET_HEIGHT + 6)
            painter.fillRect(native, colour(self._ground()))
            painter.fillRect(caret, colour(theme.accent if self._caret_on else self._ground()))
        if not self.text():
            painter.setFont(self.font())
            painter.setPen(colour(theme.muted))
            indent = PADDING + (HINT_GAP if self.hasFocus() else 0)
            room = self.rect().adjusted(indent, 0, -indent, 0)
            shown = painter.fontMetrics().elidedText(self._hint, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), shown)
        painter.end()

    def _ground(self) -> str:
        theme = tokens()
        flash = str(self.property("flash") or "")
        return theme.tone(Tone(flash))[1] if flash else theme.panel

    def _caret_box(self) -> QRect:
        cursor = self.cursorRect()
        x = cursor.center().x() if self.text() else (self.width() - PADDING - 2 if mirrored(self) else PADDING + 1)
        return QRect(x, (self.height() - CARET_HEIGHT) // 2, CARET_WIDTH, CARET_HEIGHT)

    def _turn_caret(self) -> None:
        if self.hasFocus():
            self._caret_on = not self._caret_on
            self.update()

    def _show_caret(self) -> None:
        self._caret_on = True
        self._blink.start()

    def _end_flash(self) -> None:
        set_look(self, flash="")

    def _enter(self) -> None:
        if self.refuses(self.text()):
            self.clear()
            self.card_typed.emit()
        else:
            self.entered.emit(self.text())


def _is_command(event: QKeyEvent) -> bool:
    """Ctrl or Alt is held; not AltGr, which types."""
    held = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    return held in {Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier}
