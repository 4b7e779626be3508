"""The settings page: the till's own choices to tap on one side, the store's rules to read on the other."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QWidget

from pos_app.ui.screens.settings.state import ChoiceView, RuleGroup, SettingsState
from pos_app.ui.theme import GAP, TOUCH_PX, WIDE_GAP, Weight, set_look
from pos_app.ui.widgets.buttons import TwoLineButton, TwoLines
from pos_app.ui.widgets.parts import column, label, panel, row
from pos_app.ui.widgets.scrolled import scrolled
from pos_app.ui.words import tr

SIDE = 16
OPTION_LINES = TwoLines(big_px=15, small_px=12)
CHOSEN = "✓"
OPTION_WIDTH = 56
VALUE_SHARE, RULE_SHARE = 2, 3


class ChoiceRow(QFrame):
    """A choice with its values side by side."""

    pressed = Signal(str, str)  # choice, value

    def __init__(self, shown: ChoiceView) -> None:
        super().__init__()
        self._name = shown.name
        self.setObjectName(f"setting_{shown.name}")
        self.setProperty("look", "head")
        lines = column(self, gap=4, margins=(10, 5, 10, 7))
        head = row(gap=WIDE_GAP)
        self._words = label(px=16, weight=Weight.SEMI)
        self._detail = label(px=14, look="muted")
        self._detail.setWordWrap(True)
        head.addWidget(self._words)
        head.addWidget(self._detail, 1)
        lines.addLayout(head)
        self._options = row(gap=GAP)
        lines.addLayout(self._options)
        self._buttons: dict[str, TwoLineButton] = {}
        for option in shown.options:
            made = TwoLineButton(f"setting_{shown.name}_{option.name}", lines=OPTION_LINES)
            made.setProperty("option", option.name)
            made.setFixedHeight(TOUCH_PX)
            made.setMinimumWidth(OPTION_WIDTH)
            made.clicked.connect(self._pressed)
            self._options.addWidget(made, 1)
            self._buttons[option.name] = made

    def show_choice(self, shown: ChoiceView, *, at: bool) -> None:
        self._words.setText(shown.words)
        self._detail.setText(shown.detail)
        set_look(self, look="ask" if at else "head")
        now = next((option.words for option in shown.options if option.chosen), "")
        self.setAccessibleName(f"{shown.words}: {now}")
        for option in shown.options:
            made = self._buttons[option.name]
            made.show_lines(option.words, CHOSEN if option.chosen else "")
            made.setAccessibleName(f"{shown.words}: {option.words}")
            made.setEnabled(option.enabled)
            set_look(made, chosen="true" if option.chosen else "false")

    def _pressed(self) -> None:
        self.pressed.emit(self._name, str(self.sender().property("option")))


class SettingsView(QWidget):
    """Shows a SettingsState."""

    chosen = Signal(str, str)  # choice, value

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("settings_page")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Settings"))
        sides = row(self, gap=WIDE_GAP)
        own = panel("own_settings")
        lines = column(own, gap=GAP, margins=(SIDE, 12, 6, 12))
        lines.addWidget(label(tr("This till"), px=18, weight=Weight.BOLD))
        self._hint = label(px=14, look="muted", name="own_settings_keys")
        lines.addWidget(self._hint)
        self._choices = column(gap=2, margins=(0, 0, 6, 0))
        self._choices.addStretch(1)
        self._choices_area = scrolled(self._choices, "own_settings_area")
        lines.addWidget(self._choices_area, 1)
        self._rows: dict[str, ChoiceRow] = {}
        sides.addWidget(own, 1)
        rules = panel("store_rules")
        lines = column(rules, gap=GAP, margins=(SIDE, 12, 6, 12))
        lines.addWidget(label(tr("Rules of the store"), px=18, weight=Weight.BOLD))
        self._source = label(px=14, look="muted", name="rules_source")
        self._source.setWordWrap(True)
        lines.addWidget(self._source)
        self._groups = column(gap=WIDE_GAP, margins=(0, 0, 10, 0))
        self._area = scrolled(self._groups, "rules_area")
        lines.addWidget(self._area, 1)
        self._shown: tuple[RuleGroup, ...] | None = None
        self._at = 0
        sides.addWidget(rules, 1)

    def show_state(self, state: SettingsState) -> None:
        self._hint.setText(state.hint)
        for at, choice in enumerate(state.choices):
            if choice.name not in self._rows:
                made = self._rows[choice.name] = ChoiceRow(choice)
                made.pressed.connect(self.chosen)
                self._choices.insertWidget(at, made)
            self._rows[choice.name].show_choice(choice, at=at == state.at)
        if state.at != self._at:  # whoever has pushed the list meanwhile finds it where they left it
            self._at = state.at
            self._choices_area.ensureWidgetVisible(self._rows[state.choices[state.at].name])
        self._source.setText(state.source)
        if state.groups != self._shown:
            self._shown = state.groups
            self._show_groups(state.groups)

    def room(self) -> tuple[int, int]:
        """Width and height of the screen it stands on, as large as things are now."""
        size = self.screen().size()
        return size.width(), size.height()

    def push(self, rows: int) -> None:
        """Move the rules up or down, for whoever has no pointer."""
        bar = self._area.verticalScrollBar()
        bar.setValue(bar.value() + rows * bar.pageStep() // 2)

    def _show_groups(self, groups: tuple[RuleGroup, ...]) -> None:
        while item := self._groups.takeAt(0):
            gone = item.widget()
            if gone:
                gone.hide()
                gone.deleteLater()
        for group in groups:
            self._groups.addWidget(_group(group))
        self._groups.addStretch(1)


def _group(shown: RuleGroup) -> QWidget:
    made = QWidget()
    made.setProperty("look", "clear")
    lines = column(made, gap=2)
    lines.addWidget(label(shown.title, px=15, weight=Weight.BOLD))
    for words, value in shown.rules:
        line = QFrame()
        line.setProperty("look", "head")
        line.setAccessibleName(f"{words}: {value}")
        parts = row(line, gap=WIDE_GAP, margins=(0, 6, 0, 6))
        left, right = label(words, px=15), label(value, px=15, weight=Weight.SEMI)
        left.setWordWrap(True)
        right.setWordWrap(True)
        right.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        parts.addWidget(left, RULE_SHARE)
        parts.addWidget(right, VALUE_SHARE)
        lines.addWidget(line)
    return made
