"""X, Z and the day's close on the screen. A report is shown as it was printed; pressing twice closes nothing twice.

Beside them stand the drawers of the store. One that is open elsewhere is told to whoever closes the day, and stops nobody.
"""

from zoneinfo import ZoneInfo

from pos_app.receipts.drawer_report import report_document
from pos_app.receipts.report_words import report_words
from pos_app.service.drawer import DrawerDesk, DrawerView
from pos_app.service.drawer_report import Facts, ReportKind
from pos_app.service.store_drawers import StoreDrawers
from pos_app.ui.keymap import DAY_KEYS, Act, Slot
from pos_app.ui.screens.acting import ActingScreen
from pos_app.ui.screens.day.state import DayState, DrawerRow, ReportRow
from pos_app.ui.screens.day.store_words import StoreDrawerWords, still_open
from pos_app.ui.screens.day.view import DayView
from pos_app.ui.theme import Tone
from pos_app.ui.widgets.hours import HourBar
from pos_app.ui.words import date_words, language, ltr, tr
from retail_core.domain.drawer import Tally
from retail_core.domain.money import exponent, format_minor, format_money

NOTHING = Tally()


class DayPresenter(ActingScreen):
    keys = DAY_KEYS

    def __init__(self, view: DayView, desk: DrawerDesk, store: StoreDrawers, zone: ZoneInfo) -> None:
        super().__init__(view)
        self._view, self._desk, self._store = view, desk, store
        self._words = StoreDrawerWords(zone, desk.currency)
        self._told: tuple[DrawerRow, ...] = ()
        self._drawer = DrawerView(None)
        self._chosen = 0
        self._now: Facts | None = None  # the X or the day that was asked for last
        view.chosen.connect(self.choose)

    # ── what the window asks ─────────────────────────────────────────────────────────────────────

    def shown(self) -> None:
        self._now = None
        self._told = ()
        self._ask()

    def refresh(self) -> None:
        """What the other tills do with their drawers is shown as it is heard."""
        found = self._store.read(self._drawer)
        limit, now_ms = self._desk.rules().limit_minor, self._store.now_ms()
        rows = tuple(self._words.row(one, now_ms, limit) for one in found) if len(found) > 1 else ()
        if rows != self._told:
            self._told = rows
            self._view.show_drawers(rows)

    def strip(self) -> tuple[Slot, ...]:
        facts = self._facts()
        slots = [Slot(0, Act.BACK, "Esc", tr("Back to sale"))]
        if self._drawer.session:
            slots.append(Slot(1, Act.X_REPORT, "F2", tr("X report"), enabled=not self.busy))
        if facts and facts.kind is ReportKind.Z:
            slots.append(Slot(5, Act.PRINT_REPORT, "F8", tr("Print again")))
        slots.append(Slot(9, Act.CLOSE_DAY, "F9", tr("Close day"), main=True, enabled=not self.busy))
        return tuple(slots)

    def act(self, act: Act) -> None:
        match act:
            case Act.X_REPORT:
                self.do(lambda failed, by: self._desk.x_report(self._drawn, failed, by))
            case Act.CLOSE_DAY:
                self.do(lambda failed, by: self._desk.close_day(self._day_closed, failed, by))
            case Act.PRINT_REPORT:
                self._print()
            case Act.UP | Act.DOWN:
                self.choose(self._chosen + (1 if act is Act.DOWN else -1))
            case Act.ROWS_DOWN | Act.ROWS_UP:
                self._view.push(1 if act is Act.ROWS_DOWN else -1)
            case _:
                return

    def choose(self, at: int) -> None:
        """A report of the list."""
        self._chosen = max(0, min(at, len(self._rows()) - 1))
        self.show_again()

    # ── acts ─────────────────────────────────────────────────────────────────────────────────────

    def _ask(self) -> None:
        self._desk.view(self._seen, self.explain)

    def _seen(self, drawer: DrawerView) -> None:
        self._drawer = drawer
        self._chosen = max(0, min(self._chosen, len(self._rows()) - 1))
        self.show_again()
        self.refresh()

    def _drawn(self, facts: Facts) -> None:
        self.busy, self._now, self._chosen = False, facts, 0
        self.settled.emit()
        self.say(tr("The X report is printed as soon as there is paper. Sales go on."), Tone.OK)
        self.show_again()

    def _day_closed(self, facts: Facts, before: bool) -> None:
        self.busy, self._now, self._chosen = False, facts, 0
        self.settled.emit()
        date = date_words(facts.biz_date)
        done = tr("{date} is closed on this till.", date=date)
        again = tr("{date} was closed before. Nothing was done twice; the report is printed again.", date=date)
        elsewhere = still_open(self._store.open_elsewhere())
        tone = Tone.WARNING if elsewhere else Tone.INFO if before else Tone.OK
        self.say(" ".join(part for part in (again if before else done, elsewhere) if part), tone)
        self.show_again()

    def _print(self) -> None:
        facts = self._facts()
        if facts and facts.z_number:
            z = facts.z_number
            said = tr("{z} is printed again, marked as a copy.", z=ltr(z))
            self._desk.reprint(z, lambda _: self.say(said, Tone.OK), self.explain)

    def show_again(self) -> None:
        facts = self._facts()
        instead = tr(
            "{key_x_report} shows the session so far and prints it. What should be in the drawer is told to those who may know it."
        )
        if not self._rows():
            instead = tr("There is no report on this till yet. One comes with each drawer that is closed.")
        document = report_document(facts, report_words(language())) if facts else None
        session = self._drawer.session
        hours = facts.totals.hours if facts else session.totals.hours if session else {}
        self._view.show_state(DayState(tuple(self._rows()), self._chosen, document, instead, self._bars(hours)))
        self.strip_changed.emit()

    def _first(self) -> bool:
        """The list begins with what is now: the open session, or the report asked for last."""
        return self._now is not None or self._drawer.session is not None

    def _facts(self) -> Facts | None:
        """The report that is chosen, if it may be shown."""
        if self._first():
            if self._chosen == 0:
                return self._now
            return self._drawer.closed[self._chosen - 1].facts
        return self._drawer.closed[self._chosen].facts if self._drawer.closed else None

    def _rows(self) -> list[ReportRow]:
        found: list[ReportRow] = []
        if self._now is not None:
            words = tr("Day report") if self._now.kind is ReportKind.DAY else tr("X report")
            money = format_money(self._now.totals.sales.minor, self._now.currency)
            found.append(ReportRow(words, date_words(self._now.biz_date), money))
        elif session := self._drawer.session:
            found.append(ReportRow(tr("Open now"), date_words(session.biz_date), ""))
        found += [
            ReportRow(
                tr("Z {number}", number=ltr(each.z_number.rpartition("Z")[2])),
                f"{date_words(each.facts.biz_date)} · {each.facts.by}",
                format_money(each.facts.totals.sales.minor, each.facts.currency),
            )
            for each in self._drawer.closed
        ]
        return found

    def _bars(self, hours: dict[str, Tally]) -> tuple[HourBar, ...]:
        """From the first hour with a sale to the last; the hours of a night shift after those of its evening."""
        if not hours:
            return ()
        first, last = min(hours), max(hours)
        currency = self._desk.currency
        unit = 10 ** exponent(currency)
        bars: list[HourBar] = []
        for hour in range(int(first), int(last) + 1):
            tally = hours.get(f"{hour:02d}", NOTHING)
            whole = format_minor(tally.minor // unit * unit, currency).partition(".")[0] if tally.minor else ""
            money = format_money(tally.minor, currency)
            spoken = tr("{hour} o'clock: {money}, {n} sales", hour=hour, money=money, n=tally.count)
            bars.append(HourBar(f"{hour:02d}", tally.minor, whole, spoken))
        return tuple(bars)
