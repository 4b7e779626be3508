"""The first-start window: a line to paste or scan, what to compare, one button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from pos_app.ui.screens.join.state import JoinState, Step
from pos_app.ui.theme import WIDE_GAP, Weight, font
from pos_app.ui.widgets.buttons import button
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.words import ltr, tr

LINE_PX = 56
BUTTON_PX = 56
MAX_CHARS = 600
PADDING = 12
GROUPS_A_LINE = 8
CARD_WIDTH, CARD_HEIGHT = 860, 480


class JoinWindow(QWidget):
    """Shows a JoinState."""

    entered = Signal(str)
    agreed = Signal()
    again = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._step = Step.LINE
        self.setObjectName("join")
        self.setProperty("look", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle(tr("Join a store"))
        self.resize(860, 560)
        outer = column(self, margins=(40, 40, 40, 40))
        card = panel("join_card")
        lines = column(card, gap=12, margins=(28, 24, 28, 24))
        self._title = label(px=24, weight=Weight.BOLD, name="join_title")
        self._title.setWordWrap(True)
        lines.addWidget(self._title)
        self._about = label(px=16, look="muted", name="join_about")
        self._about.setWordWrap(True)
        lines.addWidget(self._about)
        lines.addWidget(self._made_line())
        self._address = label(px=18, weight=Weight.SEMI, name="join_address")
        self._address.setWordWrap(True)
        self._print = label(px=18, weight=Weight.SEMI, name="join_fingerprint")
        self._print.setWordWrap(True)
        for shown in (self._address, self._print):
            lines.addWidget(shown)
        self._refused = label(px=16, weight=Weight.SEMI, look="error", name="join_refused")
        self._refused.setWordWrap(True)
        lines.addWidget(self._refused)
        lines.addStretch(1)
        lines.addLayout(self._made_buttons())
        card.setMaximumSize(CARD_WIDTH, CARD_HEIGHT)
        middle = row()
        middle.addStretch(1)
        middle.addWidget(card, 100)
        middle.addStretch(1)
        outer.addStretch(1)
        outer.addLayout(middle, 100)
        outer.addStretch(1)

    def show_state(self, state: JoinState) -> None:
        self._step = state.step
        waits = state.step is Step.LINE
        joined = state.step is Step.JOINED
        words = tr("Next · Enter") if waits else tr("Open the till without it · F9") if joined else tr("Join · F9")
        self._title.setText(state.machine or tr("This machine belongs to no store yet"))
        self._join.setText(words)
        self._join.setAccessibleName(words)
        self._about.setText(ABOUT[state.step]())
        self._line.setVisible(waits)
        for shown in (self._print, self._again):
            shown.setVisible(state.step is Step.COMPARE)
        self._address.setVisible(state.step in {Step.COMPARE, Step.JOINED})
        self._address.setText(
            ltr(state.command) if joined else tr("Head office: {address}", address=ltr(state.address))
        )
        groups = state.fingerprint
        lines = [" ".join(groups[at : at + GROUPS_A_LINE]) for at in range(0, len(groups), GROUPS_A_LINE)]
        self._print.setText("\n".join(ltr(line) for line in lines))
        self._refused.setText(state.refused)
        self._refused.setVisible(bool(state.refused))
        self._join.setEnabled(state.step is not Step.ASKING)
        if waits:
            self._line.clear()
            self._line.setFocus()
        else:
            self.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F9:
            self._pressed()
        elif event.key() == Qt.Key.Key_Escape and self._step is Step.COMPARE:
            self.again.emit()
        else:  # Enter does not agree: a scanner sends one at its end
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closed.emit()
        super().closeEvent(event)

    def _made_line(self) -> QLineEdit:
        self._line = QLineEdit()
        self._line.setObjectName("join_line")
        self._line.setAccessibleName(tr("The line from head office"))
        self._line.setPlaceholderText("omnitill:enrol;…")
        self._line.setProperty("look", "entry")
        self._line.setFont(font(16))
        self._line.setFixedHeight(LINE_PX)
        self._line.setMaxLength(MAX_CHARS)
        self._line.setTextMargins(PADDING, 0, PADDING, 0)
        self._line.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._line.returnPressed.connect(self._pressed)
        return self._line

    def _made_buttons(self) -> QHBoxLayout:
        buttons = row(gap=WIDE_GAP)
        self._again = button(tr("Another code · Esc"), "join_again", px=16)
        self._join = button(tr("Join · F9"), "join_now", "main", px=18)
        self._again.clicked.connect(self.again)
        self._join.clicked.connect(self._pressed)
        for made in (self._again, self._join):
            made.setMinimumHeight(BUTTON_PX)
            buttons.addWidget(made, 1)
        return buttons

    def _pressed(self) -> None:
        if self._step is Step.LINE:
            self.entered.emit(self._line.text())
        elif self._step in {Step.COMPARE, Step.JOINED}:
            self.agreed.emit()


ABOUT = {
    Step.LINE: lambda: tr(
        "At head office, choose Machines, then Add a machine. Scan the QR code of that page here, or paste its line and press Enter."
    ),
    Step.COMPARE: lambda: tr(
        "Compare both with head office's page. Join only if address and fingerprint are exactly the same."
    ),
    Step.ASKING: lambda: tr("Asking head office. This takes a few seconds."),
    Step.JOINED: lambda: tr(
        "Start its agent with this line, now and whenever the machine starts. The till opens by itself as soon as it runs."
    ),
}
