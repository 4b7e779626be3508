"""What was sold, from both ends: the tills' own files against head office's database, to the unit."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from retail_core.durable.engine import Connection, open_ro
from retail_core.durable.verify import verify_file
from tests.agent.town import Hq
from tests.chaos.seller import paid_file
from tests.support.shop import Shop

SALE_LINES = "SELECT sku, sum(qty_milli), sum(amount_minor) FROM sale_line {} GROUP BY sku"


@dataclass
class Books:
    """Totals by receipt, pieces and money by item."""

    sales: dict[str, int] = field(default_factory=dict[str, int])
    pieces: Counter[str] = field(default_factory=Counter[str])
    money: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: "Books") -> None:
        assert not self.sales.keys() & other.sales.keys()
        self.sales |= other.sales
        self.pieces.update(other.pieces)
        self.money.update(other.money)


def paid_at(shop: Shop) -> dict[str, int]:
    """What the till said was paid: totals by receipt. A kill may have cut the last line of all short, never two into one."""
    file = paid_file(shop.home.folder)
    lines = file.read_text().splitlines() if file.exists() else []
    return {receipt: int(total) for receipt, total in (line.split() for line in lines)}


def till_books(shop: Shop) -> Books:
    """A till's sales, after a look at its files: whole, chained, signed, numbered without a gap, with all that was told as paid."""
    home = shop.home
    for file in (home.till_db, home.link_db, home.store_db):
        if file.exists():
            with opened(shop, file.name) as conn:
                assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok", file
    report = verify_file(
        home.till_db, home.keys.file_key("till.db"), {shop.config.till_node: home.keys.signing_key("till").public_text}
    )
    assert report.ok, report.detail
    with opened(shop, "till.db") as conn:
        found = _books(conn, "SELECT receipt, total_minor FROM sale", SALE_LINES.format(""))
        counters = conn.execute("SELECT series, counter FROM sale ORDER BY series, counter").fetchall()
        by_seq = conn.execute(
            "SELECT series, counter FROM sale JOIN event ON event.id = sale.event_id ORDER BY event.n"
        ).fetchall()
    expected = Counter(series for series, _ in counters)
    assert counters == [(series, n + 1) for series in sorted(expected) for n in range(expected[series])], "a gap"
    assert by_seq == counters, "numbers are in the order of the journal"
    told = paid_at(shop)
    assert {receipt: found.sales.get(receipt) for receipt in told} == told, "a sale that was told as paid is not there"
    return found


def hq_books(hq: Hq, store: str) -> Books:
    """What head office has of a store."""
    conn = open_ro(hq.home.database, hq.home.keys.file_key("hq.db"))
    try:
        return _books(
            conn, f"SELECT receipt, total_minor FROM sale WHERE store = '{store}'",
            SALE_LINES.format(f"WHERE store = '{store}'"),
        )  # fmt: skip
    finally:
        conn.close()


def hq_count(hq: Hq, store: str) -> int:
    """How many sales of a store head office has now."""
    conn = open_ro(hq.home.database, hq.home.keys.file_key("hq.db"))
    try:
        return conn.execute("SELECT count(*) FROM sale WHERE store = ?", (store,)).fetchone()[0]
    finally:
        conn.close()


def agree(hq: Hq, store: str, shops: Sequence[Shop]) -> Books:
    """Head office has what the tills have: sales, money, and stock that left the shelf. Raises AssertionError."""
    tills = Books()
    for shop in shops:
        tills.add(till_books(shop))
    office = hq_books(hq, store)
    assert office.sales == tills.sales, (len(office.sales), len(tills.sales))
    assert office.money == tills.money
    left_the_shelf = {sku: hq.sold_milli(store, sku) for sku in tills.pieces}
    assert left_the_shelf == dict(tills.pieces)
    return tills


@contextmanager
def opened(shop: Shop, name: str) -> Iterator[Connection]:
    """A file of the machine, to read."""
    conn = open_ro(shop.home.folder / name, shop.home.keys.file_key(name))
    try:
        yield conn
    finally:
        conn.close()


def _books(conn: Connection, sales: str, lines: str) -> Books:
    found = Books(dict(conn.execute(sales).fetchall()))
    assert len(found.sales) == conn.execute(f"SELECT count(*) FROM ({sales})").fetchone()[0], "a number twice"
    for sku, qty_milli, amount_minor in conn.execute(lines):
        found.pieces[sku] += qty_milli
        found.money[sku] += amount_minor
    return found
