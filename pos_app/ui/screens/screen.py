"""What the window asks of every screen's presenter."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.notices import Notice
from pos_app.ui.theme import Tone
from pos_app.ui.words import words_for_error
from retail_core.domain.errors import CodedError, EnvironmentFault

NO_KEYS: Mapping[str, Act] = {}


class Screen(QObject):
    """A presenter and its view. Signals tell the window what to say, what to print on the strip, where to go."""

    noticed = Signal(object)  # a Notice
    strip_changed = Signal()
    settled = Signal()  # what the last notice was about has been dealt with
    sounded = Signal(str)  # a Tone, for whoever does not look at the screen

    keys: Mapping[str, Act] = NO_KEYS

    def __init__(self, view: QWidget) -> None:
        super().__init__()
        self.widget = view

    def strip(self) -> tuple[Slot, ...]:
        """The action strip of this moment."""
        return ()

    def act(self, act: Act) -> None:
        """A key or a button of the strip."""

    def shown(self) -> None:
        """The screen came to the front."""

    def refresh(self) -> None:
        """A second has passed, or the agent brought something. Must be cheap."""

    def scanned(self, label: str, source: str) -> None:
        """A read of any scanner while this screen is in front."""

    def typed_aside(self, text: str) -> None:
        """A printable key that no line for typing wanted."""

    def say(self, text: str, tone: Tone) -> None:
        self.noticed.emit(Notice(text, tone))

    def explain(self, error: CodedError) -> None:
        """Say what went wrong in plain words: amber for the shop's rules, red for the machine."""
        tone = Tone.ERROR if isinstance(error, EnvironmentFault) else Tone.WARNING
        self.noticed.emit(Notice(words_for_error(error), tone))
