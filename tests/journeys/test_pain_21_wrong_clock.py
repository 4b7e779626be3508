"""Pain 21: a wrong clock puts sales into the wrong day and the wrong tax period.

Sources: Odoo issues 25606 (will not be fixed), 30089, 153636, 18182; pull request 271581, where a support engineer sees it
"at least once a week". Here the trading day belongs to the drawer session: it is fixed when the drawer is opened, is
never before the last one, and order is that of the journal, whatever the clock says.
"""

from PySide6.QtCore import Qt

from tests.support.shop import ITEMS, ManualClock
from tests.ui.at_drawer import AtDrawer
from tests.ui.conftest import Cashier

MILK = ITEMS[0]
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OPENED_ON = "2025-11-24"


def clock(cashier: Cashier) -> ManualClock:
    found = cashier.till.clock
    assert isinstance(found, ManualClock)
    return found


def sell(cashier: Cashier) -> None:
    before = cashier.selling.last_paid
    cashier.wedge_scan(MILK.code)
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid is not None and cashier.selling.last_paid is not before)


def dates(cashier: Cashier) -> list[tuple[int, str]]:
    """Receipt counter and trading day of every sale, in the order of the numbers."""
    conn = cashier.till.writer._store.conn
    return list(conn.execute("SELECT counter, biz_date FROM sale ORDER BY counter"))


def test_a_clock_that_jumps_changes_no_sale_of_the_session(at_work: Cashier) -> None:
    for jump in (0, 9 * HOUR_MS, -40 * DAY_MS, 300 * DAY_MS):
        clock(at_work).wall_ms += jump
        sell(at_work)
    assert dates(at_work) == [(n, OPENED_ON) for n in (1, 2, 3, 4)]
    conn = at_work.till.writer._store.conn
    seqs = [row[0] for row in conn.execute("SELECT seq FROM event WHERE type = 'sale.completed' ORDER BY n")]
    assert seqs == sorted(seqs)


def test_a_drawer_opened_under_a_clock_set_back_is_in_no_day_that_is_over(at_work: Cashier) -> None:
    drawer = AtDrawer(at_work)
    sell(at_work)
    drawer.close((7, "1"), (10, "1"), (11, "1"), (12, "2"), reason=0)
    at_work.type("⏎")
    at_work.key(Qt.Key.Key_Escape)
    clock(at_work).wall_ms -= 30 * DAY_MS
    sell(at_work)
    assert [date for _, date in dates(at_work)] == [OPENED_ON, OPENED_ON]


def test_a_shift_that_ends_after_midnight_is_one_day_and_says_that_it_is_over(at_work: Cashier) -> None:
    sell(at_work)
    clock(at_work).wall_ms += 20 * HOUR_MS
    sell(at_work)
    drawer = AtDrawer(at_work).go()
    drawer.says("drawer_hint", "Its day is over")
    assert drawer.session.totals.sales.count == 2
    assert {date for _, date in dates(at_work)} == {OPENED_ON}
