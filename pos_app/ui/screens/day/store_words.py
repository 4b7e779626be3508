"""The drawers of the store in words: whose, since when, money beside sales, and what is not known."""

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pos_app.service.store_drawers import DrawerMoney, Standing, TillDrawer
from pos_app.ui.screens.day.state import DrawerRow
from pos_app.ui.theme import Tone
from pos_app.ui.words import ltr, ntr, own_way, tr
from retail_core.domain.money import format_money

NO_BREAK = "\u00a0"


class StoreDrawerWords:
    """Times are those of the shop's `zone`."""

    def __init__(self, zone: ZoneInfo, currency: str) -> None:
        self._zone, self._currency = zone, currency

    def row(self, drawer: TillDrawer, now_ms: int, limit_minor: int) -> DrawerRow:
        """`limit_minor`: a larger difference is one that two people look at."""
        till = tr("{till}, this till", till=ltr(drawer.register)) if drawer.own else ltr(drawer.register)
        title = f"{till} · {own_way(drawer.by)}" if drawer.by else till
        detail = " · ".join(self._detail(drawer, now_ms))
        pill, tone = self._pill(drawer, limit_minor)
        return DrawerRow(title, detail, pill, tone, f"{title}: {pill}. {detail}")

    def _detail(self, drawer: TillDrawer, now_ms: int) -> Iterator[str]:
        match drawer.standing:
            case Standing.UNKNOWN:
                yield tr("Nothing has been heard of its drawer yet")
            case Standing.CLOSED if drawer.closed_ms:
                yield tr("Closed {time}", time=self._time(drawer.closed_ms, now_ms))
            case Standing.CLOSED:
                yield tr("No drawer is open")
            case Standing.OPEN | Standing.LATE if drawer.since_ms:
                yield tr("Since {time}", time=self._time(drawer.since_ms, now_ms))
            case Standing.OPEN | Standing.LATE:
                pass  # it began before anybody here could hear of it
        if drawer.money:
            yield from self._money_words(drawer.money, now_ms, closed=drawer.standing is Standing.CLOSED)
        if drawer.silent_ms:
            yield tr("Not heard of since {time}", time=self._time(drawer.silent_ms, now_ms))

    def _money_words(self, money: DrawerMoney, now_ms: int, *, closed: bool) -> Iterator[str]:
        if money.in_minor:
            yield tr("Put in {money}", money=self._money(money.in_minor))
        if money.out_minor:
            yield tr("Taken out {money}", money=self._money(money.out_minor))
        if money.variance_minor is None:
            if not closed:
                yield tr("Float {money}", money=self._money(money.float_minor))
            return
        counted = self._money(money.counted_minor)
        if closed:
            yield tr("Counted {money}", money=counted)
        else:
            yield tr("Counted {time}: {money}", time=self._time(money.counted_ms, now_ms), money=counted)
            yield self._difference(money.variance_minor)

    def _pill(self, drawer: TillDrawer, limit_minor: int) -> tuple[str, Tone]:
        match drawer.standing:
            case Standing.LATE:
                return tr("Still open"), Tone.WARNING
            case Standing.OPEN:
                return tr("Open"), Tone.WARNING if drawer.silent_ms else Tone.OK
            case Standing.UNKNOWN:
                return tr("Not known"), Tone.WARNING
            case Standing.CLOSED:
                variance = drawer.money.variance_minor if drawer.money else None
                if not variance:
                    return tr("Closed"), Tone.INFO
                return self._difference(variance), Tone.ERROR if abs(variance) > limit_minor else Tone.WARNING

    def _difference(self, variance: int) -> str:
        money = self._money(abs(variance))
        if not variance:
            return tr("It is right to the cent")
        return tr("{money} too much", money=money) if variance > 0 else tr("{money} too little", money=money)

    def _money(self, minor: int) -> str:
        """Never cut in two at the end of a line."""
        return ltr(format_money(minor, self._currency).replace(" ", NO_BREAK))

    def _time(self, at_ms: int, now_ms: int) -> str:
        at, now = (datetime.fromtimestamp(ms / 1000, UTC).astimezone(self._zone) for ms in (at_ms, now_ms))
        return ltr(at.strftime("%H:%M" if at.date() == now.date() else "%Y-%m-%d %H:%M"))


def still_open(registers: tuple[str, ...]) -> str:
    """What whoever closes the day should know; empty when every other drawer that was heard of is closed."""
    if not registers:
        return ""
    tills = ltr(", ".join(registers))
    return ntr(
        "The drawer of {tills} is still open.", "The drawers of {tills} are still open.", len(registers), tills=tills
    )
