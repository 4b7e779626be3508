"""The panel for a second person: what is asked for, and a PIN pad. It lies beside the lines; nothing waits for it.

While it is open the keyboard's figures are the PIN; scans go where they always go.
"""

from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget
from shiboken6 import isValid

from pos_app.ui.theme import GAP, WIDE_GAP, Weight, mirrored, set_look
from pos_app.ui.widgets.buttons import button, leave_button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import column, label, row
from pos_app.ui.widgets.pin_dots import PinDots
from pos_app.ui.words import tr

PANEL_WIDTH = 372
MAX_HEIGHT = 600


@dataclass(frozen=True, slots=True)
class ApprovalState:
    """`asked` is the act in words; `message` what went wrong with the last PIN."""

    asked: str
    figures: int = 0
    message: str = ""
    busy: bool = False


class ApprovalPanel(QFrame):
    """Hidden until it is shown a state; says what was typed."""

    figure_typed = Signal(str)
    erased = Signal()
    entered = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._before: QWidget | None = None
        self._keep_keyboard = QTimer(self, singleShot=True, interval=0)
        self._keep_keyboard.timeout.connect(self._take_keyboard)
        self.setObjectName("approval_panel")
        self.setProperty("look", "over")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("A supervisor must agree"))
        lines = column(self, gap=6, margins=(18, 14, 18, 18))
        head = row(gap=8)
        head.addWidget(label(tr("Manager: badge or PIN"), 17, Weight.BOLD, name="approval_title"), 1)
        close = leave_button("approval_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        self._asked = label(px=16, weight=Weight.SEMI, name="approval_asked")
        self._message = label(px=15, look="muted", name="approval_message")
        for part in (self._asked, self._message):
            part.setWordWrap(True)
            lines.addWidget(part)
        self._dots = PinDots("approval_dots")
        lines.addWidget(self._dots)
        lines.addSpacing(6)
        pad = NumberPad("approval_pad")
        pad.typed.connect(self.figure_typed)
        pad.erased.connect(self.erased)
        lines.addWidget(pad, 1)
        lines.addSpacing(GAP - 4)
        self._agree = button(tr("Agree"), "approval_agree", "main", px=18)
        self._agree.setFixedHeight(56)
        self._agree.clicked.connect(self.entered)
        lines.addWidget(self._agree)
        self.hide()

    def show_state(self, state: ApprovalState) -> None:
        self._asked.setText(state.asked)
        self._message.setText(state.message or tr("Type the PIN of whoever agrees, then Enter"))
        set_look(self._message, look="error" if state.message else "muted")
        self._dots.show_figures(state.figures)
        self._agree.setEnabled(not state.busy)
        self._agree.setText(tr("Checking …") if state.busy else tr("Agree"))
        if self.isHidden():
            self._before = self.window().focusWidget()
            self.show()
            self.raise_()
            self.setFocus()

    def put_away(self) -> None:
        """Hide, and give the keyboard back to whoever had it."""
        if self.isHidden():
            return
        before, self._before = self._before, None
        self._keep_keyboard.stop()
        self.hide()
        if before is not None and isValid(before):
            before.setFocus()

    def place(self, screens: QRect) -> None:
        """At the trailing edge of the screens, as high as they are."""
        height = min(MAX_HEIGHT, screens.height() - 2 * WIDE_GAP)
        width = min(PANEL_WIDTH, screens.width() - 2 * WIDE_GAP)
        left = screens.left() + WIDE_GAP if mirrored(self) else screens.right() - WIDE_GAP - width + 1
        self.setGeometry(left, screens.top() + WIDE_GAP, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Backspace:
            self.erased.emit()
        elif event.text() and event.text() in "0123456789":
            self.figure_typed.emit(event.text())
        elif not event.text() or not event.text().isprintable():
            super().keyPressEvent(event)  # F-keys and Esc are the window's

    def _take_keyboard(self) -> None:
        if self.isVisible():
            self.setFocus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.OtherFocusReason and self.isVisible():
            self._keep_keyboard.start()  # a screen that answers a scan must not get the PIN
