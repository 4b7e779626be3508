"""The panel that asks why: a few reasons, each with a figure to press. It lies beside the lines; scans go past it."""

from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget
from shiboken6 import isValid

from pos_app.ui.theme import GAP, WIDE_GAP, Weight, mirrored
from pos_app.ui.widgets.buttons import TwoLineButton, TwoLines, leave_button
from pos_app.ui.widgets.parts import clear, column, label, row
from pos_app.ui.words import tr

PANEL_WIDTH = 372
REASON_HEIGHT = 60
LINES = TwoLines(big_px=17, small_px=12, gap_px=4, small_first=True)


@dataclass(frozen=True, slots=True)
class ReasonsState:
    """`reasons` are (code, words), at most nine."""

    title: str
    hint: str
    reasons: tuple[tuple[str, str], ...]
    busy: bool = False


class ReasonPanel(QFrame):
    """Hidden until it is shown a state; says which reason was chosen."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._before: QWidget | None = None
        self._codes: tuple[str, ...] = ()
        self._screens = QRect()
        self.setObjectName("reason_panel")
        self.setProperty("look", "over")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Choose a reason"))
        self._lines = lines = column(self, gap=GAP, margins=(18, 14, 18, 18))
        head = row(gap=8)
        self._title = label(px=17, weight=Weight.BOLD, name="reason_title")
        head.addWidget(self._title, 1)
        close = leave_button("reason_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        self._hint = label(px=15, look="muted", name="reason_hint")
        self._hint.setWordWrap(True)
        lines.addWidget(self._hint)
        self._list = column(gap=GAP)
        lines.addLayout(self._list)
        lines.addStretch(1)
        self.hide()

    def show_state(self, state: ReasonsState) -> None:
        self._title.setText(state.title)
        self._hint.setText(state.hint)
        self._codes = tuple(code for code, _ in state.reasons)
        clear(self._list)
        for n, (code, words) in enumerate(state.reasons, start=1):
            made = TwoLineButton(f"reason_{code}", lines=LINES)
            made.show_lines(words, str(n))
            made.setFixedHeight(REASON_HEIGHT)
            made.setEnabled(not state.busy)
            made.setProperty("reason", code)
            made.clicked.connect(self._pressed)
            self._list.addWidget(made)
        self.place(self._screens)
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
        self.hide()
        if before is not None and isValid(before):
            before.setFocus()

    def place(self, screens: QRect) -> None:
        """At the trailing edge of the screens, as high as its words need."""
        self._screens = screens
        width = min(PANEL_WIDTH, screens.width() - 2 * WIDE_GAP)
        height = min(self._lines.totalHeightForWidth(width), screens.height() - 2 * WIDE_GAP)
        left = screens.left() + WIDE_GAP if mirrored(self) else screens.right() - WIDE_GAP - width + 1
        self.setGeometry(left, screens.top() + WIDE_GAP, width, height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        text = event.text()
        if text.isdigit() and 0 < int(text) <= len(self._codes):
            self.chosen.emit(self._codes[int(text) - 1])
        elif not text or not text.isprintable():
            super().keyPressEvent(event)  # F-keys and Esc are the window's

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("reason")))
