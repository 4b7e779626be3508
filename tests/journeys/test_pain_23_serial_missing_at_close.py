"""Pain 23: a missing lot or serial number is found out when the day is closed.

Sources: ERPNext issue 57157 (the closing fails); POSNext 335 (no batch can be chosen offline); OCA pos_session_closing_stock_error.
Here it is asked on the line, stops nothing but paying, and a close has nothing left to find.
"""

from PySide6.QtCore import Qt

from retail_core.domain.asks import ItemRules
from retail_core.durable.reference import ItemMore
from tests.support.shop import ITEMS
from tests.ui.at_drawer import AtDrawer
from tests.ui.conftest import Cashier

MILK, CHICKEN, COFFEE = ITEMS[0], ITEMS[1], ITEMS[3]


def test_lot_and_serial_are_asked_on_the_line_and_the_close_finds_nothing(at_work: Cashier) -> None:
    at_work.shop.more(COFFEE.sku, ItemMore(ItemRules(required=("serial",))))
    at_work.shop.more(CHICKEN.sku, ItemMore(ItemRules(required=("lot",))))
    drawer = AtDrawer(at_work)
    drawer.open(tens=10)
    at_work.key(Qt.Key.Key_Escape)
    at_work.until(lambda: at_work.screen == "sell")
    at_work.wedge_scan(COFFEE.code).wedge_scan(MILK.code).wedge_scan(CHICKEN.code)
    assert len(at_work.lines) == 3  # neither question stopped a scan
    at_work.key(Qt.Key.Key_F12)
    assert at_work.selling.last_paid is None
    at_work.type("L-4711⏎").type("SN-77⏎")  # the newest line is asked first
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    lines = at_work.till.writer._store.conn.execute("SELECT serial, lot FROM sale_line ORDER BY n").fetchall()
    assert sorted((serial or "", lot or "") for serial, lot in lines) == [("", ""), ("", "L-4711"), ("SN-77", "")]
    total = 100_00 + COFFEE.price_minor + MILK.price_minor + CHICKEN.price_minor
    assert total == 11_367
    number = drawer.close((4, "11"), (6, "1"), (7, "1"), (8, "1"), (10, "1"), (11, "1"), (12, "1"))
    assert number.endswith("Z0001")
