"""The connection page in plain words: which part is down, what that means for today, and taking the store's work over."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.service.connection import Connection, ConnectionDesk, Part, PartState
from pos_app.service.link_status import LinkStatus
from pos_app.ui.keymap import CONNECTION_KEYS, Act, Slot
from pos_app.ui.screens.connection.state import ConnectionState, Figure, PartRow
from pos_app.ui.screens.connection.view import ConnectionView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import CodedError

MS_PER_MINUTE = 60_000
TONES: Mapping[PartState, Tone] = MappingProxyType(
    {
        PartState.OK: Tone.OK,
        PartState.DOWN: Tone.ERROR,
        PartState.UNKNOWN: Tone.WARNING,
        PartState.UNUSED: Tone.INFO,
    }
)


class ConnectionPresenter(Screen):
    keys = CONNECTION_KEYS

    def __init__(self, view: ConnectionView, desk: ConnectionDesk, link: LinkStatus, zone: ZoneInfo) -> None:
        super().__init__(view)
        self._view, self._desk, self._link, self._zone = view, desk, link, zone
        self._shown: ConnectionState | None = None
        self._may_take_over = False

    def shown(self) -> None:
        self._shown = None
        self.refresh()

    def refresh(self) -> None:
        found = self._desk.read()
        state = self._in_words(found)
        if state != self._shown:
            self._shown = state
            self._view.show_state(state)
        if found.may_take_over != self._may_take_over:
            self._may_take_over = found.may_take_over
            self.strip_changed.emit()

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

    # ── in words ─────────────────────────────────────────────────────────────────────────────────

    def _in_words(self, found: Connection) -> ConnectionState:
        lamp = self._link.read()
        parts = tuple(
            PartRow(
                part.value, words(), self._detail(part, found), self._pill(found.parts[part]), TONES[found.parts[part]]
            )
            for part, words in PART_WORDS.items()
        )
        figures = [Figure("queued", tr("Records that wait for head office"), f"{lamp.queued:,}")]
        if found.oldest_ms:
            figures.append(Figure("oldest", tr("The oldest since"), self._time(found.oldest_ms)))
        copies = ", ".join(found.copies) if found.copies else tr("nowhere yet")
        if found.parts[Part.LAN] is not PartState.UNUSED:
            figures.append(Figure("copies", tr("A second copy is on"), ltr(copies)))
        return ConnectionState(parts, tuple(figures), tuple(_works(found)), tuple(_waits(found)), self._advice(found))

    def _detail(self, part: Part, found: Connection) -> str:
        match part:
            case Part.AGENT:
                return tr("Carries everything between this till, the store and head office")
            case Part.LAN if found.parts[part] is PartState.UNUSED:
                return tr("This till is the only one of its store")
            case Part.LAN:
                seen = ltr(", ".join(found.answering)) if found.answering else tr("nobody")
                lost = tr(" · silent: {tills}", tills=ltr(", ".join(found.silent))) if found.silent else ""
                return tr("Answering: {tills}", tills=seen) + lost
            case Part.STORE:
                if found.store_machine:
                    return tr("{till} ties the store together", till=ltr(found.store_machine))
                return tr("No machine ties the store together now")
            case Part.INTERNET:
                return tr("The line out of the store")
            case Part.HQ:
                at = self._time(found.hq_contact_ms) if found.hq_contact_ms else tr("never")
                return tr("Last answer: {time}", time=at)

    def _pill(self, state: PartState) -> str:
        words: Mapping[PartState, Callable[[], str]] = {
            PartState.OK: lambda: tr("Works"),
            PartState.DOWN: lambda: tr("Not working"),
            PartState.UNKNOWN: lambda: tr("Not known"),
            PartState.UNUSED: lambda: tr("Not used"),
        }
        return words[state]()

    def _advice(self, found: Connection) -> str:
        if found.parts[Part.AGENT] is PartState.DOWN:
            return tr(
                "The agent on this machine does not run. Go on selling; start omnitill-agent, or restart the machine."
            )
        if found.clock_off_ms:
            n = abs(found.clock_off_ms) // MS_PER_MINUTE
            slow = ntr(
                "This till's clock is {n} minute slow. Set it.", "This till's clock is {n} minutes slow. Set it.", n
            )
            fast = ntr(
                "This till's clock is {n} minute fast. Set it.", "This till's clock is {n} minutes fast. Set it.", n
            )
            return slow if found.clock_off_ms > 0 else fast
        if found.may_take_over:
            return tr(
                "The machine that tied the store together does not answer. If it stays away, take over here with F9."
            )
        if found.parts[Part.LAN] is PartState.DOWN:
            return tr("No other till answers. Look at the network cable and the switch.")
        if found.parts[Part.INTERNET] is PartState.DOWN:
            return tr("The line out of the store is down. Look at the router; nothing is lost meanwhile.")
        if found.parts[Part.HQ] is PartState.DOWN:
            return tr("Head office does not answer. Nothing to do here; nothing is lost meanwhile.")
        return ""

    def _time(self, at_ms: int) -> str:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone)
        today = datetime.fromtimestamp(self._desk.now_ms() / 1000, UTC).astimezone(self._zone).date()
        return ltr(at.strftime("%H:%M" if at.date() == today else "%Y-%m-%d %H:%M"))


PART_WORDS: Mapping[Part, Callable[[], str]] = MappingProxyType(
    {
        Part.AGENT: lambda: tr("Agent of this machine"),
        Part.LAN: lambda: tr("Store network"),
        Part.STORE: lambda: tr("Store machine"),
        Part.INTERNET: lambda: tr("Internet"),
        Part.HQ: lambda: tr("Head office"),
    }
)


def _works(found: Connection) -> list[str]:
    words = [tr("Selling, returns, pickup, drawer and reports: always, on this till alone.")]
    if found.works(Part.STORE) and found.parts[Part.STORE] is PartState.OK:
        words.append(tr("Baskets and orders of the other tills are seen at once."))
    if found.works(Part.HQ):
        words.append(tr("New orders and prices arrive at once."))
    return words


def _waits(found: Connection) -> list[str]:
    words: list[str] = []
    if not found.works(Part.STORE):
        words.append(tr("Baskets put aside on other tills are taken up there."))
    if not found.works(Part.HQ):
        words.append(tr("New online orders and prices, and the stock of other stores, come when the line is back."))
        words.append(tr("Gift cards, credit and points are taken up to the sum head office allows without it."))
    return words
