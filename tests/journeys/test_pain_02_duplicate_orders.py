"""Pain 2: one sale becomes two after a retry, a time-out or a second tab.

Sources: ERPNext issues 11000, 12971 (one of fifteen records, eight tills), 12645; Odoo issues 42862, 40567, 152259, 108518, pull
requests 216862 (a unique id at last, in 2025) and 258304 (which then crashes on the retry); POSNext issues 50, 97. Here the id
is made as the basket begins, and every hop knows it: doing it again changes nothing and answers the same.
"""

from pathlib import Path

from PySide6.QtCore import Qt

from hq_server.storage import sales
from hq_server.storage.database import open_embedded
from tests.hq import support as head_office
from tests.support.shop import ITEMS
from tests.till.test_kill import push_everything
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]
AGAIN = 3


def sell(cashier: Cashier, code: str) -> None:
    """An impatient person: every key that pays, over and over."""
    before = cashier.selling.last_paid
    cashier.wedge_scan(code)
    for _ in range(5):
        cashier.key(Qt.Key.Key_F12)
        cashier.key(Qt.Key.Key_F9)
        cashier.key(Qt.Key.Key_Return, "\r")
    cashier.until(lambda: cashier.selling.sale is None and cashier.selling.last_paid is not before)
    cashier.until(lambda: cashier.screen == "sell")


def test_whoever_presses_and_sends_again_makes_one_sale_here_and_at_head_office(
    at_work: Cashier, tmp_path: Path
) -> None:
    for code in (MILK.code, CHICKEN.code, MILK.code):
        sell(at_work, code)
    at_work.till.writer.flush()
    rows = at_work.till.writer._store.conn.execute("SELECT receipt FROM sale ORDER BY counter").fetchall()
    assert rows == [(f"S0319-T1-A-{n:06d}",) for n in (1, 2, 3)]
    (tmp_path / "hq").mkdir()
    database = open_embedded(tmp_path / "hq.db", bytes(32))
    hq = head_office.open_shop(database, tmp_path / "hq")
    for _ in range(AGAIN):  # batches that overlap, are cut and repeated, and all of it three times
        push_everything(hq, at_work.shop)
    assert database.read(sales.count_sales) == (3, 3)  # sales, lines
    database.close()
