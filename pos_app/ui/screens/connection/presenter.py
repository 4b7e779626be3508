"""The connection page decides: what is shown every second, and taking the store's work over."""

from collections.abc import Callable, Iterable
from zoneinfo import ZoneInfo

from pos_app.devices.ports import Health
from pos_app.service.connection import ConnectionDesk
from pos_app.service.link_status import LinkStatus
from pos_app.ui.keymap import CONNECTION_KEYS, Act, Slot
from pos_app.ui.lamps import worst_of
from pos_app.ui.screens.connection.state import ConnectionState
from pos_app.ui.screens.connection.view import ConnectionView
from pos_app.ui.screens.connection.words import SCANNER, ConnectionWords
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import tr
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import CodedError


class ConnectionPresenter(Screen):
    keys = CONNECTION_KEYS

    def __init__(
        self,
        view: ConnectionView,
        desk: ConnectionDesk,
        link: LinkStatus,
        zone: ZoneInfo,
        healths: Callable[[], Iterable[tuple[str, Health]]],
    ) -> None:
        """`healths`: (kind, health) of each device; the scanners' are shown here, in front of the way they begin."""
        super().__init__(view)
        self._view, self._desk, self._link, self._healths = view, desk, link, healths
        self._words = ConnectionWords(zone)
        self._shown: ConnectionState | None = None
        self._may_take_over = False

    def shown(self) -> None:
        self._shown = None
        self.refresh()

    def refresh(self) -> None:
        found = self._desk.read()
        state = self._words.state(found, self._link.read().queued, self._desk.now_ms(), self._scanner())
        if state != self._shown:
            self._shown = state
            self._view.show_state(state)
        if found.may_take_over != self._may_take_over:
            self._may_take_over = found.may_take_over
            self.strip_changed.emit()

    def _scanner(self) -> Health | None:
        return worst_of(health for kind, health in self._healths() if kind == SCANNER)

    def strip(self) -> tuple[Slot, ...]:
        back = Slot(0, Act.BACK, "Esc", tr("Back to sale"))
        take_over = Slot(9, Act.TAKE_OVER, "F9", tr("Take over here"), main=True)
        return (back, take_over) if self._may_take_over else (back,)

    def act(self, act: Act) -> None:
        if act is Act.TAKE_OVER and self._may_take_over:
            self._take_over(None)

    def _take_over(self, approval: Approval | None) -> None:
        def failed(error: CodedError) -> None:
            if isinstance(error, ApprovalNeededError):
                self.ask_approval(error, self._take_over)
            else:
                self.explain(error)

        self._desk.take_over(self._taken, failed, approval)

    def _taken(self) -> None:
        self.say(
            tr("This machine ties the store together from now on. The other tills find it by themselves."), Tone.OK
        )
        self.refresh()
