"""What tills said when drawers and days were closed: the Z reports and day closes as head office keeps them."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, select

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import day_close, z_report
from retail_core.domain.drawer import SessionTotals
from retail_core.domain.drawer_events import DayClosed, DrawerClosed
from retail_core.wire.envelope import Entry

MAX_ROWS = 5_000


class ZRow(msgspec.Struct, frozen=True):
    """A closed drawer session. `variance_minor` is more than zero when there was too much in the drawer."""

    store: str
    drawer: str
    series: str
    z_number: int
    session_id: str
    biz_date: str
    currency: str
    opened_by: str
    closed_by: str
    approved_by: str
    opened_ms: int
    closed_ms: int
    sales: int
    sales_minor: int
    tax_minor: int
    expected_minor: int
    counted_minor: int
    variance_minor: int
    reason: str
    totals: SessionTotals


class DayRow(msgspec.Struct, frozen=True):
    """A till's business date, as it was closed last."""

    store: str
    drawer: str
    biz_date: str
    currency: str
    sessions: int
    sales: int
    sales_minor: int
    variance_minor: int
    closed_ms: int
    totals: SessionTotals


def keep_closed(unit: Unit, store: str, closed: Sequence[tuple[Entry, DrawerClosed]]) -> None:
    """Keep Z reports; one that came before changes nothing."""
    rows: list[bulk.Row] = [
        {
            "store": store, "drawer": z.drawer, "series": z.series, "z_number": z.z_number, "event_id": entry.id,
            "session_id": z.session_id, "biz_date": entry.biz_date, "currency": z.currency, "opened_by": z.opened_by,
            "closed_by": entry.actor, "approved_by": z.by, "opened_ms": z.opened_ms, "closed_ms": entry.at,
            "sales": z.totals.sales.count, "sales_minor": z.totals.sales.minor, "tax_minor": z.totals.tax_minor,
            "expected_minor": z.expected_minor, "counted_minor": z.counted_minor, "reason": z.reason,
            "totals": msgspec.json.encode(z.totals).decode(),
        }
        for entry, z in closed
    ]  # fmt: skip
    bulk.insert_new(unit, z_report, rows)


def keep_days(unit: Unit, store: str, closed: Sequence[tuple[Entry, DayClosed]]) -> None:
    """Keep day closes; each close of a date has a row of its own."""
    rows: list[bulk.Row] = [
        {
            "store": store, "drawer": day.drawer, "biz_date": day.biz_date, "n": day.n, "event_id": entry.id,
            "currency": day.currency, "sessions": len(day.z_numbers), "sales": day.totals.sales.count,
            "sales_minor": day.totals.sales.minor, "variance_minor": day.variance_minor, "closed_ms": entry.at,
            "totals": msgspec.json.encode(day.totals).decode(),
        }
        for entry, day in closed
    ]  # fmt: skip
    bulk.insert_new(unit, day_close, rows)


def z_reports(conn: Connection, first: str, last: str, store: str | None) -> Sequence[ZRow]:
    """Of the business dates from `first` to `last`, of one store or all; the newest first, no more than MAX_ROWS."""
    asked = select(z_report).where(z_report.c.biz_date.between(first, last))
    if store is not None:
        asked = asked.where(z_report.c.store == store)
    rows = conn.execute(asked.order_by(z_report.c.closed_ms.desc()).limit(MAX_ROWS))
    return [
        ZRow(
            row.store, row.drawer, row.series, row.z_number, row.session_id, row.biz_date, row.currency, row.opened_by,
            row.closed_by, row.approved_by, row.opened_ms, row.closed_ms, row.sales, row.sales_minor, row.tax_minor,
            row.expected_minor, row.counted_minor, row.counted_minor - row.expected_minor, row.reason,
            msgspec.json.decode(row.totals, type=SessionTotals),
        )
        for row in rows
    ]  # fmt: skip


def days(conn: Connection, first: str, last: str, store: str | None) -> Sequence[DayRow]:
    """Each till's newest close of each business date."""
    asked = select(day_close).where(day_close.c.biz_date.between(first, last))
    if store is not None:
        asked = asked.where(day_close.c.store == store)
    newest: dict[tuple[str, str, str], DayRow] = {}
    for row in conn.execute(asked.order_by(day_close.c.n).limit(MAX_ROWS)):
        newest[row.store, row.drawer, row.biz_date] = DayRow(
            row.store, row.drawer, row.biz_date, row.currency, row.sessions, row.sales, row.sales_minor,
            row.variance_minor, row.closed_ms, msgspec.json.decode(row.totals, type=SessionTotals),
        )  # fmt: skip
    return sorted(newest.values(), key=lambda day: (day.biz_date, day.store, day.drawer), reverse=True)
