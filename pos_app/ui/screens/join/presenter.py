"""The first start decides: whether a line is one of head office's, what is compared, what came of joining, and whether the
agent runs that brings the machine its goods.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from pos_app.runtime.joining import Joined
from pos_app.ui.screens.join.state import JoinState, Step
from pos_app.ui.screens.join.view import JoinWindow
from pos_app.ui.words import ltr, tr, words_for_error
from retail_core.domain.errors import CodedError, EnvironmentFault, RuleViolationError
from retail_core.wire.enrolment import EnrolmentLink, read_link

GROUP = 4
LOOK_EVERY_MS = 1_000
NOT_RUNNING = EnvironmentFault("agent.not_running")
Ask = Callable[[str, Callable[[Joined], None], Callable[[CodedError], None]], None]
"""Joins by a link: answers on the screen's thread."""
Look = Callable[[Callable[[bool], None], Callable[[CodedError], None]], None]
"""Says whether the agent of this machine runs, on the screen's thread."""


class JoinPresenter(QObject):
    joined = Signal(object)  # Joined; its agent runs, or somebody goes on without it

    def __init__(
        self, view: JoinWindow, ask: Ask, look: Look, command: str, missing: EnvironmentFault | None = None
    ) -> None:
        """`command` starts the agent; `missing`: why nothing can be asked of its program."""
        super().__init__()
        self._view, self._ask, self._look = view, ask, look
        self._command, self._missing = command, missing
        self._is: Joined | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look_again)
        self._link: EnrolmentLink | None = None
        self._asking = False
        view.entered.connect(self.enter)
        view.agreed.connect(self.agree)
        view.again.connect(self.begin)
        self.begin()

    def begin(self) -> None:
        """Wait for a line."""
        self._link = None
        self._view.show_state(JoinState(refused=_said(self._missing) if self._missing else ""))

    def enter(self, text: str) -> None:
        """A line was pasted, typed or scanned."""
        try:
            self._link = link = read_link(text)
        except RuleViolationError as refused:
            self._view.show_state(JoinState(refused=_said(refused)))
            return
        shown = link.ca_sha256.upper()
        groups = tuple(shown[at : at + GROUP] for at in range(0, len(shown), GROUP))
        self._view.show_state(JoinState(Step.COMPARE, link.hq_url, groups))

    def agree(self) -> None:
        """Address and fingerprint are head office's; or, when it has joined, the till is to open without its agent."""
        if self._is:
            self._finish(self._is)
        if self._link is None or self._asking:
            return
        self._asking = True
        self._view.show_state(JoinState(Step.ASKING))
        self._ask(self._link.text(), self._done, self._failed)

    def _done(self, joined: Joined) -> None:
        self._asking, self._link, self._is = False, None, joined
        machine = tr("This machine is {register} in {store}", register=ltr(joined.register), store=joined.store_name)
        self._view.show_state(
            JoinState(Step.JOINED, machine=machine, command=self._command, refused=_said(NOT_RUNNING))
        )
        self._timer.start()
        self._look_again()

    def _look_again(self) -> None:
        self._look(self._seen, self._not_seen)

    def _not_seen(self, _why: CodedError) -> None:
        """It is looked for again in a moment."""

    def _seen(self, runs: bool) -> None:
        if runs and self._is:
            self._finish(self._is)

    def _finish(self, joined: Joined) -> None:
        self._is = None
        self._timer.stop()
        self.joined.emit(joined)

    def _failed(self, error: CodedError) -> None:
        self._asking, self._link = False, None
        self._view.show_state(JoinState(refused=_said(error)))


def _said(error: CodedError) -> str:
    return f"{words_for_error(error)}  {ltr(f'[{error.code}]')}"
