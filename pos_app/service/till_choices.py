"""What is chosen for this till alone, on top of till.toml; each change is in the journal with who made it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pos_app.runtime.writer import Writer
from pos_app.service.completing import SoldBy
from pos_app.service.preferences import Preferences
from pos_app.storage.store import TillStore
from retail_core.domain.approvals import Act, Approval, allow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import AuditNoted
from retail_core.domain.roles import Permission
from retail_core.durable.home import MachineConfig

CHANGED = "till_setting_changed"
ACT = "change_setting"


class Choice(StrEnum):
    LANGUAGE = "language"
    THEME = "theme"
    SIZE = "size"
    KEYS = "keys"
    TONES = "tones"
    CUSTOMER = "customer_display"


class Tones(StrEnum):
    """How loud; normal is what stands in the player's own table."""

    OFF = "off"
    QUIET = "quiet"
    NORMAL = "normal"
    LOUD = "loud"


SIZES = ("100", "125", "150", "200")
"""Percent; everything on the screen grows together. Qt takes it at the start of a program, so it holds from the next one."""
KEPT_ELSEWHERE = frozenset({Choice.KEYS})
"""Whoever keeps it puts it down; here it is only allowed and noted."""


class TillChoices:
    """All methods run on the screen's thread."""

    def __init__(self, preferences: Preferences, config: MachineConfig, writer: Writer) -> None:
        self._preferences, self._writer = preferences, writer
        self._given: Mapping[Choice, str] = MappingProxyType(
            {
                Choice.LANGUAGE: config.language,
                Choice.THEME: config.theme,
                Choice.SIZE: SIZES[0],
                Choice.TONES: Tones.NORMAL,
                Choice.CUSTOMER: config.customer_display,
            }
        )

    def of(self, choice: Choice) -> str:
        """What holds: what was chosen here, else what the till was set up with."""
        return self._preferences.get(choice) or self._given[choice]

    def choose(self, choice: Choice, value: str, operator: SoldBy | None, approval: Approval | None = None) -> None:
        """Hold from now on and after every restart. Raises ApprovalNeededError, `operator.not_signed_in`."""
        if operator is None:
            raise RuleViolationError("operator.not_signed_in")
        by = allow(operator.role, Permission.SET_UP_TILL, Act(ACT, f"{choice}={value}"), approval)
        if choice not in KEPT_ELSEWHERE:
            self._preferences.put(choice, value if value != self._given[choice] else "")
        note = AuditNoted(CHANGED, choice.value, reason=value, by=by)

        def work(store: TillStore) -> None:
            with store.unit():
                store.append(note, operator.operator_id)

        self._writer.submit(work, lambda _: None, lambda _: None)
