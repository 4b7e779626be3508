"""A gift card, store credit, points or an account on the pay screen: first its number, then how much of it."""

from collections.abc import Callable

from pos_app.service.instruments import Found, Instruments
from pos_app.service.tendering import Points
from pos_app.ui.amounts import format_money, points_words
from pos_app.ui.screens.pay.state import CardView
from pos_app.ui.screens.pay.ways import ACCOUNT, BY_NUMBER, CREDIT, POINTS
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, tr
from retail_core.domain.errors import CodedError
from retail_core.domain.ids import InstrumentId
from retail_core.domain.value import POINTS_CURRENCY, TENDER_OF, InstrumentState

MINUTE_MS = 60_000
MINUTES_AN_HOUR = 60
AGAIN = "another_card"


class Carried:
    """What is known of the one that is being used. `changed` is told when there is something new to show."""

    def __init__(
        self, instruments: Instruments, changed: Callable[[], None], failed: Callable[[CodedError], None]
    ) -> None:
        self._instruments, self._changed, self._failed = instruments, changed, failed
        self.way = ""
        self.found: Found | None = None
        self.asking = False

    @property
    def wants_number(self) -> bool:
        """True while what is typed is a number, not an amount."""
        return self.way in BY_NUMBER and self.found is None

    def begin(self, way: str) -> None:
        """Another way to pay was chosen."""
        self.way, self.found, self.asking = way, None, False

    def take_number(self, code: str) -> None:
        """A number was scanned or typed."""
        if not self.asking:
            self.asking = True
            self._instruments.find(code, self._found, self._refused)

    def take_id(self, way: str, ref: InstrumentId) -> None:
        """The points of the customer on the sale."""
        self.begin(way)
        self.asking = True
        self._instruments.find_by_id(ref, self._found, self._refused, points=way == POINTS)

    def _found(self, found: Found) -> None:
        self.asking = False
        try:
            self._instruments.check(found)
        except CodedError as refused:
            self._refused(refused)
            return
        self.found, self.way = found, TENDER_OF[found.known.kind].value
        self._changed()

    def _refused(self, error: CodedError) -> None:
        self.asking, self.found = False, None
        self._changed()
        self._failed(error)


def card_view(carried: Carried, *, back: bool) -> CardView | None:
    """The panel beside the amounts: what to do, or what may be taken and how old that figure is."""
    if carried.asking:
        return CardView(_title(carried.way, ""), tr("Looking it up …"), Tone.INFO)
    if carried.wants_number:
        if back and carried.way == CREDIT:
            return CardView(
                tr("A new voucher"), tr("The customer gets store credit, printed on the receipt."), Tone.INFO
            )
        return CardView(_title(carried.way, ""), tr("Scan it, or type its number and press Enter."), Tone.INFO)
    found = carried.found
    if found is None:
        return None
    title = _title(carried.way, found.known.tail)
    if back:
        return CardView(title, tr("The money goes back onto it."), Tone.OK, ((AGAIN, tr("Another one")),))
    currency, left = found.known.currency, found.left
    amount, whole = value_words(left.amount, currency), value_words(left.balance, currency)
    if left.bounded:
        text = tr(
            "{amount} of {whole} may be taken: head office was last heard of {age}.",
            amount=amount,
            whole=whole,
            age=_age(found),
        )
    else:
        text = tr("{amount} may be taken. Head office said so {age}.", amount=amount, age=_age(found))
        if found.age_ms is None:
            text = tr("{amount} may be taken. It was issued at this till.", amount=amount)
    return CardView(title, text, Tone.WARNING if left.bounded else Tone.OK, ((AGAIN, tr("Another one")),))


def name_of(way: str, tail: str) -> str:
    """How a tender stands among the sums: "Gift card ••4821"."""
    return _title(way, tail)


def value_words(amount: int, currency: str) -> str:
    """Money, or a number of points."""
    return points_words(amount) if currency == POINTS_CURRENCY else format_money(amount, currency)


def points_hint(points: Points | None, currency: str) -> str:
    """ "1,240 = € 12.40"; without a figure while nobody has looked, and nothing for nobody."""
    if points is None:
        return ""
    if points.left is None:
        return tr("points")
    return f"{ltr(f'{points.left:,}')} = {format_money(points.worth_minor(points.left), currency)}"


def not_sold_yet(found: Found) -> bool:
    return found.known.state is InstrumentState.INACTIVE


def _title(way: str, tail: str) -> str:
    name = tr("On account") if way == ACCOUNT else tr("Store credit") if way == CREDIT else tr("Loyalty points")
    if way == "gift_card":
        name = tr("Gift card")
    return f"{name} {ltr(f'••{tail}')}" if tail else name


def _age(found: Found) -> str:
    return age_words(found.age_ms or 0)


def age_words(age_ms: int) -> str:
    """ "12 minutes ago"."""
    minutes = max(0, age_ms) // MINUTE_MS
    if not minutes:
        return tr("just now")
    if minutes < MINUTES_AN_HOUR:
        return ntr("{n} minute ago", "{n} minutes ago", minutes)
    return ntr("{n} hour ago", "{n} hours ago", minutes // MINUTES_AN_HOUR)
