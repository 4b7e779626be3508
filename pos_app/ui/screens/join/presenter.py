"""The first start decides: whether a line is one of head office's, what is compared, and what came of joining."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from pos_app.runtime.joining import Joined
from pos_app.ui.screens.join.state import JoinState, Step
from pos_app.ui.screens.join.view import JoinWindow
from pos_app.ui.words import words_for_error
from retail_core.domain.errors import CodedError, RuleViolationError
from retail_core.wire.enrolment import EnrolmentLink, read_link

GROUP = 4
Ask = Callable[[str, Callable[[Joined], None], Callable[[CodedError], None]], None]
"""Joins by a link: answers on the screen's thread."""


class JoinPresenter(QObject):
    joined = Signal(object)  # Joined

    def __init__(self, view: JoinWindow, ask: Ask) -> None:
        super().__init__()
        self._view, self._ask = view, ask
        self._link: EnrolmentLink | None = None
        self._asking = False
        view.entered.connect(self.enter)
        view.agreed.connect(self.agree)
        view.again.connect(self.begin)
        self.begin()

    def begin(self) -> None:
        """Wait for a line."""
        self._link = None
        self._view.show_state(JoinState())

    def enter(self, text: str) -> None:
        """A line was pasted, typed or scanned."""
        try:
            self._link = link = read_link(text)
        except RuleViolationError as refused:
            self._view.show_state(JoinState(refused=words_for_error(refused)))
            return
        shown = link.ca_sha256.upper()
        groups = tuple(shown[at : at + GROUP] for at in range(0, len(shown), GROUP))
        self._view.show_state(JoinState(Step.COMPARE, link.hq_url, groups))

    def agree(self) -> None:
        """Address and fingerprint are head office's."""
        if self._link is None or self._asking:
            return
        self._asking = True
        self._view.show_state(JoinState(Step.ASKING))
        self._ask(self._link.text(), self._done, self._failed)

    def _done(self, joined: Joined) -> None:
        self._asking = False
        self.joined.emit(joined)

    def _failed(self, error: CodedError) -> None:
        self._asking, self._link = False, None
        self._view.show_state(JoinState(refused=words_for_error(error)))
