"""The exception report: what each cashier did that a manager looks at, over some days, from this till's own file."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

from pos_app.runtime.writer import Failed, Writer
from pos_app.storage import cashier_acts
from pos_app.storage.cashier_acts import ActDone, ActSum
from pos_app.storage.readers import Links
from pos_app.storage.store import TillStore
from retail_core.domain.cashier_acts import ActKind

LONGEST_DAYS = 92
__all__ = ["ActDone", "CashierRow", "ExceptionReport", "Report"]


class CashierRow(msgspec.Struct, frozen=True):
    """One person's figures. `times` and `amounts_minor` have only the kinds there were."""

    operator_id: str
    name: str
    sales: int
    times: dict[ActKind, int]
    amounts_minor: dict[ActKind, int]

    @property
    def total(self) -> int:
        return sum(self.times.values())


class Report(msgspec.Struct, frozen=True):
    """Whoever did most in proportion to their sales comes first; `by_day` is acts of all, a figure for each date."""

    first: str
    last: str
    rows: tuple[CashierRow, ...]
    days: tuple[str, ...]
    by_day: tuple[int, ...]
    by_day_of: dict[str, tuple[int, ...]]


class ExceptionReport:
    def __init__(self, writer: Writer, links: Links) -> None:
        self._writer, self._links = writer, links

    def names(self) -> dict[str, str]:
        """By operator id."""
        return {row.operator_id: row.name for row in self._links.staff()}

    def make(self, days: int, done: Callable[[Report], None], failed: Failed) -> None:
        """The last `days` business dates, up to the one that goes on."""
        names = self.names()

        def work(store: TillStore) -> Report:
            end = date.fromisoformat(store.biz_date(store.now_ms()))
            wanted = reversed(range(max(1, min(days, LONGEST_DAYS))))
            dates = tuple((end - timedelta(days=back)).isoformat() for back in wanted)
            found = cashier_acts.sums(store.conn, dates[0], dates[-1])
            return _report(dates, found, cashier_acts.sales_of(store.conn, dates[0], dates[-1]), names)

        self._writer.submit(work, done, failed)

    def acts(
        self, report: Report, operator_id: str, done: Callable[[tuple[ActDone, ...]], None], failed: Failed
    ) -> None:
        """One person's acts, the newest first."""
        self._writer.submit(
            lambda store: tuple(cashier_acts.acts_of(store.conn, report.first, report.last, operator_id)), done, failed
        )


def _report(dates: tuple[str, ...], found: Sequence[ActSum], sales: dict[str, int], names: dict[str, str]) -> Report:
    at = {day: n for n, day in enumerate(dates)}
    times: dict[str, Counter[ActKind]] = {operator: Counter() for operator in sales}
    amounts: dict[str, Counter[ActKind]] = {}
    by_day: dict[str, list[int]] = {}
    for one in found:
        times.setdefault(one.operator_id, Counter())[one.kind] += one.times
        amounts.setdefault(one.operator_id, Counter())[one.kind] += one.amount_minor
        by_day.setdefault(one.operator_id, [0] * len(dates))[at[one.biz_date]] += one.times
    rows = [
        CashierRow(who, names.get(who, who), sales.get(who, 0), dict(counted), dict(amounts.get(who, {})))
        for who, counted in times.items()
    ]
    rows.sort(key=lambda row: (-row.total / max(1, row.sales), -row.total, row.name))
    of_each = {who: tuple(days) for who, days in by_day.items()}
    everybody = tuple(sum(days) for days in zip(*of_each.values(), strict=True)) or (0,) * len(dates)
    return Report(dates[0], dates[-1], tuple(rows), dates, everybody, of_each)
