"""What an X, a Z and a day's report say, taken from running totals; how it looks is the business of `pos_app.receipts`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from pos_app.receipts.drawer_report import Facts, Part, ReportKind, Unpaid
from pos_app.storage.store import TillStore
from retail_core.domain.drawer import Counted, DrawerRules, DrawerSession
from retail_core.domain.drawer_events import DayClosed
from retail_core.domain.people import ByTwo
from retail_core.domain.sale import Sale

__all__ = ["Around", "Facts", "ReportKind", "Unpaid", "day_facts", "drawn_up"]


class Around(msgspec.Struct, frozen=True):
    """What an act needs to know besides the file: settings, and the names of people and taxes."""

    rules: DrawerRules = DrawerRules()
    names: Mapping[str, str] = {}
    header: tuple[str, ...] = ()
    tax_names: Mapping[str, str] = {}
    language: str = ""  # of what is printed
    open_basket: Unpaid | None = None  # as it is on the screen at this moment
    by_two: tuple[ByTwo, ...] = ()  # what takes two people in this store

    def name_of(self, operator_id: str) -> str:
        return self.names.get(operator_id, operator_id)


def drawn_up(
    store: TillStore,
    session: DrawerSession,
    around: Around,
    *,
    at_ms: int,
    by: str,
    z_number: str = "",
    counted: Counted | None = None,
    reason: str = "",
    approved_by: str = "",
    unpaid: tuple[Unpaid, ...] = (),
) -> Facts:
    """A session's report: a Z when it has a number, else an X."""
    return Facts(
        ReportKind.Z if z_number else ReportKind.X,
        session.drawer,
        store.config.store_name,
        session.currency,
        session.biz_date,
        at_ms,
        _local(store, at_ms),
        by,
        session.totals,
        session.float_minor,
        session.expected_minor,
        counted.counted_minor if counted else None,
        counted.pieces if counted else (),
        z_number,
        _local(store, session.opened_ms),
        around.name_of(session.opened_by),
        session.by_itself,
        reason,
        approved_by,
        unpaid,
        variance_minor=counted.variance_minor if counted else 0,
        tax_names=dict(around.tax_names),
        header=around.header,
        language=around.language,
    )


def day_facts(
    store: TillStore,
    day: DayClosed,
    sessions: Sequence[tuple[DrawerSession, str]],
    around: Around,
    *,
    at_ms: int,
    by: str,
) -> Facts:
    """A trading day's report over all its sessions."""
    counted = [session.counts[-1] for session, _ in sessions if session.counts]
    parts = tuple(
        Part(z_number, around.name_of(session.opened_by), session.counts[-1].variance_minor if session.counts else 0)
        for session, z_number in sessions
    )
    return Facts(
        ReportKind.DAY,
        day.drawer,
        store.config.store_name,
        day.currency,
        day.biz_date,
        at_ms,
        _local(store, at_ms),
        by,
        day.totals,
        sum(session.float_minor for session, _ in sessions),
        sum(session.expected_minor for session, _ in sessions),
        sum(each.counted_minor for each in counted),
        parts=parts,
        variance_minor=day.variance_minor,
        tax_names=dict(around.tax_names),
        header=around.header,
        language=around.language,
    )


def _local(store: TillStore, at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(store.zone).strftime("%Y-%m-%d %H:%M")


def unpaid_of(sale: Sale | None) -> Unpaid | None:
    """A basket as the day report names it; None when nothing is on it."""
    if sale is None or sale.empty:
        return None
    first = next((line.name or line.label for line in sale if not line.voided), "")
    return Unpaid(sale.started_ms, sale.totals.due_minor, first)
