"""Asking a second person to agree to one act: the panel's decisions. Every screen's questions come here."""

from PySide6.QtCore import QObject

from pos_app.service.signing_in import SigningIn
from pos_app.ui.act_words import act_words
from pos_app.ui.screens.screen import Asking
from pos_app.ui.widgets.approval import ApprovalPanel, ApprovalState
from pos_app.ui.words import words_for_error
from retail_core.domain.approvals import Approval
from retail_core.domain.errors import CodedError
from retail_core.durable.link import StaffRow

MAX_FIGURES = 12


class Approving(QObject):
    """At most one question at a time; a newer one takes the place of an older one."""

    def __init__(self, panel: ApprovalPanel, signing_in: SigningIn, currency: str) -> None:
        super().__init__()
        self._panel = panel
        self._signing_in = signing_in
        self._currency = currency
        self._asking: Asking | None = None
        self._pin = self._message = ""
        self._busy = False
        panel.figure_typed.connect(self.type_figure)
        panel.erased.connect(self.erase)
        panel.entered.connect(self.enter)
        panel.closed.connect(self.close)

    @property
    def asks(self) -> bool:
        """True while a badge or a PIN is waited for."""
        return self._asking is not None

    def ask(self, asking: Asking) -> None:
        self._asking = asking
        self._pin, self._message, self._busy = "", "", False
        self._show()

    def close(self) -> bool:
        """Put the question away; the act is not done. False when there was none."""
        asked, self._asking = self._asking is not None, None
        self._pin = ""
        self._panel.put_away()
        return asked

    def type_figure(self, figure: str) -> None:
        if not self._busy and len(self._pin) < MAX_FIGURES:
            self._pin += figure
            self._message = ""
            self._show()

    def erase(self) -> None:
        self._pin = self._pin[:-1]
        self._show()

    def enter(self) -> None:
        asking = self._asking
        if asking is None or self._busy or not self._pin:
            return
        pin, self._pin = self._pin, ""
        self._busy = True
        self._show()
        self._signing_in.approver(
            asking.needed,
            pin,
            lambda approval: self._agreed(asking, approval),
            lambda error: self._refused(asking, error),
        )

    def badge(self, owner: StaffRow) -> None:
        """A badge was scanned while a question is open; `owner` is whose it is."""
        if asking := self._asking:
            self._signing_in.approver_by_badge(
                asking.needed,
                owner,
                lambda approval: self._agreed(asking, approval),
                lambda error: self._refused(asking, error),
            )

    def _agreed(self, asking: Asking, approval: Approval) -> None:
        if self._asking is asking:  # it was not put away meanwhile
            self.close()
            asking.agreed(approval)

    def _refused(self, asking: Asking, error: CodedError) -> None:
        if self._asking is asking:
            self._busy, self._message = False, words_for_error(error)
            self._show()

    def _show(self) -> None:
        if self._asking:
            asked = act_words(self._asking.needed.act, self._currency)
            self._panel.show_state(ApprovalState(asked, len(self._pin), self._message, self._busy))
