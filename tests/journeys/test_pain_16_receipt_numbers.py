"""Pain 16: receipt numbers that are doubled, missing, or used again.

Sources: Odoo issues 14214 (the same number printed again: fraud), 71455 (a doubled number, and the order is thrown away),
67731, 182092, 13242; Odoo pull requests 240579 (gaps, December 2025) and 285239 (gaps of a counter that tills share).
Here a number is store-register-series-counter and is taken in the transaction of the sale: what is not sold takes none,
no two tills share a counter, training counts for itself, and a disk that was put back counts in another series.
"""

import shutil

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from pos_app.receipts.facts import ReceiptData
from pos_app.storage.training_home import TrainingHome
from retail_core.durable.engine import open_ro
from retail_core.durable.home import Home
from tests.journeys.windows import window
from tests.support.shop import ITEMS, MANAGER_PIN, Shop, make_shop
from tests.ui.conftest import Cashier
from tests.ui.test_after_the_sale import spooled, to_returns
from tests.ui.test_returns_screen import sold

A_MORNING = 2  # sales, after which the till is switched off
MILK, CHICKEN, WATER, CANDLE = ITEMS[0], ITEMS[1], ITEMS[2], ITEMS[7]

pytestmark = pytest.mark.usefixtures("dressed")


def numbers(home: Home) -> list[str]:
    """Of every sale, in the order in which the journal has them."""
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    try:
        sales = "SELECT s.receipt FROM sale s JOIN event e ON e.id = s.event_id ORDER BY e.n"
        return [receipt for (receipt,) in conn.execute(sales)]
    finally:
        conn.close()


def series(first: int, last: int, name: str = "A", register: str = "T1") -> list[str]:
    return [f"S0319-{register}-{name}-{n:06d}" for n in range(first, last + 1)]


def papers(at: Cashier) -> list[tuple[str, bool]]:
    """(number, whether it says that it is a copy) of each receipt that went to the printer."""
    jobs: list[ReceiptData] = spooled(at, "receipt")
    return [(job.receipt_no, job.copy) for job in jobs]


def give_up(at: Cashier) -> None:
    """A basket the customer does not want after all, with the manager's word."""
    at.wedge_scan(CHICKEN.code)
    at.control(Qt.Key.Key_Delete)
    at.until(lambda: at.workplace.approving.asks)
    at.type(f"{MANAGER_PIN}⏎")
    at.until(lambda: at.selling.sale is None)


def change_ones_mind_at_paying(at: Cashier) -> None:
    at.wedge_scan(CANDLE.code)
    at.key(Qt.Key.Key_F9)
    assert at.screen == "pay"
    at.key(Qt.Key.Key_Escape)
    assert at.screen == "sell"


def test_what_is_not_sold_takes_no_number_and_what_undoes_a_sale_takes_its_own(at_work: Cashier) -> None:
    sold(at_work, MILK.code)
    give_up(at_work)
    change_ones_mind_at_paying(at_work)
    at_work.key(Qt.Key.Key_F8)  # aside, and somebody else is served
    at_work.until(lambda: not at_work.lines)
    sold(at_work, WATER.code)
    at_work.key(Qt.Key.Key_F8)
    at_work.until(lambda: at_work.names() == [CANDLE.name])
    at_work.key(Qt.Key.Key_F12)
    at_work.until(lambda: at_work.selling.sale is None)
    to_returns(at_work)
    at_work.key(Qt.Key.Key_F3)  # the last one was a mistake
    at_work.type(f"{MANAGER_PIN}⏎")
    at_work.until(lambda: "Reversed as" in at_work.notice)
    assert numbers(at_work.shop.home) == series(1, 4)


def test_a_number_is_on_paper_once_and_every_other_paper_of_it_says_copy(at_work: Cashier) -> None:
    receipt = sold(at_work, MILK.code)
    to_returns(at_work)
    for count in (2, 3, 4):
        at_work.press("paper_copy")
        at_work.until(lambda count=count: len(papers(at_work)) == count)
    at_work.key(Qt.Key.Key_Escape)
    assert papers(at_work) == [(receipt, False), (receipt, True), (receipt, True), (receipt, True)]
    assert sold(at_work, WATER.code) == series(2, 2)[0]
    assert numbers(at_work.shop.home) == series(1, 2)


def test_a_till_that_was_switched_off_with_a_basket_goes_on_with_the_next_number(qtbot: QtBot, shop: Shop) -> None:
    for day in range(3):
        with window(qtbot, shop) as at:
            if day:
                assert at.names() == [MILK.name]  # of the day before
                at.key(Qt.Key.Key_F12)
                at.until(lambda at=at: at.selling.sale is None)
            at.wedge_scan(MILK.code)
    with window(qtbot, shop) as at:
        sold(at)
    assert numbers(shop.home) == series(1, 3)


def test_two_tills_of_a_store_never_have_the_same_number(qtbot: QtBot, shop: Shop) -> None:
    other = make_shop(shop.home.folder.parent / "t2", "T2")
    with window(qtbot, shop) as at:
        sold(at, MILK.code)
    with window(qtbot, other) as at:
        sold(at, MILK.code)
        sold(at, MILK.code)
    assert numbers(shop.home) + numbers(other.home) == [*series(1, 1), *series(1, 2, register="T2")]


def test_training_counts_for_itself_and_leaves_no_gap(qtbot: QtBot, shop: Shop) -> None:
    with window(qtbot, shop) as at:
        sold(at, MILK.code)
    with window(qtbot, shop, TrainingHome(shop.home)) as trainee:
        practised = sold(trainee, WATER.code)
    with window(qtbot, shop) as at:
        sold(at, MILK.code)
    assert numbers(shop.home) == series(1, 2)
    assert practised not in {*series(1, 9)}


def quickly_sold(at: Cashier) -> str:
    before = at.selling.last_paid
    at.serial_scan(MILK.code)
    at.key(Qt.Key.Key_F12)
    at.until(lambda: at.selling.last_paid not in {None, before})
    assert at.selling.last_paid
    return at.selling.last_paid.receipt_no


def test_a_disk_that_was_put_back_gives_no_number_twice(qtbot: QtBot, shop: Shop) -> None:
    with window(qtbot, shop) as at:
        given = {sold(at, MILK.code)}
    copy = shop.home.folder / "yesterday"
    shutil.copy(shop.home.till_db, copy)
    with window(qtbot, shop) as at:
        given |= {quickly_sold(at) for _ in range(A_MORNING)}
    copy.replace(shop.home.till_db)
    with window(qtbot, shop) as at:
        later = sold(at, CANDLE.code)
    assert later == series(1, 1, "B")[0]
    assert later not in given
    assert len(given) == A_MORNING + 1
