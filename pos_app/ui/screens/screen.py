"""What the window asks of every screen's presenter."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from pos_app.ui.keymap import Act, Slot
from pos_app.ui.notices import Notice
from pos_app.ui.theme import Tone
from pos_app.ui.words import words_for_error
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import CodedError, EnvironmentFault, RuleViolationError

NO_KEYS: Mapping[str, Act] = {}


@dataclass(frozen=True, slots=True)
class Asking:
    """An act that waits for a second person, and what to do once that person agreed."""

    needed: ApprovalNeededError
    agreed: Callable[[Approval], None]


class Screen(QObject):
    """A presenter and its view. Signals tell the window what to say, what to print on the strip, where to go."""

    noticed = Signal(object)  # a Notice
    strip_changed = Signal()
    settled = Signal()  # what the last notice was about has been dealt with
    sounded = Signal(str)  # a Tone, for whoever does not look at the screen
    approval_wanted = Signal(object)  # an Asking

    keys: Mapping[str, Act] = NO_KEYS

    def __init__(self, view: QWidget) -> None:
        super().__init__()
        self.widget = view

    def strip(self) -> tuple[Slot, ...]:
        """The action strip of this moment."""
        return ()

    def act(self, act: Act) -> None:
        """A key or a button of the strip."""

    def back(self) -> bool:
        """One step back within the screen, when it is a page of a workspace; False when it has nothing to go back to."""
        return False

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

    def with_approval(self, call: Callable[[Approval | None], None], approval: Approval | None = None) -> None:
        """Do `call`. When a second person must agree, one is asked for beside the screen and `call` done again with it."""
        try:
            call(approval)
        except ApprovalNeededError as needed:
            self.ask_approval(needed, call)
        except RuleViolationError as refused:
            self.explain(refused)

    def ask_approval(self, needed: ApprovalNeededError, call: Callable[[Approval | None], None]) -> None:
        """The same for an act that is answered later: hand in what its `failed` was given."""
        self.approval_wanted.emit(Asking(needed, lambda approval: self.with_approval(call, approval)))

    def explain(self, error: CodedError) -> None:
        """Say what went wrong in plain words: amber for the shop's rules, red for the machine."""
        tone = Tone.ERROR if isinstance(error, EnvironmentFault) else Tone.WARNING
        self.noticed.emit(Notice(words_for_error(error), tone))
