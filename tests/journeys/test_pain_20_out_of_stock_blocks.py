"""Pain 20: "out of stock" stops a customer who holds the goods in their hand.

Sources: POS-Awesome issues 2526, 2722; kilbot 74 (the maintainer: stock was not entered yet); opensourcepos 1879; wallacepos 76. Here
stock never stops a sale: what the books do not have is sold, and the ledger says how far below nothing it is.
"""

from pathlib import Path

from PySide6.QtCore import Qt

from hq_server.storage import stock
from hq_server.storage.database import open_embedded
from tests.hq import support as head_office
from tests.support.shop import ITEMS
from tests.till.test_kill import push_everything
from tests.ui.conftest import Cashier

MILK = ITEMS[0]


def test_goods_nobody_ever_received_are_sold_and_the_ledger_goes_below_nothing(
    at_work: Cashier, tmp_path: Path
) -> None:
    at_work.type("3*").serial_scan(MILK.code)
    assert at_work.quantities() == [3000]
    assert at_work.notice == ""
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.last_paid)
    (tmp_path / "hq").mkdir()
    database = open_embedded(tmp_path / "hq.db", bytes(32))
    push_everything(head_office.open_shop(database, tmp_path / "hq"), at_work.shop)
    (balance,) = database.read(lambda conn: stock.balances(conn, [MILK.sku], head_office.STORE))
    assert balance.sellable == -3000
    assert not database.read(stock.differences)
    database.close()
