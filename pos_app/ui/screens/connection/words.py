"""The way to head office in plain words: which part is down, what that means for today, and what to do."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.devices.ports import DeviceState, Health
from pos_app.service.connection import Connection
from pos_app.service.way import Part, PartState
from pos_app.ui.device_words import sentence, short_words
from pos_app.ui.lamps import tone_of
from pos_app.ui.screens.connection.state import ConnectionState, Figure, PartRow
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr

MS_PER_MINUTE = 60_000
SCANNER = "scanner"
TONES: Mapping[PartState, Tone] = MappingProxyType(
    {
        PartState.OK: Tone.OK,
        PartState.DOWN: Tone.ERROR,
        PartState.UNKNOWN: Tone.WARNING,
        PartState.UNUSED: Tone.INFO,
    }
)


class ConnectionWords:
    """Times are those of the shop's `zone`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone, self._now_ms = zone, 0

    def state(self, found: Connection, queued: int, now_ms: int, scanner: Health | None) -> ConnectionState:
        """`scanner`: the one that is worst off; None when none has a line of its own."""
        self._now_ms = now_ms
        parts = tuple(
            PartRow(part.value, words(), self._detail(part, found), _pill(found.parts[part]), TONES[found.parts[part]])
            for part, words in PART_WORDS.items()
        )
        figures = [Figure("queued", tr("Records that wait for head office"), f"{queued:,}")]
        if found.oldest_ms:
            figures.append(Figure("oldest", tr("The oldest since"), self._time(found.oldest_ms)))
        copies = ", ".join(found.copies) if found.copies else tr("nowhere yet")
        if found.parts[Part.LAN] is not PartState.UNUSED:
            figures.append(Figure("copies", tr("A second copy is on"), ltr(copies)))
        works = _works(found, scans=scanner is None or scanner.state is DeviceState.READY)
        return ConnectionState(
            (_scanner_row(scanner), *parts), tuple(figures), tuple(works), tuple(_waits(found)), _advice(found)
        )

    def _detail(self, part: Part, found: Connection) -> str:
        match part:
            case Part.AGENT:
                if found.parts[part] is PartState.DOWN and found.agent_sign_ms:
                    return tr("Last sign of it: {time}", time=self._time(found.agent_sign_ms))
                return tr("Carries everything between this till, the store and head office")
            case Part.LAN:
                return _others(found)
            case Part.STORE:
                return self._store(found)
            case Part.INTERNET:
                if found.router_answers:
                    return tr("The router answers, the line behind it does not")
                return tr("The line out of the store")
            case Part.HQ:
                at = self._time(found.hq_contact_ms) if found.hq_contact_ms else tr("never")
                return tr("Last answer: {time}", time=at)

    def _store(self, found: Connection) -> str:
        if found.store_machine:
            return tr("{till} ties the store together", till=ltr(found.store_machine))
        if found.parts[Part.STORE] is PartState.DOWN and found.store_contact_ms:
            return tr("Nobody ties the store together since {time}", time=self._time(found.store_contact_ms))
        return tr("No machine ties the store together now")

    def _time(self, at_ms: int) -> str:
        at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone)
        today = datetime.fromtimestamp(self._now_ms / 1000, UTC).astimezone(self._zone).date()
        return ltr(at.strftime("%H:%M" if at.date() == today else "%Y-%m-%d %H:%M"))


def _advice(found: Connection) -> str:
    if found.parts[Part.AGENT] is PartState.DOWN:
        return tr(
            "The agent on this machine does not run. Go on selling; start omnitill-agent, or restart the machine."
        )
    if found.days_left is not None:
        return _about_trust(found.days_left)
    if found.clock_off_ms:
        n = abs(found.clock_off_ms) // MS_PER_MINUTE
        slow = ntr("This till's clock is {n} minute slow. Set it.", "This till's clock is {n} minutes slow. Set it.", n)
        fast = ntr("This till's clock is {n} minute fast. Set it.", "This till's clock is {n} minutes fast. Set it.", n)
        return slow if found.clock_off_ms > 0 else fast
    if found.parts[Part.LAN] is PartState.DOWN:
        if found.parts[Part.INTERNET] is PartState.OK:
            return tr(
                "No other till answers, though the line out works. Are they switched on? Else look at the switch."
            )
        return tr("No other till answers. Look at the network cable and the switch.")
    if found.may_take_over:
        return tr(
            "The machine that tied the store together does not answer. If it stays away, take over here with {key_take_over}."
        )
    if found.parts[Part.INTERNET] is PartState.DOWN and found.router_answers:
        return tr("The provider's line is down. Call the provider if it lasts; nothing is lost meanwhile.")
    if found.parts[Part.INTERNET] is PartState.DOWN:
        return tr("The line out of the store is down. Look at the router; nothing is lost meanwhile.")
    return _about_hq(found)


def _about_trust(days_left: int) -> str:
    if not days_left:
        return tr(
            "No word of head office for 35 days, so the tills no longer help one another."
            " Sell on with each; they help again as soon as head office is reached."
        )
    return ntr(
        "No word of head office for weeks. In {n} day the tills no longer help one another: connect to head office.",
        "No word of head office for weeks. In {n} days the tills no longer help one another: connect to head office.",
        days_left,
    )


def _about_hq(found: Connection) -> str:
    if found.expired:
        return tr(
            "Head office's certificate has run out, so nothing is sent until it is renewed. Go on selling; tell head office."
        )
    if found.impostor:
        return tr("What answers there cannot prove that it is head office. Nothing was sent to it; tell head office.")
    if found.parts[Part.HQ] is PartState.DOWN:
        return tr("Head office does not answer. Nothing to do here; nothing is lost meanwhile.")
    if found.segments:
        return tr(
            "Old sales cannot be read here: a sealed file is missing or damaged. Go on selling; head office has them. Tell support."
        )
    return _about_catalogue(found.catalogue)


def _about_catalogue(code: str) -> str:
    match code:
        case "":
            return ""
        case "snapshot.shrunk":
            return tr(
                "Head office sent a catalogue with far fewer items. This till keeps the one it has; call head office."
            )
        case "disk.full":
            return tr("The disk has no room for the new catalogue. Go on selling with this one, and make room.")
        case _:
            return tr("The new catalogue arrived damaged. This till keeps the one it has and asks again.")


def _pill(state: PartState) -> str:
    words: Mapping[PartState, Callable[[], str]] = {
        PartState.OK: lambda: tr("Works"),
        PartState.DOWN: lambda: tr("Not working"),
        PartState.UNKNOWN: lambda: tr("Not known"),
        PartState.UNUSED: lambda: tr("Not used"),
    }
    return words[state]()


def _others(found: Connection) -> str:
    if found.parts[Part.LAN] is PartState.UNUSED:
        return tr("This till is the only one of its store")
    seen = ltr(", ".join(found.answering)) if found.answering else tr("nobody")
    lost = tr(" · silent: {tills}", tills=ltr(", ".join(found.silent))) if found.silent else ""
    return tr("Answering: {tills}", tills=seen) + lost


def _scanner_row(scanner: Health | None) -> PartRow:
    words = tr("Scanner")
    if scanner is None:
        return PartRow(
            SCANNER, words, tr("One that types like a keyboard is heard when it scans"), tr("Keyboard"), Tone.INFO
        )
    pill = short_words(scanner) or tr("Works")
    detail = sentence(scanner.code) if scanner.code else tr("Codes go straight to the sale, whatever is in front")
    return PartRow(SCANNER, words, detail, pill[:1].upper() + pill[1:], tone_of(scanner))


PART_WORDS: Mapping[Part, Callable[[], str]] = MappingProxyType(
    {
        Part.AGENT: lambda: tr("Agent of this machine"),
        Part.LAN: lambda: tr("Store network"),
        Part.STORE: lambda: tr("Store machine"),
        Part.INTERNET: lambda: tr("Internet"),
        Part.HQ: lambda: tr("Head office"),
    }
)


def _works(found: Connection, *, scans: bool) -> list[str]:
    words = [tr("Selling, returns, pickup, drawer and reports: always, on this till alone.")]
    if not scans:
        words.append(tr("Codes are typed, or goods found by name with {key_find}."))
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
