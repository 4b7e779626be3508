"""The panel of one open question: the buyer's age, or a field of a line. What is typed stands in the entry line."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Weight, font
from pos_app.ui.widgets.buttons import button, leave_button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import ElidedLabel, column, label, row
from pos_app.ui.words import tr

BUTTON_PX = 56
TEXT_PX, LOW_TEXT_PX = 20, 15
LOW_PX = 470  # a panel lower than this draws everything closer together


@dataclass(frozen=True, slots=True)
class AskView:
    """One question in words. `yes` and `no` are the keys for an age; a field has only `yes`. Some are answered by a key
    alone: nothing is `typed` for them.
    """

    title: str
    of: str
    text: str
    yes: str
    no: str = ""
    typed: bool = True


class AskPanel(QFrame):
    typed = Signal(str)
    erased = Signal()
    yes_pressed = Signal()
    no_pressed = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("ask_panel")
        self._lines = lines = column(self, gap=WIDE_GAP, margins=(14, 14, 14, 14))
        head = row(gap=8)
        names = column(gap=2)
        self._title = label(px=15, weight=Weight.BOLD, name="ask_title")
        self._of = ElidedLabel(15, look="muted", name="ask_of")
        names.addWidget(self._title)
        names.addWidget(self._of)
        head.addLayout(names, 1)
        close = leave_button("ask_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        self._text = label(px=TEXT_PX, weight=Weight.SEMI, name="ask_text")
        self._text.setWordWrap(True)
        lines.addWidget(self._text)
        self._pad = pad = NumberPad("ask_pad", ".")
        pad.typed.connect(self.typed)
        pad.erased.connect(self.erased)
        lines.addWidget(pad, 1)
        self._rest = QWidget()
        lines.addWidget(self._rest, 1)
        self._no = button("", "ask_no", px=16)
        self._yes = button("", "ask_yes", "main", px=18)
        foot = row(gap=GAP)
        for one, pressed, share in ((self._no, self.no_pressed, 2), (self._yes, self.yes_pressed, 3)):
            one.setFixedHeight(BUTTON_PX)
            one.clicked.connect(pressed)
            foot.addWidget(one, share)
        lines.addLayout(foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        low = event.size().height() < LOW_PX
        edge = GAP if low else 14
        self._lines.setContentsMargins(14, edge, 14, edge)
        self._lines.setSpacing(4 if low else WIDE_GAP)
        self._text.setFont(font(LOW_TEXT_PX if low else TEXT_PX, Weight.SEMI))
        for one in (self._no, self._yes):
            one.setFixedHeight(TOUCH_PX if low else BUTTON_PX)

    def show_state(self, state: AskView) -> None:
        self._title.setText(state.title)
        self._of.show_text(state.of)
        self._text.setText(state.text)
        self._pad.setVisible(state.typed)
        self._rest.setVisible(not state.typed)
        for one, word in ((self._yes, state.yes), (self._no, state.no)):
            one.setText(word)
            one.setAccessibleName(word)
            one.setVisible(bool(word))
