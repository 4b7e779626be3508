"""The exception report on the screen: which days, which cashier, and the words for what was done."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pos_app.service.exception_report import ActDone, CashierRow, ExceptionReport, Report
from pos_app.ui.amounts import format_money
from pos_app.ui.keymap import EXCEPTION_KEYS, Act, Slot
from pos_app.ui.screens.exceptions.state import ActView, CashierView, ExceptionsState
from pos_app.ui.screens.exceptions.view import ExceptionsView
from pos_app.ui.screens.screen import Screen
from pos_app.ui.words import date_words, ltr, ntr, own_way, tr
from retail_core.domain.cashier_acts import ActKind

SPANS: Mapping[Act, int] = MappingProxyType({Act.TODAY: 1, Act.WEEK: 7, Act.MONTH: 30})
COLUMNS: tuple[tuple[ActKind, ...], ...] = (
    (ActKind.VOID_LINE, ActKind.VOID_SALE, ActKind.POST_VOID),
    (ActKind.REFUND, ActKind.NO_RECEIPT),
    (ActKind.NO_SALE,),
    (ActKind.DISCOUNT, ActKind.EXEMPT),
    (ActKind.PRICE,),
    (ActKind.SOLD_ANYWAY,),
    (ActKind.REPRINT,),
    (ActKind.OVERRIDE,),
    (ActKind.REFUSED,),
)


class ExceptionsPresenter(Screen):
    keys = EXCEPTION_KEYS

    def __init__(self, view: ExceptionsView, reports: ExceptionReport, zone: ZoneInfo, currency: str) -> None:
        super().__init__(view)
        self._view, self._reports, self._zone, self._currency = view, reports, zone, currency
        self._days = SPANS[Act.WEEK]
        self._report: Report | None = None
        self._acts: tuple[ActDone, ...] = ()
        self._at = 0
        view.chosen.connect(self.choose)

    def shown(self) -> None:
        self._reports.make(self._days, self._made, self.explain)

    def strip(self) -> tuple[Slot, ...]:
        return (
            Slot(0, Act.BACK, "Esc", tr("Back to sale")),
            Slot(1, Act.TODAY, "F2", tr("Today"), enabled=self._days != SPANS[Act.TODAY]),
            Slot(2, Act.WEEK, "F3", tr("7 days"), enabled=self._days != SPANS[Act.WEEK]),
            Slot(3, Act.MONTH, "F4", tr("30 days"), enabled=self._days != SPANS[Act.MONTH]),
        )

    def act(self, act: Act) -> None:
        if act in SPANS:
            self._days = SPANS[act]
            self.shown()
            self.strip_changed.emit()
        elif act in {Act.UP, Act.DOWN}:
            self.choose(self._at + (1 if act is Act.DOWN else -1))

    def choose(self, at: int) -> None:
        """A cashier of the list."""
        rows = self._report.rows if self._report else ()
        if rows:
            self._at = max(0, min(at, len(rows) - 1))
            self._ask_acts()

    def _made(self, report: Report) -> None:
        self._report = report
        self._at = min(self._at, max(0, len(report.rows) - 1))
        self._acts = ()
        self._ask_acts()

    def _ask_acts(self) -> None:
        self._show()
        report = self._report
        if report and report.rows:
            chosen = report.rows[self._at]
            self._reports.acts(report, chosen.operator_id, self._told, self.explain)

    def _told(self, acts: tuple[ActDone, ...]) -> None:
        self._acts = acts
        self._show()

    # ── words ────────────────────────────────────────────────────────────────────────────────────

    def _show(self) -> None:
        report = self._report
        if report is None:
            return
        heads = column_words()
        chosen = report.rows[self._at] if report.rows else None
        days = report.by_day_of.get(chosen.operator_id, ()) if chosen else report.by_day
        name = self._name(chosen) if chosen else ""
        first, last = date_words(report.first), date_words(report.last)
        self._view.show_state(
            ExceptionsState(
                title=tr("{first} to {last}", first=first, last=last) if report.first != report.last else last,
                columns=(tr("Sales"), *heads),
                rows=tuple(self._row(row, report, heads) for row in report.rows),
                chosen=self._at,
                picture_title=tr("Day by day: {name}", name=name) if name else tr("Day by day"),
                picture=days,
                picture_spoken=", ".join(f"{date_words(day)}: {n}" for day, n in zip(report.days, days, strict=False)),
                ends=(_short(report.first), _short(report.last)),
                acts_title=name,
                acts=tuple(self._act(act) for act in self._acts),
                nothing="" if self._acts else tr("Nothing to look at in these days."),
            )
        )

    def _row(self, row: CashierRow, report: Report, heads: tuple[str, ...]) -> CashierView:
        figures = tuple(sum(row.times.get(kind, 0) for kind in kinds) for kinds in COLUMNS)
        spoken = ", ".join(f"{head}: {n}" for head, n in zip(heads, figures, strict=True) if n)
        sales = ntr("{n} sale", "{n} sales", row.sales)
        return CashierView(
            self._name(row),
            (f"{row.sales:,}", *(str(n) if n else "–" for n in figures)),
            report.by_day_of.get(row.operator_id, (0,) * len(report.days)),
            f"{self._name(row)}, {sales}, {spoken}",
        )

    def _act(self, act: ActDone) -> ActView:
        at = datetime.fromtimestamp(act.at_ms / 1000, UTC).astimezone(self._zone)
        names = self._reports.names()
        about = [ltr(act.subject)] if act.subject else []
        by = [tr("agreed by {name}", name=own_way(names.get(act.approver, act.approver)))] if act.approver else []
        amount = format_money(act.amount_minor, self._currency) if act.amount_minor else ""
        return ActView(ltr(f"{at:%d.%m. %H:%M}"), act_words(act.kind), " · ".join((*about, *by)), amount)

    def _name(self, row: CashierRow) -> str:
        return tr("Nobody signed in") if row.operator_id == "nobody" else own_way(row.name)


def column_words() -> tuple[str, ...]:
    return (
        tr("Voids"), tr("Refunds"), tr("No sale"), tr("Discounts"), tr("Prices"), tr("Sold anyway"),
        tr("Copies"), tr("Overrides"), tr("Refused"),
    )  # fmt: skip


def act_words(kind: ActKind) -> str:
    """One act in words."""
    return {
        ActKind.VOID_LINE: tr("Line voided"),
        ActKind.VOID_SALE: tr("Sale given up"),
        ActKind.POST_VOID: tr("Paid sale reversed"),
        ActKind.REFUND: tr("Refund"),
        ActKind.NO_RECEIPT: tr("Refund without a receipt"),
        ActKind.NO_SALE: tr("Drawer opened without a sale"),
        ActKind.DISCOUNT: tr("Discount by hand"),
        ActKind.EXEMPT: tr("Sold without tax"),
        ActKind.PRICE: tr("Price by hand"),
        ActKind.SOLD_ANYWAY: tr("Sold all the same"),
        ActKind.REPRINT: tr("Printed again"),
        ActKind.OVERRIDE: tr("A second person agreed"),
        ActKind.REFUSED: tr("Refused"),
        ActKind.TRAINING: tr("Training"),
    }[kind]


def _short(day: str) -> str:
    return ltr(f"{date.fromisoformat(day):%d.%m.}")
