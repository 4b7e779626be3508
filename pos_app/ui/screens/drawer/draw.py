"""From facts of the drawer to what its pages show."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pos_app.receipts.drawer_report import report_document
from pos_app.receipts.report_words import report_words
from pos_app.service.drawer import DrawerDesk, DrawerView
from pos_app.service.drawer_acts import CountResult, ZReport
from pos_app.ui.drawer_words import MOVE_HINTS, MOVE_REASONS, cause_words, move_words, reason_words
from pos_app.ui.screens.drawer.counting import PieceCounts
from pos_app.ui.screens.drawer.state import (
    Card,
    CauseRow,
    DoneState,
    GridState,
    LookState,
    MoveRow,
    ResultState,
    SumState,
)
from pos_app.ui.theme import Tone
from pos_app.ui.words import date_words, language, ltr, ntr, tr
from retail_core.domain.drawer import MOVE_SIGN, DrawerSession, MoveKind
from retail_core.domain.money import SYMBOLS, format_minor, format_money


class Draw:
    """Pages of one till's drawer, in its currency and its local time."""

    def __init__(self, desk: DrawerDesk, zone: ZoneInfo) -> None:
        self._desk = desk
        self._zone = zone

    def look(self, drawer: DrawerView) -> LookState:
        session = drawer.session
        unpaid = _unpaid(len(drawer.unpaid)) if drawer.unpaid else ""
        if session is None:
            hint = tr("Count the float in. A sale opens the drawer by itself if nobody does.")
            return LookState(tr("No drawer is open"), hint, unpaid=unpaid)
        late = tr("Its day is over. Count it and close it; sales still belong to that day.") if drawer.late else ""
        hint = late or self._opened(session, drawer.opened_by)
        cards, moves = tuple(self._cards(drawer, session)), tuple(self._moves(drawer))
        return LookState(tr("The drawer is open"), hint, cards, moves, unpaid)

    def sum(self, kind: MoveKind, typed: str, reason: str, main: str, *, busy: bool) -> SumState:
        currency = self._desk.currency
        amount = f"{SYMBOLS.get(currency, currency)} {typed}" if typed else self._money(0)
        reasons = tuple((code, reason_words(code)) for code in MOVE_REASONS[kind])
        return SumState(move_words(kind), tr(MOVE_HINTS[kind]), amount, reasons, reason, main, busy)

    def grid(self, pieces: PieceCounts, main: str, *, floating: bool, busy: bool) -> GridState:
        title = tr("Count the float in") if floating else tr("Count the drawer")
        hint = tr("Type how many there are of each; Tab or Enter goes on.")
        if not floating:
            hint = f"{hint} {tr('What should be in it is told afterwards.')}"
        rows, total = pieces.rows(self._desk.currency), self._money(pieces.total_minor)
        return GridState(title, hint, rows, pieces.at, total, main, busy)

    def result(self, result: CountResult | None, reasons: tuple[str, ...], chosen: str) -> ResultState:
        result = result or CountResult(0, again=False, variance_minor=0)
        variance = result.variance_minor
        counted = Card("counted", tr("Counted"), self._money(result.counted_minor))
        if variance is None or result.again:
            hint = tr("It differs by more than the store allows. Count everything once more.")
            return ResultState(tr("Count once more"), hint, Tone.WARNING, (counted,))
        tone = self._tone(variance)
        cards = (
            Card("expected", tr("Should be in it"), self._money(result.counted_minor - variance)),
            counted,
            Card("variance", tr("Difference"), self._money(variance), tone),
        )
        causes = tuple(self._causes(result))
        shown = tuple((code, reason_words(code)) for code in reasons)
        title, hint = self._verdict(variance)
        return ResultState(title, hint, tone, cards, causes, shown, chosen)

    def done(self, z: ZReport, main: str) -> DoneState:
        document = report_document(z.facts, report_words(language()))
        title = tr("Closed with Z {number}", number=ltr(z.z_number.rpartition("Z")[2]))
        hint = tr("It is printed as soon as there is paper and goes to head office by itself.")
        return DoneState(title, hint, document, main)

    # ── parts ────────────────────────────────────────────────────────────────────────────────────

    def _opened(self, session: DrawerSession, name: str) -> str:
        time, date = ltr(self._local(session.opened_ms)), date_words(session.biz_date)
        if session.by_itself:
            return tr("Opened at {time} by the first sale, for {date}.", time=time, date=date)
        return tr("Opened at {time} by {name}, for {date}.", time=time, name=name, date=date)

    def _cards(self, drawer: DrawerView, session: DrawerSession) -> Iterator[Card]:
        said_later = session.totals.moved(MoveKind.FLOAT).minor
        yield Card("float", tr("Float"), self._money(session.float_minor + said_later))
        yield Card("sales", tr("Sales"), str(session.totals.sales.count))
        if drawer.expected_minor is not None:
            yield Card("expected", tr("Should be in it"), self._money(drawer.expected_minor), Tone.OK)

    def _moves(self, drawer: DrawerView) -> Iterator[MoveRow]:
        for move in drawer.moves:
            detail = " · ".join((ltr(self._local(move.at_ms)), move.operator, reason_words(move.reason)))
            sign = MOVE_SIGN[move.kind]
            amount = format_minor(sign * move.amount_minor, self._desk.currency) if sign else ""
            yield MoveRow(move_words(move.kind), detail, amount)

    def _causes(self, result: CountResult) -> Iterator[CauseRow]:
        for cause in result.causes:
            parts = (ltr(self._local(cause.at_ms)), cause.who, _receipt(cause.subject)) if cause.at_ms else ()
            yield CauseRow(
                cause_words(cause, self._desk.currency), " · ".join(part for part in parts if part), cause.fits
            )

    def _verdict(self, variance: int) -> tuple[str, str]:
        if not variance:
            return tr("It is right to the cent"), tr("Close the drawer; the Z report is printed.")
        money = self._money(abs(variance))
        title = tr("{money} too much", money=money) if variance > 0 else tr("{money} too little", money=money)
        return title, tr("Choose why it differs, then close. What happened in this session is listed.")

    def _tone(self, variance: int) -> Tone:
        if not variance:
            return Tone.OK
        return Tone.WARNING if abs(variance) <= self._desk.rules().limit_minor else Tone.ERROR

    def _money(self, minor: int) -> str:
        return format_money(minor, self._desk.currency)

    def _local(self, at_ms: int) -> str:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(self._zone):%H:%M}"


def _unpaid(count: int) -> str:
    return ntr(
        "{n} basket is not paid yet. It stays when the drawer is closed.",
        "{n} baskets are not paid yet. They stay when the drawer is closed.",
        count,
    )


def _receipt(subject: str) -> str:
    """A receipt's number; ids of baskets, payments and kinds of movements say nothing to people."""
    return ltr(subject) if "-" in subject and len(subject) < len("00000000-0000-0000-0000-000000000000") else ""
