"""The page for moving keys: a line to search in and the acts by screen on one side, the chosen one on the other."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QWidget

from pos_app.ui.keymap import MODIFIERS, key_name
from pos_app.ui.screens.help.view import HelpDelegate, HelpRows
from pos_app.ui.screens.moving_keys.state import FreeKey, MovingState, Step
from pos_app.ui.theme import GAP, WIDE_GAP, Tone, Weight, set_look
from pos_app.ui.widgets.buttons import TwoLineButton, TwoLines
from pos_app.ui.widgets.entry import EntryLine
from pos_app.ui.widgets.lists import LineList
from pos_app.ui.widgets.parts import FittingWords, column, label, panel, row
from pos_app.ui.words import tr

FREE_A_ROW = 4
LOW_PX = 460
"""Below this there is room for one row of free keys."""
KEY_PX, KEY_HEIGHT = 30, 38
LIST_SHARE, CHOSEN_SHARE = 3, 2
KEY_LINES = TwoLines(big_px=16, small_px=12)
NO_KEYS = MODIFIERS | {Qt.Key.Key_unknown}


class KeyCatcher(QFrame):
    """Has the keyboard while a new key is waited for: every key is told, none does anything else."""

    caught = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("key_catcher")
        self.setProperty("look", "head")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in NO_KEYS and not event.isAutoRepeat():
            self.caught.emit(key_name(event))

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab is told like any other key."""
        return False


class MovingKeysView(QWidget):
    """Shows a MovingState; says what was typed, chosen and pressed."""

    typed = Signal(str)
    entered = Signal()
    chosen = Signal(int)
    pressed = Signal(str)  # a key as the tables name it

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("moving_keys_screen")
        self.setProperty("look", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(tr("Move keys"))
        self._shown = MovingState()
        sides = row(self, gap=WIDE_GAP, margins=(WIDE_GAP, WIDE_GAP, WIDE_GAP, WIDE_GAP))
        left = column(gap=10)
        self.entry = EntryLine("moving_keys_entry", tr("Search the keys"))
        self.entry.show_hint(tr("Type part of what you want to do"))
        self.entry.textChanged.connect(self.typed)
        self.entry.entered.connect(self.entered)
        left.addWidget(self.entry)
        card = panel("moving_keys_card")
        inside = column(card, margins=(1, 1, 1, 8))
        self._model = HelpRows()
        self._list = LineList("moving_keys_list", tr("Keys"))
        self._list.setModel(self._model)
        self._list.setItemDelegate(HelpDelegate(self._list))
        self._list.clicked.connect(self._tapped)
        inside.addWidget(self._list, 1)
        left.addWidget(card, 1)
        sides.addLayout(left, LIST_SHARE)
        sides.addWidget(self._chosen_card(), CHOSEN_SHARE)
        self.setFocusProxy(self.entry)

    def show_state(self, state: MovingState) -> None:
        self._shown = state
        self._model.show_rows(state.rows)
        self._preset.setText(state.preset)
        self._act.setText(state.chosen.words)
        self._screens.setText(state.chosen.screens)
        self._key.setText(state.chosen.key)
        self._from.setText(state.chosen.preset)
        self._message.setText(state.message)
        set_look(self._message, look=state.tone.value if state.tone is not Tone.PLAIN else "muted")
        self.catcher.setAccessibleName(f"{state.chosen.words}. {state.message}")
        set_look(self.catcher, look="head" if state.step is Step.CHOOSE else "ask")
        self._free_title.setText(state.free_title)
        self._show_free(state.free)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_free(self._shown.free)

    def select(self, n: int) -> None:
        self._list.setCurrentIndex(self._model.index(n))

    def catch(self, *, on: bool) -> None:
        """Have the next keys told instead of typed, or give the keyboard back to the line."""
        self.entry.setEnabled(not on)
        self._list.setEnabled(not on)
        self.catcher.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.NoFocus)
        (self.catcher if on else self.entry).setFocus()

    def _chosen_card(self) -> QFrame:
        made = panel("moving_key")
        lines = column(made, gap=GAP, margins=(16, 14, 16, 14))
        head = row(gap=WIDE_GAP)
        head.addWidget(label(tr("Move keys"), px=18, weight=Weight.BOLD))
        head.addStretch(1)
        self._preset = label(px=14, look="muted", name="moving_preset")
        head.addWidget(self._preset)
        lines.addLayout(head)
        self.catcher = KeyCatcher()
        self.catcher.caught.connect(self.pressed)
        inside = column(self.catcher, gap=4, margins=(12, 10, 12, 12))
        self._act = FittingWords(18, 13, Weight.SEMI, name="moving_act")
        self._screens = label(px=14, look="muted", name="moving_screens")
        self._key = label(px=KEY_PX, weight=Weight.BOLD, name="moving_key_now")
        self._key.setFixedHeight(KEY_HEIGHT)
        self._from = label(px=14, look="muted", name="moving_from")
        self._message = label(px=15, look="muted", name="moving_message")
        for words in (self._act, self._screens, self._from, self._message):
            words.setWordWrap(True)
        for words in (self._act, self._screens, self._key, self._from):
            inside.addWidget(words)
        lines.addWidget(self.catcher)
        lines.addWidget(self._message)
        lines.addStretch(1)
        self._free_title = label(px=14, weight=Weight.BOLD, look="muted", name="moving_free")
        lines.addWidget(self._free_title)
        self._free = QGridLayout()
        self._free.setSpacing(GAP)
        lines.addLayout(self._free)
        self._free_buttons: list[TwoLineButton] = []
        return made

    def _show_free(self, keys: tuple[FreeKey, ...]) -> None:
        while len(self._free_buttons) < len(keys):
            at = len(self._free_buttons)
            made = TwoLineButton(f"free_key_{at}", lines=KEY_LINES)
            made.clicked.connect(self._free_pressed)
            self._free.addWidget(made, at // FREE_A_ROW, at % FREE_A_ROW)
            self._free_buttons.append(made)
        for at, made in enumerate(self._free_buttons):
            made.setVisible(at < min(len(keys), self._room_for_free()))
            if at < len(keys):
                made.setProperty("key", keys[at].key)
                made.show_lines(keys[at].words, "")

    def _room_for_free(self) -> int:
        return FREE_A_ROW if self.height() < LOW_PX else len(self._free_buttons)

    def _tapped(self, index: QModelIndex) -> None:
        self.chosen.emit(index.row())

    def _free_pressed(self) -> None:
        self.pressed.emit(str(self.sender().property("key")))
