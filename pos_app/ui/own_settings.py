"""What was chosen for this till, put into force: colours, tones and the customer's screen; at the start and at once."""

from PySide6.QtWidgets import QApplication

from pos_app.service.till_choices import Choice, TillChoices
from pos_app.ui import theme
from pos_app.ui.at_counter import AtCounter
from pos_app.ui.customer.display import CustomerDisplay
from pos_app.ui.theme import Tone


class OwnSettings:
    """`apply_all` once before the window is shown; `apply` whenever something else was chosen."""

    def __init__(self, choices: TillChoices, counter: AtCounter, customer: CustomerDisplay) -> None:
        self._choices, self._counter, self._customer = choices, counter, customer

    def apply_all(self) -> None:
        self._dress()
        self._counter.loudness(self._choices.of(Choice.TONES))
        self._customer.wanted = self._choices.of(Choice.CUSTOMER)

    def apply(self, choice: Choice) -> None:
        """Language and keys are asked for whenever a screen comes to the front; the size at the next start."""
        match choice:
            case Choice.THEME:
                self._dress()
            case Choice.TONES:
                self._counter.loudness(self._choices.of(choice))
                self._counter.sound(Tone.OK.value)
            case Choice.CUSTOMER:
                self._customer.choose(self._choices.of(choice))
            case Choice.LANGUAGE | Choice.KEYS | Choice.SIZE:
                pass

    def _dress(self) -> None:
        app, wanted = QApplication.instance(), self._choices.of(Choice.THEME)
        if isinstance(app, QApplication) and theme.tokens().name != wanted:
            theme.apply(app, wanted)
