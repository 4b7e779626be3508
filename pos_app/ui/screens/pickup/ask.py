"""Panels that ask: the customer's eight characters, and which order to find. Neither is a dialog; scans go past them."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from pos_app.ui.screens.pickup.state import AskState
from pos_app.ui.theme import SMALL_RADIUS, Weight, colour, font, set_look, tokens
from pos_app.ui.widgets.buttons import button, leave_button
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.pads import CODE_LETTERS, Keyboard
from pos_app.ui.widgets.parts import column, label, row
from pos_app.ui.words import tr

CODE_CHARS = 8
BOX_GAP = 8
KEYBOARD_PX = 214
LOW_PX = 520


class CodeBoxes(QWidget):
    """Eight boxes for eight characters; typed, tapped, and read from left to right in every language."""

    changed = Signal()
    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._code = ""
        self.setObjectName("code_boxes")
        self.setAccessibleName(tr("Pickup code"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(58)

    def code(self) -> str:
        return self._code

    def show_code(self, code: str) -> None:
        self._code = code[:CODE_CHARS]
        self.setAccessibleDescription(" ".join(self._code))
        self.update()
        self.changed.emit()

    def type_in(self, text: str) -> None:
        kept = "".join(c for c in text.upper() if c.isascii() and c.isalnum())
        self.show_code(self._code + kept)

    def erase(self) -> None:
        self.show_code(self._code[:-1])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace:
            self.erase()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered.emit()
        elif event.text() and event.text().isascii() and event.text().isalnum():
            self.type_in(event.text())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(380, 58)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = tokens()
        width = (self.width() - BOX_GAP * (CODE_CHARS - 1)) / CODE_CHARS
        painter.setFont(font(26, Weight.BOLD))
        for n in range(CODE_CHARS):
            box = QRectF(n * (width + BOX_GAP) + 1, 1, width - 2, self.height() - 2)
            here = n == min(len(self._code), CODE_CHARS - 1) and self.hasFocus()
            painter.setPen(QPen(colour(theme.accent if here else theme.border), 2 if here else 1))
            painter.setBrush(colour(theme.accent_soft if n < len(self._code) else theme.panel))
            painter.drawRoundedRect(box, SMALL_RADIUS, SMALL_RADIUS)
            painter.setPen(colour(theme.ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._code[n : n + 1])
        painter.end()


class CodePanel(QWidget):
    """The customer's code: typed here, or the pass is scanned."""

    code_entered = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("code_panel")
        lines, self._title, self._hint = _headed(self, "code", self.closed)
        self.boxes = CodeBoxes()
        self.boxes.changed.connect(self._changed)
        self.boxes.entered.connect(self._enter)
        lines.addWidget(self.boxes)
        self._message = _message("code_message")
        lines.addWidget(self._message)
        lines.addStretch(1)
        keys = Keyboard("code_keyboard", CODE_LETTERS, space=False)
        keys.setFixedHeight(KEYBOARD_PX)
        keys.typed.connect(self.boxes.type_in)
        keys.erased.connect(self.boxes.erase)
        lines.addWidget(keys)
        self._main = button(tr("Hand over"), "code_hand_over", "main", px=18)
        self._main.setFixedHeight(60)
        self._main.clicked.connect(self._enter)
        lines.addWidget(self._main)
        self.setFocusProxy(self.boxes)
        self._busy = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        _spare(event.size().height(), self._main, self._hint, self._message)

    def show_state(self, state: AskState) -> None:
        self._title.setText(state.title)
        self._hint.setText(state.hint)
        _say(self._message, state)
        self._busy = state.busy
        self._changed()

    def clear_code(self) -> None:
        self.boxes.show_code("")

    def _changed(self) -> None:
        self._main.setEnabled(len(self.boxes.code()) == CODE_CHARS and not self._busy)

    def _enter(self) -> None:
        if not self._busy:
            self.code_entered.emit(self.boxes.code())


class FindPanel(QWidget):
    """Find an order by number, name or code."""

    find_entered = Signal(str)
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("find_panel")
        lines, self._title, self._hint = _headed(self, "find", self.closed)
        self.entry = EntryLine("find_entry", tr("Find order"), look="field", height=52)
        self.entry.show_hint(tr("Number, name or code"))
        self.entry.entered.connect(self.find_entered)
        lines.addWidget(self.entry)
        self._message = _message("find_message")
        lines.addWidget(self._message)
        lines.addStretch(1)
        keys = Keyboard("find_keyboard")
        keys.setFixedHeight(KEYBOARD_PX)
        keys.typed.connect(self.entry.insert)
        keys.erased.connect(self.entry.backspace)
        lines.addWidget(keys)
        self._main = button(tr("Find order"), "find_order", "main", px=18)
        self._main.setFixedHeight(60)
        self._main.clicked.connect(self._enter)
        lines.addWidget(self._main)
        self.setFocusProxy(self.entry)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        _spare(event.size().height(), self._main, self._hint, self._message)

    def show_state(self, state: AskState) -> None:
        self._title.setText(state.title)
        self._hint.setText(state.hint)
        _say(self._message, state)

    def _enter(self) -> None:
        self.find_entered.emit(self.entry.text())


def _headed(owner: QWidget, name: str, closed: object) -> tuple[QVBoxLayout, QLabel, QLabel]:
    lines = column(owner, gap=10, margins=(18, 14, 18, 14))
    head = row(gap=8)
    words = column(gap=4)
    title = label(px=21, weight=Weight.BOLD, name=f"{name}_title")
    hint = label(px=15, look="muted", name=f"{name}_hint")
    hint.setWordWrap(True)
    words.addWidget(title)
    words.addWidget(hint)
    head.addLayout(words, 1)
    back = leave_button(f"{name}_back", tr("Back"))
    back.clicked.connect(closed)
    head.addWidget(back, 0, Qt.AlignmentFlag.AlignTop)
    lines.addLayout(head)
    return lines, title, hint


def _spare(height: int, main: QWidget, hint: QWidget, message: QLabel) -> None:
    """On a low screen the keys need the room; the action strip has the same button."""
    low = height < LOW_PX
    main.setVisible(not low)
    hint.setVisible(not low)
    message.setMinimumHeight(20 if low else 44)


def _message(name: str) -> QLabel:
    made = label(px=15, weight=Weight.SEMI, look="error", name=name)
    made.setWordWrap(True)
    made.setMinimumHeight(44)
    return made


def _say(shown: QLabel, state: AskState) -> None:
    shown.setText(state.message)
    set_look(shown, look=state.tone.value if state.tone.value in {"error", "warning"} else "accent")
