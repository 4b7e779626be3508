"""The demo's account is counted from files, and notices a lost sale, a doubled one, a gap, and goods that went astray."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hq_server.service.home import DATABASE_KEY, HqHome
from hq_server.storage import sales, stock
from hq_server.storage.database import Database, open_embedded
from hq_server.storage.sales import Sold
from hq_server.storage.stock import MovedFrom
from retail_core.domain.events import SaleCompleted
from retail_core.domain.stock import movements_of
from retail_core.durable.engine import open_ro
from retail_core.durable.home import Home
from retail_core.durable.journal import entries_after, streams
from retail_core.wire.envelope import Entry
from retail_core.wire.events import decode_event
from tests.support.shop import ITEMS, STORE, at_till, make_shop
from tools.demo.count import HqFile, Outage, Summary, count, read_till, verified

ALWAYS = (Outage(0, 1 << 60),)
SALES = 3
PAGE_BYTES = 4096


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A till that sold three baskets."""
    folder = tmp_path_factory.mktemp("till")
    shop = make_shop(folder)
    shop.home.keys.signing_key("agent", create=True)
    with at_till(shop) as cashier:
        cashier.sign_in()
        for n in range(SALES):
            cashier.scan(ITEMS[n].code, ITEMS[n].code, ITEMS[4].code)
            cashier.pay_cash(5_000)
    return folder


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[tuple[Database, HqFile]]:
    home = HqHome(tmp_path)
    home.keys.device_secret(create=True)
    database = open_embedded(home.database, home.keys.file_key(DATABASE_KEY, create=True))
    yield database, HqFile(tmp_path, None)
    database.close()


def entries_of(folder: Path) -> list[Entry]:
    home = Home(folder)
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    found = [placed.entry for stream in streams(conn) for placed in entries_after(conn, stream, 0, 100)]
    conn.close()
    return [entry for entry in found if entry.type == "sale.completed"]


def arrive(database: Database, entries: list[Entry]) -> None:
    """Write sales and stock as HQ does when a batch comes in."""
    for entry in entries:
        event = decode_event(entry.type, entry.v, entry.body)
        assert isinstance(event, SaleCompleted)
        sold = Sold(event, entry.node, entry.actor, entry.biz_date, entry.at)
        moved = [
            (MovedFrom(entry.node, entry.epoch, entry.seq, entry.actor, entry.at), move) for move in movements_of(event)
        ]
        database.write(lambda unit, sold=sold: sales.add_sales(unit, STORE, [sold], 1))
        database.write(lambda unit, moved=moved: stock.move(unit, STORE, moved, 1))


def faults(till: Path, hq: HqFile) -> list[str]:
    return [words for words in count([till], hq, ALWAYS).faults() if words != "no order was collected"]


def test_a_day_that_adds_up(till, hq):
    database, file = hq
    arrive(database, entries_of(till))
    summary = count([till], file, ALWAYS)
    assert (summary.sales_paid, summary.sales_at_hq, summary.lost, summary.doubled) == (3, 3, 0, 0)
    assert summary.stock_units_moved_tills == summary.stock_units_moved_hq == 9_000
    assert summary.sales_while_hq_down == SALES
    assert summary.receipt_numbers_gapless
    assert summary.journal_verified
    assert summary.faults() == ["no order was collected"]


def test_a_sale_that_never_arrived_is_lost(till, hq):
    database, file = hq
    arrive(database, entries_of(till)[1:])
    summary = count([till], file, ALWAYS)
    assert (summary.lost, summary.doubled) == (1, 0)
    assert "1 sales were lost" in summary.faults()
    assert "stock moved differs at HQ" in summary.faults()


def test_a_sale_that_arrived_twice_is_doubled(till, hq):
    database, file = hq
    arrive(database, entries_of(till))
    table = sales.sale
    database.write(
        lambda unit: unit.conn.execute(
            table.insert().from_select(
                [column.name for column in table.c],
                table.select()
                .with_only_columns(*(column + "x" if column.name == "sale_id" else column for column in table.c))
                .limit(1),
            )
        )
    )
    summary = count([till], file, ALWAYS)
    assert (summary.lost, summary.doubled) == (0, 1)
    assert "1 sales were doubled" in summary.faults()


def test_goods_booked_under_another_item_are_noticed(till, hq):
    database, file = hq
    arrive(database, entries_of(till))
    database.write(
        lambda unit: unit.conn.execute(stock.stock_move.update().where(stock.stock_move.c.n == 1).values(sku="9"))
    )
    summary = count([till], file, ALWAYS)
    assert summary.stock_units_moved_tills == summary.stock_units_moved_hq
    assert summary.stock_differences > 0
    assert summary.faults() != []


def test_a_gap_in_receipt_numbers_is_noticed(till):
    account = read_till(till)
    assert account.gapless
    account.counters["A"].remove(2)
    assert not account.gapless


def test_sales_outside_the_outage_do_not_count(till, hq):
    database, file = hq
    arrive(database, entries_of(till))
    summary = count([till], file, [Outage(0, 1)])
    assert summary.sales_while_hq_down == 0
    assert "no sale was made while HQ was down" in summary.faults()


def test_a_changed_byte_in_the_journal_is_noticed(till, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(till, copy)
    assert verified(copy)
    data = bytearray((copy / "till.db").read_bytes())
    for page in range(PAGE_BYTES, len(data), PAGE_BYTES):  # every page but the first: the journal has some of them
        data[page + 100] ^= 1
    (copy / "till.db").write_bytes(data)
    assert not verified(copy)


def test_an_empty_day_is_a_fault():
    assert "no sale was paid" in Summary().faults()
