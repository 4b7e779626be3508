"""Who is at this till: a PIN pad. While locked it also says how many scans wait."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from pos_app.ui.theme import GAP, WIDE_GAP, Tone, Weight, set_look
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import Pill, column, label, panel, row
from pos_app.ui.widgets.pin_dots import PinDots
from pos_app.ui.words import tr

CARD_WIDTH = 372


@dataclass(frozen=True, slots=True)
class SignInState:
    title: str
    hint: str
    figures: int = 0
    message: str = ""
    waiting: str = ""  # scans made while locked
    busy: bool = False


class SignInView(QWidget):
    """Shows a SignInState; takes figures by keys and by taps."""

    figure_typed = Signal(str)
    erased = Signal()
    entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sign_in_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Sign in"))
        lines = column(self, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        lines.addStretch(1)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(self._card())
        middle.addStretch(1)
        lines.addLayout(middle, 8)
        lines.addStretch(1)

    def show_state(self, state: SignInState) -> None:
        self._title.setText(state.title)
        self._dots.show_figures(state.figures)
        self._message.setText(state.message or state.hint)
        set_look(self._message, look="error" if state.message else "muted")
        self._waiting.show_state(state.waiting, Tone.INFO)
        self._waiting.setVisible(bool(state.waiting))
        self._enter.setEnabled(not state.busy)
        self._enter.setText(tr("Checking …") if state.busy else tr("Sign in"))

    def message(self) -> str:
        return self._message.text()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Backspace:
            self.erased.emit()
        elif event.text() and event.text() in "0123456789":
            self.figure_typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def _card(self) -> QFrame:
        card = panel("sign_in_card")
        card.setFixedWidth(CARD_WIDTH)
        card.setMaximumHeight(620)
        lines = column(card, gap=6, margins=(24, 18, 24, 20))
        self._title = label(px=21, weight=Weight.BOLD, name="sign_in_title")
        self._message = label(px=15, look="muted", name="sign_in_message")
        self._message.setWordWrap(True)
        self._message.setMinimumHeight(40)
        self._waiting = Pill("scans_waiting", lamp=True)
        self._dots = PinDots()
        for part in (self._title, self._message):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            lines.addWidget(part)
        lines.addWidget(self._waiting, 0, Qt.AlignmentFlag.AlignHCenter)
        lines.addWidget(self._dots)
        lines.addSpacing(6)
        pad = NumberPad("pin_pad")
        pad.typed.connect(self.figure_typed)
        pad.erased.connect(self.erased)
        lines.addWidget(pad, 1)
        lines.addSpacing(GAP - 4)
        self._enter = button(tr("Sign in"), "sign_in", "main", px=18)
        self._enter.setFixedHeight(56)
        self._enter.clicked.connect(self.entered)
        lines.addWidget(self._enter)
        return card
