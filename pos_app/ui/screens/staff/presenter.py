"""The staff page: who may sign in, who is here, when they were here last, and a lock that a manager may open."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pos_app.service.signing_in import BADGE, BADGE_AND_PIN, SigningIn
from pos_app.ui.keymap import STAFF_KEYS, Act, Slot
from pos_app.ui.screens.screen import Screen
from pos_app.ui.screens.staff.state import PersonView, StaffState
from pos_app.ui.screens.staff.view import StaffView
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, tr
from retail_core.domain.approvals import Approval
from retail_core.domain.roles import Role
from retail_core.durable.link import StaffRow


class StaffPresenter(Screen):
    keys = STAFF_KEYS

    def __init__(self, view: StaffView, signing_in: SigningIn, zone: ZoneInfo) -> None:
        super().__init__(view)
        self._view, self._signing_in, self._zone = view, signing_in, zone
        self._minutes = 0
        view.unlock_pressed.connect(self.unlock)

    def shown(self) -> None:
        self._minutes = self._signing_in.locked_minutes
        self._show()

    def refresh(self) -> None:
        if self._signing_in.locked_minutes != self._minutes:
            self.shown()
            self.strip_changed.emit()

    def strip(self) -> tuple[Slot, ...]:
        back = Slot(0, Act.BACK, "Esc", tr("Back to sale"))
        return (back, Slot(4, Act.UNLOCK_PINS, "F6", tr("Unlock PINs"))) if self._minutes else (back,)

    def act(self, act: Act) -> None:
        if act is Act.UNLOCK_PINS:
            self.unlock()

    def unlock(self) -> None:
        """Before the half hour is over; it is in the journal."""
        if self._signing_in.locked_minutes:
            self.with_approval(self._unlock)

    def _unlock(self, approval: Approval | None) -> None:
        self._signing_in.unlock(approval)
        self.say(tr("PINs can be tried again."), Tone.OK)
        self.shown()
        self.strip_changed.emit()

    def _show(self) -> None:
        people = tuple(self._person(row) for row in self._signing_in.staff())
        lock = tr(
            "Ten wrong PINs were typed. PINs are locked for {minutes} minutes; badges still sign in.",
            minutes=self._minutes,
        )
        self._view.show_state(
            StaffState(
                people,
                lock if self._minutes else "",
                tr("Unlock PINs · {key_unlock_pins}"),
                "" if people else tr("No staff list has arrived from head office yet."),
            )
        )

    def _person(self, row: StaffRow) -> PersonView:
        operator = self._signing_in.operator
        now = operator is not None and operator.operator_id == row.operator_id
        both = self._signing_in.rules.pin_after_badge
        by = (tr("Badge and PIN") if both else tr("Badge or PIN")) if row.badge else tr("PIN")
        here = tr("Signed in now") if now else self._last(row)
        return PersonView(row.name, role_words(row.role), here, by, now)

    def _last(self, row: StaffRow) -> str:
        seen = self._signing_in.seen.get(row.operator_id)
        if seen is None:
            return tr("Not at this till yet")
        at = ltr(f"{datetime.fromtimestamp(seen.at_ms / 1000, UTC).astimezone(self._zone):%d.%m.%Y %H:%M}")
        if seen.how in {BADGE, BADGE_AND_PIN}:
            return tr("Last here {at}, by badge", at=at)
        return tr("Last here {at}, by PIN", at=at)


def role_words(role: Role) -> str:
    """A role of a store in words."""
    return {
        Role.CASHIER: tr("Cashier"),
        Role.ASSOCIATE: tr("Associate"),
        Role.SUPERVISOR: tr("Supervisor"),
        Role.MANAGER: tr("Manager"),
    }.get(role, role.value)
