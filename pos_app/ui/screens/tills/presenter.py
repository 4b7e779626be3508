"""The page of tills decides: which one is chosen, what may be done with it, and the words of a lock."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.locale.mark import _
from pos_app.service.tills import TillOfStore, TillsDesk, Why
from pos_app.ui.keymap import TILLS_KEYS, Act, Slot
from pos_app.ui.screens.acting import ActingScreen
from pos_app.ui.screens.tills.state import TillRow, TillsState
from pos_app.ui.screens.tills.view import TillsView
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, tr
from retail_core.domain.approvals import Approval
from retail_core.domain.errors import CodedError

WHY_WORDS: Mapping[str, str] = MappingProxyType(
    {Why.MISSING: _("it is missing"), Why.ODD: _("it behaves oddly"), Why.STRANGER: _("a stranger was at it")}
)
WHY_OF = MappingProxyType({Act.LOCK_MISSING: Why.MISSING, Act.LOCK_ODD: Why.ODD, Act.LOCK_STRANGER: Why.STRANGER})


class TillsPresenter(ActingScreen):
    keys = TILLS_KEYS

    def __init__(self, view: TillsView, desk: TillsDesk, zone: ZoneInfo) -> None:
        super().__init__(view)
        self._view, self._desk, self._zone = view, desk, zone
        self._tills: tuple[TillOfStore, ...] = ()
        self._agent = ""
        self._shown: TillsState | None = None
        view.chosen.connect(self.choose)

    def shown(self) -> None:
        self._shown = None
        self.refresh()

    def refresh(self) -> None:
        before = self._chosen()
        self._tills = self._desk.read()
        if self._chosen() is None:
            self._agent = next((till.agent for till in self._tills if not till.here), "")
        rows = tuple(self._row(till) for till in self._tills)
        alone = len(rows) < 2
        state = TillsState(() if alone else rows, tr("This till is the only one of its store") if alone else "")
        if state != self._shown:
            self._shown = state
            self._view.show_state(state)
        if self._chosen() != before:
            self.strip_changed.emit()

    def choose(self, agent: str) -> None:
        self._agent = agent
        self.refresh()
        self.strip_changed.emit()

    def strip(self) -> tuple[Slot, ...]:
        back, till = Slot(0, Act.BACK, "Esc", tr("Back to sale")), self._chosen()
        if till is None or till.here:
            return (back,)
        if till.locked:
            return (back, Slot(9, Act.LET_IN, "F9", tr("Let in again"), main=True, enabled=not self.busy))
        free = not self.busy
        return (
            back,
            Slot(1, Act.LOCK_MISSING, "F2", tr("Lock: missing"), enabled=free),
            Slot(2, Act.LOCK_ODD, "F3", tr("Lock: odd"), enabled=free),
            Slot(3, Act.LOCK_STRANGER, "F4", tr("Lock: stranger"), enabled=free),
        )

    def act(self, act: Act) -> None:
        till = self._chosen()
        if act in {Act.UP, Act.DOWN}:
            self._move(1 if act is Act.DOWN else -1)
        elif till is None or till.here:
            return
        elif act in WHY_OF and not till.locked:
            self.do(lambda failed, approval: self._lock(till, WHY_OF[act], failed, approval))
        elif act is Act.LET_IN and till.locked:
            self.do(lambda failed, approval: self._let_in(till, failed, approval))

    def show_again(self) -> None:
        self.strip_changed.emit()

    def _lock(
        self, till: TillOfStore, why: Why, failed: Callable[[CodedError], None], approval: Approval | None
    ) -> None:
        def done() -> None:
            self._done(tr("{till} is locked: the other tills let it in no more.", till=ltr(till.register)))

        self._desk.lock(till.agent, why, done, failed, approval)

    def _let_in(self, till: TillOfStore, failed: Callable[[CodedError], None], approval: Approval | None) -> None:
        def done() -> None:
            self._done(tr("{till} is let in again.", till=ltr(till.register)))

        self._desk.unlock(till.agent, done, failed, approval)

    def _done(self, words: str) -> None:
        self.busy = False
        self.say(words, Tone.OK)
        self.refresh()
        self.strip_changed.emit()

    def _move(self, by: int) -> None:
        agents = [till.agent for till in self._tills]
        if agents:
            at = agents.index(self._agent) if self._agent in agents else -by
            self.choose(agents[(at + by) % len(agents)])

    def _chosen(self) -> TillOfStore | None:
        return next((till for till in self._tills if till.agent == self._agent), None)

    # ── in words ─────────────────────────────────────────────────────────────────────────────────

    def _row(self, till: TillOfStore) -> TillRow:
        pill, tone = self._pill(till)
        return TillRow(till.agent, till.register, self._detail(till), pill, tone, till.agent == self._agent)

    def _pill(self, till: TillOfStore) -> tuple[str, Tone]:
        if till.locked:
            return tr("Locked"), Tone.ERROR
        if till.here:
            return tr("This till"), Tone.INFO
        return (tr("Answers"), Tone.OK) if till.answers else (tr("Silent"), Tone.WARNING)

    def _detail(self, till: TillOfStore) -> str:
        if lock := till.locked:
            at = datetime.fromtimestamp(lock.at_ms / 1000, UTC).astimezone(self._zone)
            why = tr(WHY_WORDS[lock.why]) if lock.why in WHY_WORDS else lock.why
            time = ltr(f"{at:%d.%m.%Y %H:%M}")
            return tr("Locked by {name}, {time}: {why}", name=till.by_name, time=time, why=why)
        if till.ties:
            return tr("Ties the store together")
        return ""
