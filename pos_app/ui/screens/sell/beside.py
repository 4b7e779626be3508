"""The bar under the lines that says another basket waits, and leads back to it."""

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from pos_app.ui.theme import Tone, Weight, set_look
from pos_app.ui.widgets.buttons import TwoLineButton
from pos_app.ui.widgets.parts import ElidedLabel, row
from pos_app.ui.words import tr


@dataclass(frozen=True, slots=True)
class BesideView:
    """`text` says which basket it is and how it stands; `key` leads back to it."""

    text: str
    key: str
    tone: Tone = Tone.INFO


class BesideBar(QFrame):
    """Hidden while there is one basket only."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("beside")
        self.setProperty("look", "notice")
        line = row(self, gap=10, margins=(16, 4, 6, 4))
        self._text = ElidedLabel(16, Weight.SEMI, name="beside_text")
        self._back = TwoLineButton("beside_back")
        self._back.setMinimumWidth(132)
        self._back.clicked.connect(self.pressed)
        line.addWidget(self._text, 1)
        line.addWidget(self._back)
        self.hide()

    def show_state(self, state: BesideView | None) -> None:
        self.setVisible(state is not None)
        if state is None:
            return
        set_look(self, tone=state.tone.value)
        self._text.show_text(state.text)
        self._back.show_lines(tr("Go to it"), state.key)

    def text(self) -> str:
        """What it says; empty while hidden."""
        return self._text.whole() if not self.isHidden() else ""
