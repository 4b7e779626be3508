"""Pain 19: a price that changed does not reach an open till, or changes under a customer's eyes.

Sources: dhongu/deltatech 2838 (the price stays, even after a reload); POS-Awesome 2731, 563, 340 and eight repairs of it; OCA
pos_unavailable_product_friendly_error. Here a basket keeps the prices of its first scan until it is paid, the next one has the new,
nobody restarts anything, and every line sold says by which book it was priced.
"""

import msgspec
from PySide6.QtCore import Qt

from tests.support.shop import ITEMS
from tests.ui.conftest import Cashier

MILK, CHICKEN = ITEMS[:2]


def pay(cashier: Cashier) -> None:
    before = cashier.selling.last_paid
    cashier.key(Qt.Key.Key_F12)
    cashier.until(lambda: cashier.selling.last_paid is not before and cashier.selling.sale is None)


def books(cashier: Cashier) -> list[tuple[str, int]]:
    """Book and unit price of every line sold, as the journal has them."""
    conn = cashier.till.writer._store.conn
    bodies = [body for (body,) in conn.execute("SELECT body FROM event WHERE type = 'sale.completed' ORDER BY n")]
    lines = [line for body in bodies for line in msgspec.json.decode(body)["lines"]]
    return [(line.get("book", ""), line["unit_minor"]) for line in lines]


def test_a_basket_keeps_its_prices_and_the_next_one_has_the_new(at_work: Cashier) -> None:
    at_work.wedge_scan(MILK.code)
    at_work.shop.reprice(MILK.sku, 139, rev=2)
    at_work.till.refresh()
    at_work.wedge_scan(MILK.code)
    assert at_work.to_pay == "€ 2.38"
    pay(at_work)
    at_work.wedge_scan(MILK.code)
    assert at_work.to_pay == "€ 1.39"
    pay(at_work)
    assert [price for _, price in books(at_work)] == [119, 119, 139]
    (first, _), (second, _), (third, _) = books(at_work)
    assert first == second != third
