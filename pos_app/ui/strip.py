"""The action strip: ten places, each with its key printed on it, the main action in the accent colour at the end.

Below 1024 pixels there is room for eight; what does not fit is behind *More*.
"""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from pos_app.ui.keymap import STRIP_SLOTS, Slot
from pos_app.ui.theme import ACTION_STRIP_PX, GAP, WIDE_GAP, set_look
from pos_app.ui.widgets.buttons import TwoLineButton
from pos_app.ui.widgets.parts import row
from pos_app.ui.words import tr

NARROW_SLOTS = 8
MORE = "more_actions"


class ActionStrip(QWidget):
    """Shows the slots of the screen in front; says which was pressed."""

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("action_strip")
        self.setProperty("look", "bottom")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(ACTION_STRIP_PX)
        self._line: QHBoxLayout = row(self, gap=GAP, margins=(WIDE_GAP, 7, WIDE_GAP, GAP))
        self._buttons = [self._button(n) for n in range(STRIP_SLOTS)]
        self._slots: tuple[Slot, ...] = ()
        self._narrow = self._second_page = False
        self._lay()

    def show_slots(self, slots: tuple[Slot, ...]) -> None:
        """What can be done now. Equal slots cost nothing."""
        if slots != self._slots:
            self._second_page = False
            self._slots = slots
            self._lay()

    def set_narrow(self, narrow: bool) -> None:
        if narrow != self._narrow:
            self._narrow = narrow
            self._lay()

    def slots_shown(self) -> dict[str, TwoLineButton]:
        """The buttons on the strip by what they do."""
        shown = (button for button in self._buttons if button.property("act"))
        return {str(button.property("act")): button for button in shown if not button.isHidden()}

    def _button(self, n: int) -> TwoLineButton:
        made = TwoLineButton(f"slot_{n}")
        made.clicked.connect(self._pressed)
        policy = made.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        policy.setHorizontalPolicy(policy.Policy.Ignored)
        made.setSizePolicy(policy)
        self._line.addWidget(made, 1)
        return made

    def _lay(self) -> None:
        placed = self._narrow_places() if self._narrow else {slot.at: slot for slot in self._slots}
        count = NARROW_SLOTS if self._narrow else STRIP_SLOTS
        for n, button in enumerate(self._buttons):
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(n < count)
            button.setSizePolicy(policy)
            self._fill(button, placed.get(n) if n < count else None)

    def _narrow_places(self) -> dict[int, Slot | str]:
        main = [slot for slot in self._slots if slot.main]
        rest = [slot for slot in self._slots if not slot.main]
        room = NARROW_SLOTS - len(main)
        page, more = rest, len(rest) > room
        if more:
            page = rest[room - 1 :] if self._second_page else rest[: room - 1]
        placed: dict[int, Slot | str] = dict(enumerate(page))
        if more:
            placed[room - 1] = MORE
        for n, slot in enumerate(main):
            placed[room + n] = slot
        return placed

    def _fill(self, button: TwoLineButton, slot: Slot | str | None) -> None:
        if slot is None:
            button.setProperty("act", "")
            button.hide()
            return
        if isinstance(slot, str):
            button.setProperty("act", MORE)
            button.setObjectName("action_more")
            button.show_lines(tr("More"), "…")
            button.setEnabled(True)
            _look(button, main=False)
        else:
            button.setProperty("act", slot.act.value)
            button.setObjectName(f"action_{slot.act.value}")
            button.show_lines(slot.word, slot.key)
            button.setEnabled(slot.enabled)
            _look(button, main=slot.main)
        button.show()

    def _pressed(self) -> None:
        act = str(self.sender().property("act"))
        if act == MORE:
            self._second_page = not self._second_page
            self._lay()
        else:
            self.acted.emit(act)


def _look(button: TwoLineButton, *, main: bool) -> None:
    set_look(button, look="main" if main else "choice")
