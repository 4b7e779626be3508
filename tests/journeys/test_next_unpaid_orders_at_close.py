"""Next five: unpaid orders vanish at close.

Source: Odoo issue 16151. Here closing a drawer neither waits for a basket nor touches one: what is not paid yet is listed
on the Z, lives on, also over a restart, and is paid into the next session.
"""

from pathlib import Path

from PySide6.QtCore import Qt

from tests.support.shop import ITEMS, at_till, make_shop
from tests.till.test_drawer import AtDrawer as ByService
from tests.ui.at_drawer import AtDrawer
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]


def test_a_basket_put_aside_and_one_that_is_open_outlive_the_z(at_work: Cashier) -> None:
    drawer = AtDrawer(at_work)
    drawer.open(tens=10)
    at_work.key(Qt.Key.Key_Escape)
    at_work.wedge_scan(MILK.code)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: not at_work.lines)
    at_work.wedge_scan(CHICKEN.code)
    drawer.go().says("drawer_unpaid", "2 baskets are not paid yet")
    drawer.close((4, "10"))
    z = drawer.view().closed[0].facts
    assert [(basket.first, basket.total_minor) for basket in z.unpaid] == [(CHICKEN.name, 649), (MILK.name, 119)]
    at_work.key(Qt.Key.Key_Escape)
    at_work.key(Qt.Key.Key_Escape)
    at_work.until(lambda: at_work.screen == "sell")
    assert at_work.names() == [CHICKEN.name]
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.names() == [MILK.name])
    assert drawer.session.totals.sales.minor == 649  # a session of its own, opened by that sale


def test_they_are_there_after_a_restart_too(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as till:
        drawer = ByService(till.sign_in())
        drawer.open(0)
        till.scan(MILK.code)
        till.till.writer.flush()
        drawer.count(0)
        z = drawer.close()
        assert [basket.total_minor for basket in z.facts.unpaid] == [119]
    with at_till(shop) as till:
        till.sign_in()
        assert till.sale.totals.due_minor == 119
        till.pay_cash(119)
