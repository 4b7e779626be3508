"""The discount panel: for the line or the sale, in percent, as an amount or a new price, and why. It only shows."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from pos_app.ui.key_words import printed
from pos_app.ui.keymap import Act
from pos_app.ui.screens.sell.state import DiscountView, OptionView
from pos_app.ui.theme import GAP, TOUCH_PX, Weight, set_look
from pos_app.ui.widgets.buttons import TwoLineButton, button, leave_button
from pos_app.ui.widgets.pads import NumberPad
from pos_app.ui.widgets.parts import ElidedLabel, column, label, row
from pos_app.ui.words import tr

SCOPE_WIDTH = 116
FOOT_PX = 56
LOW_PX = 470


class Choices(QWidget):
    """Buttons of which one may be chosen. They stay the same buttons, so that a finger or the focus finds them again."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("look", "clear")
        self._row = row(self, gap=6)
        self._buttons: dict[str, QPushButton] = {}

    def show_options(self, options: Sequence[OptionView]) -> None:
        """What is not among the options is hidden."""
        for option in options:
            made = self._buttons.get(option.value) or self._new(option)
            made.setText(option.word)
            made.setAccessibleName(option.word)
            made.setAccessibleDescription(tr("chosen") if option.chosen else "")
            set_look(made, chosen="true" if option.chosen else "false")
        shown = {option.value for option in options}
        for value, made in self._buttons.items():
            made.setVisible(value in shown)

    def _new(self, option: OptionView) -> QPushButton:
        made = button(option.word, f"{self.objectName()}_{option.value}", px=14)
        made.setProperty("value", option.value)
        made.clicked.connect(self._pressed)
        self._row.addWidget(made, 1)
        self._buttons[option.value] = made
        return made

    def _pressed(self) -> None:
        self.chosen.emit(str(self.sender().property("value")))


class DiscountPanel(QFrame):
    """A number pad and what it is for; what is typed stands in the entry line."""

    typed = Signal(str)
    erased = Signal()
    given = Signal()
    closed = Signal()
    scope_turned = Signal()
    kind_chosen = Signal(str)
    why_turned = Signal()
    undone = Signal()
    sale_voided = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("look", "panel")
        self.setObjectName("discount_panel")
        lines = column(self, gap=GAP, margins=(14, 12, 14, 14))
        head = row(gap=8)
        names = column(gap=2)
        names.addWidget(label(tr("Discount"), 15, Weight.BOLD))
        self._of = ElidedLabel(15, look="muted", name="discount_of")
        names.addWidget(self._of)
        head.addLayout(names, 1)
        self._scope = TwoLineButton("discount_scope")
        self._scope.setFixedSize(SCOPE_WIDTH, TOUCH_PX)
        self._scope.clicked.connect(self.scope_turned)
        head.addWidget(self._scope)
        close = leave_button("discount_close", tr("Close"))
        close.clicked.connect(self.closed)
        head.addWidget(close)
        lines.addLayout(head)
        self._kinds = Choices("discount_kind")
        self._kinds.chosen.connect(self.kind_chosen)
        lines.addWidget(self._kinds)
        self._why = button("", "discount_why", px=14)
        self._why.clicked.connect(self.why_turned)
        lines.addWidget(self._why)
        self._pad = NumberPad("discount_pad", ".")
        self._pad.typed.connect(self.typed)
        self._pad.erased.connect(self.erased)
        lines.addWidget(self._pad, 1)
        lines.addStretch(0)
        foot = row(gap=GAP)
        self._undo = button(tr("Take off again"), "discount_undo")
        self._undo.clicked.connect(self.undone)
        self._void = TwoLineButton("discount_void_sale")
        self._void.show_lines(tr("Void sale"), "Ctrl+Del")
        self._void.clicked.connect(self.sale_voided)
        self._give = button("", "discount_give", "main", px=18)
        self._give.clicked.connect(self.given)
        for part, share in ((self._undo, 2), (self._void, 2), (self._give, 3)):
            part.setFixedHeight(FOOT_PX)
            foot.addWidget(part, share)
        lines.addLayout(foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pad.setVisible(self.height() >= LOW_PX)  # on a low screen the keys have to do

    def show_state(self, state: DiscountView) -> None:
        self._of.show_text(state.of)
        self._give.setText(state.give)
        self._give.setAccessibleName(state.give)
        self._undo.setVisible(state.undo)
        self._void.setVisible(state.may_void)
        self._scope.show_lines(state.other_scope, printed(Act.DISCOUNT))
        self._kinds.show_options(state.kinds)
        self._why.setText(state.why)
        self._why.setAccessibleName(state.why)
        set_look(self._why, chosen="true" if state.has_why else "false")
