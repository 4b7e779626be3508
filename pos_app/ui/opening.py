"""Opening the drawer without a sale: why is asked beside the lines, and the drawer opens once that is in the journal."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from pos_app.service.drawer import DrawerDesk
from pos_app.ui.drawer_words import MOVE_HINTS, MOVE_REASONS, move_words, reason_words
from pos_app.ui.notices import Notice
from pos_app.ui.screens.screen import Asking
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.reasons import ReasonPanel, ReasonsState
from pos_app.ui.words import tr, words_for_error
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.drawer import DrawerSession, MoveKind
from retail_core.domain.errors import CodedError


class OpeningDrawer(QObject):
    """At most one question at a time."""

    opened = Signal()

    def __init__(
        self,
        panel: ReasonPanel,
        desk: DrawerDesk,
        notify: Callable[[Notice], None],
        ask_approval: Callable[[Asking], None],
    ) -> None:
        super().__init__()
        self._panel, self._desk = panel, desk
        self._notify, self._ask_approval = notify, ask_approval
        self._act_id = ""
        self._busy = False
        panel.chosen.connect(self.choose)
        panel.closed.connect(self.close)

    def ask(self) -> None:
        """Ask why. Pressed again it asks anew, and nothing was opened meanwhile."""
        self._act_id, self._busy = self._desk.new_act(), False
        self._show()

    def close(self) -> bool:
        """Put the question away; the drawer stays shut. False when there was none."""
        asked, self._act_id = bool(self._act_id), ""
        self._panel.put_away()
        return asked

    def choose(self, reason: str) -> None:
        if self._act_id and not self._busy:
            self._open(self._act_id, reason, None)

    def _open(self, act_id: str, reason: str, approval: Approval | None) -> None:
        def done(_: DrawerSession) -> None:
            self.close()
            self._notify(
                Notice(tr("The drawer is open. Why is noted: {reason}.", reason=reason_words(reason)), Tone.OK)
            )
            self.opened.emit()

        def failed(error: CodedError) -> None:
            self.close()
            if isinstance(error, ApprovalNeededError):
                self._ask_approval(Asking(error, lambda approval: self._open(act_id, reason, approval)))
            else:
                self._notify(Notice(words_for_error(error), Tone.WARNING))

        self._busy = True
        self._show()
        self._desk.no_sale(act_id, reason, done, failed, approval)

    def _show(self) -> None:
        kind = MoveKind.NO_SALE
        reasons = tuple((code, reason_words(code)) for code in MOVE_REASONS[kind])
        if self._act_id:
            self._panel.show_state(ReasonsState(move_words(kind), tr(MOVE_HINTS[kind]), reasons, self._busy))
