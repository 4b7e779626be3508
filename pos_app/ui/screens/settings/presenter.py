"""The settings page. What is chosen here holds at once; what head office has set can only be read."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from PySide6.QtCore import Signal

from pos_app.locale.catalogue import NAMES
from pos_app.service.completing import SoldBy
from pos_app.service.till_choices import SIZES, Choice, TillChoices, Tones
from pos_app.ui.keymap import SETTINGS_KEYS, Act, Slot
from pos_app.ui.keys import DEFAULT, PRESETS, Keys
from pos_app.ui.rule_words import store_rules
from pos_app.ui.screens.help.presenter import PRESET_NAMES
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.settings.state import ChoiceView, OptionView, SettingsState
from pos_app.ui.screens.settings.view import SettingsView
from pos_app.ui.shell import MIN_HEIGHT, MIN_WIDTH
from pos_app.ui.theme import DARK, LIGHT, Tone
from pos_app.ui.words import ltr, tr
from retail_core.domain.approvals import Approval
from retail_core.durable.settings import SettingsDoc

VALUES: Mapping[Choice, tuple[str, ...]] = MappingProxyType(
    {
        Choice.LANGUAGE: tuple(NAMES),
        Choice.THEME: (LIGHT.name, DARK.name),
        Choice.SIZE: SIZES,
        Choice.KEYS: tuple(PRESETS),
        Choice.TONES: tuple(Tones),
        Choice.CUSTOMER: ("auto", "on", "off"),
    }
)


class SettingsPresenter(Screen):
    keys = SETTINGS_KEYS
    chose = Signal(str)  # a Choice that is another one from now on
    start_again = Signal()  # in the size that was chosen

    def __init__(
        self,
        view: SettingsView,
        choices: TillChoices,
        keys: Keys,
        operator: Callable[[], SoldBy | None],
        settings: Callable[[], SettingsDoc | None],
        currency: str,
    ) -> None:
        super().__init__(view)
        self._view, self._choices, self._keys = view, choices, keys
        self._operator, self._settings, self._currency = operator, settings, currency
        self._at = 0
        self._percent = int(choices.of(Choice.SIZE))  # as the window was made
        view.chosen.connect(self._tapped)

    def shown(self) -> None:
        self._show()

    def refresh(self) -> None:
        self._show()

    def strip(self) -> tuple[Slot, ...]:
        slots = (
            Slot(0, Act.BACK, "Esc", tr("Back to sale")),
            Slot(2, Act.MOVE_KEYS, "F4", tr("Move keys")),
            Slot(3, Act.NEXT_CHOICE, "F6", tr("Next value")),
            Slot(5, Act.TRAINING, "Ctrl+J", tr("Training")),
            Slot(6, Act.DEVICES, "Ctrl+H", tr("Devices")),
        )
        again = Slot(9, Act.START_AGAIN, "F9", tr("Start in this size"), main=True)
        return (*slots, again) if self._other_size() else slots

    def act(self, act: Act) -> None:
        match act:
            case Act.UP | Act.DOWN:
                self._at = (self._at + (1 if act is Act.DOWN else -1)) % len(VALUES)
                self._show()
            case Act.NEXT_CHOICE:
                choice = tuple(VALUES)[self._at]
                values = [value for value in VALUES[choice] if self._fits(choice, value)]
                now = self._now(choice)
                self.choose(choice, values[(values.index(now) + 1) % len(values)] if now in values else values[0])
            case Act.ROWS_DOWN | Act.ROWS_UP:
                self._view.push(1 if act is Act.ROWS_DOWN else -1)
            case Act.START_AGAIN if self._other_size():
                self.start_again.emit()
            case _:
                pass

    def choose(self, choice: Choice, value: str) -> None:
        """Hold it from now on."""
        self._at = tuple(VALUES).index(choice)
        if value != self._now(choice):
            self.with_approval(lambda approval: self._choose(choice, value, approval))
        self._show()

    def _choose(self, choice: Choice, value: str, approval: Approval | None) -> None:
        self._choices.choose(choice, value, self._operator(), approval)
        if choice is Choice.KEYS:
            self._keys.choose(value)
        self.chose.emit(choice.value)
        self.say(tr("{setting}: {value}", setting=_choice_words(choice), value=_value_words(choice, value)), Tone.OK)

    def _tapped(self, choice: str, value: str) -> None:
        self.choose(Choice(choice), value)

    def _now(self, choice: Choice) -> str:
        return self._keys.choice.preset if choice is Choice.KEYS else self._choices.of(choice)

    def _other_size(self) -> bool:
        """Another size was chosen than the window was made in."""
        return int(self._choices.of(Choice.SIZE)) != self._percent

    def _fits(self, choice: Choice, value: str) -> bool:
        """A size at which the smallest window there is still has room on this screen; the usual one always."""
        if choice is not Choice.SIZE or value == SIZES[0]:
            return True
        width, height = (side * self._percent // int(value) for side in self._view.room())
        return width >= MIN_WIDTH and height >= MIN_HEIGHT

    def _show(self) -> None:
        settings = self._settings()
        source = (
            tr("Set by head office; they can only be read here. {key_rows_up} and {key_rows_down} move them.")
            if settings
            else tr("Head office has not sent its rules yet; these hold until then.")
        )
        if settings and settings.unread:
            groups = ltr(", ".join(settings.unread))
            source = tr(
                "This till is too old to read some rules of head office: {groups}. The usual ones hold instead.",
                groups=groups,
            )
        shown = settings or SettingsDoc("", "", self._currency, "", "")
        choices = tuple(self._choice(choice) for choice in VALUES)
        hint = tr("↑ ↓ choose, {key_next_choice} changes; or tap.")
        self._view.show_state(SettingsState(choices, self._at, source, store_rules(shown), hint))

    def _choice(self, choice: Choice) -> ChoiceView:
        now = self._now(choice)
        options = tuple(
            OptionView(value, _value_words(choice, value), value == now, self._fits(choice, value))
            for value in VALUES[choice]
        )
        return ChoiceView(choice.value, _choice_words(choice), _detail(choice), options)


def _choice_words(choice: Choice) -> str:
    return {
        Choice.LANGUAGE: tr("Language"),
        Choice.THEME: tr("Colours"),
        Choice.SIZE: tr("Size"),
        Choice.KEYS: tr("Set of keys"),
        Choice.TONES: tr("Tones"),
        Choice.CUSTOMER: tr("Customer's screen"),
    }[choice]


def _detail(choice: Choice) -> str:
    return {
        Choice.LANGUAGE: tr("Who has a language in the staff list keeps it."),
        Choice.SIZE: tr("Holds when the till starts again; the basket stays."),
        Choice.KEYS: tr("Keys moved by hand go back."),
        Choice.CUSTOMER: tr("Automatic: when there is a second screen."),
    }.get(choice, "")


def _value_words(choice: Choice, value: str) -> str:
    match choice:
        case Choice.LANGUAGE:
            return NAMES[value]
        case Choice.SIZE:
            return ltr(f"{value} %")
        case Choice.KEYS:
            return tr("Standard") if value == DEFAULT else PRESET_NAMES[value]
        case _:
            return {
                LIGHT.name: tr("Light"),
                DARK.name: tr("Dark"),
                Tones.OFF: tr("Off"),
                Tones.QUIET: tr("Quiet"),
                Tones.NORMAL: tr("Normal"),
                Tones.LOUD: tr("Loud"),
                "auto": tr("Automatic"),
                "on": tr("On"),
            }[value]
