"""A screen whose acts are answered later: one at a time, and done again when a second person has agreed."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from pos_app.ui.screens.screen import Screen
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import CodedError

Call = Callable[[Callable[[CodedError], None], Approval | None], None]
"""Begins an act: what to call when it failed, and the agreement it is done with."""


class ActingScreen(Screen):
    """`busy` from the beginning of an act to its answer; whoever is told that it was done sets it back."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.busy = False

    def show_again(self) -> None:
        """Whether an act is under way has changed."""

    def do(self, call: Call) -> None:
        """Begin an act, unless another one is under way. A refusal is explained; an agreement that is needed is asked for."""

        def again(approval: Approval | None) -> None:
            def failed(error: CodedError) -> None:
                self.busy = False
                self.show_again()
                if isinstance(error, ApprovalNeededError):
                    self.ask_approval(error, again)
                else:
                    self.explain(error)

            self.busy = True
            self.show_again()
            call(failed, approval)

        if not self.busy:
            again(None)
