"""Drawers and days that tills closed, as head office sees them: each once, with no case opened."""

import pytest

from hq_server.service.ingest import Taken, take
from hq_server.storage import drawers
from retail_core.domain.drawer import MoveKind, SessionTotals, Tally, TaxTally
from retail_core.domain.drawer_events import DayClosed, DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.roles import Role
from tests.hq.running import RunningHq
from tests.hq.support import DAY, OTHER_STORE, STORE, Machine, Shop, enrolled

pytestmark = pytest.mark.xdist_group("hq-drawers")

TOTALS = SessionTotals(
    sales=Tally(3, 4_500), cash_minor=3_500,
    taxes={"food@90000": TaxTally("food", 90_000, included=True, taxable_minor=4_500, tax_minor=372)},
    tenders={"card": Tally(1, 1_000), "cash": Tally(2, 3_500)},
)  # fmt: skip


def z(number: int, counted_minor: int = 13_400) -> DrawerClosed:
    return DrawerClosed(
        f"ses-{number}", "S1-T1", "A", number, "EUR", 1, "op-1", 10_000, counted_minor, 13_500, TOTALS, "unknown", "op-2"
    )  # fmt: skip


def day(n: int, *z_numbers: str) -> DayClosed:
    return DayClosed("S1-T1", DAY, n, "EUR", z_numbers, TOTALS, -100)


def push(shop: Shop, till: Machine) -> Taken:
    return take(shop.hq, shop.contacts, till.node, *till.batch(0, None))


def test_a_z_is_kept_once_however_often_it_comes(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(
        DrawerOpened("ses-1", "S1-T1", "EUR", 10_000),
        DrawerMoved("ses-1", "S1-T1", MoveKind.DROP, 500, "to_safe", "op-2"),
        DrawerCounted("ses-1", "S1-T1", 1, 13_400, 13_500),
        z(1),
        z(2),
        day(1, "Z1", "Z2"),
    )
    assert push(shop, till).quarantined == 0
    push(shop, till)
    kept = shop.hq.database.read(lambda conn: drawers.z_reports(conn, DAY, DAY, STORE))
    assert sorted(row.z_number for row in kept) == [1, 2]
    assert (kept[0].variance_minor, kept[0].sales, kept[0].tax_minor, kept[0].totals) == (-100, 3, 372, TOTALS)
    assert shop.hq.database.read(lambda conn: drawers.z_reports(conn, DAY, DAY, OTHER_STORE)) == []
    assert shop.hq.database.read(lambda conn: drawers.z_reports(conn, "2020-01-01", "2020-01-02", None)) == []


def test_a_day_that_was_closed_again_is_shown_as_it_was_closed_last(shop: Shop) -> None:
    push(shop, enrolled(shop.hq, "till-1").says(day(1, "Z1"), day(2, "Z1", "Z2")))
    (kept,) = shop.hq.database.read(lambda conn: drawers.days(conn, DAY, DAY, STORE))
    assert (kept.sessions, kept.variance_minor) == (2, -100)


def test_a_z_nobody_can_have_printed_is_kept_aside_and_stops_nothing(shop: Shop) -> None:
    till = enrolled(shop.hq, "till-1").says(z(1, counted_minor=2**60), z(2))
    assert push(shop, till).quarantined == 1
    (kept,) = shop.hq.database.read(lambda conn: drawers.z_reports(conn, DAY, DAY, None))
    assert kept.z_number == 2


def test_over_the_api(running: RunningHq) -> None:
    path, asked = "/api/z-reports", {"first": DAY, "last": DAY}
    with running.as_role(Role.HQ_VIEWER) as viewer, running.as_role(Role.SERVICE) as program:
        assert viewer.get(path, params={**asked, "store": STORE}).json() == {"z_reports": [], "days": []}
        assert viewer.get(path, params={**asked, "first": "yesterday"}).status_code == 400
        assert program.get(path, params=asked).status_code == 403
