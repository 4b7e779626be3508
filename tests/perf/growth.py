"""How cost grows: with the items of the catalogue, with the days a till has sold, and with the lines of a basket."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from pos_app.service.completing import SoldBy, complete
from pos_app.service.receipt import Paper
from pos_app.storage.readers import Links, Reference
from pos_app.storage.store import TillStore
from retail_core.domain.ids import LineId, OperatorId, SaleId, Sku
from retail_core.domain.roles import Role
from retail_core.domain.sale import Sale
from retail_core.domain.saleline import SaleLine
from retail_core.domain.tax import TaxRate
from retail_core.durable.engine import Connection
from retail_core.durable.system import SystemClock, SystemIds
from tests.perf.backlog import of_backlog
from tests.perf.catalogue import big_reference
from tests.perf.ingest import of_stores
from tests.perf.measure import Result, cpu
from tests.support.cash import cash_tender
from tests.support.shop import ITEMS, make_shop

DAYS, SALES_A_DAY, LINES_A_SALE = (1, 10, 100, 1_000), 400, 5
CATALOGUES, SAMPLE = (1_000, 10_000, 100_000, 1_000_000), 900
BASKETS = (1, 10, 40, 161)
MEASURED, AGAIN = 40, 6
KEPT_JOBS = 20_000
FOOD = TaxRate("food", "VAT 9 %", 90_000)
ANA = SoldBy(OperatorId("op-1"), "Ana M.", Role.CASHIER)
_SEQUENCE = "WITH RECURSIVE days (n) AS (VALUES (:first) UNION ALL SELECT n + 1 FROM days WHERE n < :last)"


def growth(folder: Path) -> Iterator[Result]:
    """What a look-up, a sale, a long basket and a push cost as shop and chain grow, at four points each."""
    yield from of_items(folder)
    yield from of_history(folder)
    yield from of_basket(folder)
    yield from of_stores(folder)
    yield from of_backlog(folder)


def of_items(folder: Path) -> Iterator[Result]:
    """Look-up by bar code in catalogues of a thousand to a million items, each in its turn, the best of some rounds."""
    opened = [_catalogue(folder, items) for items in CATALOGUES]
    best = [float("inf")] * len(opened)
    for _ in range(1 + AGAIN):  # the first round fills the caches
        best = [min(least, cpu(look_up) / SAMPLE * 1e6) for least, (look_up, _) in zip(best, opened, strict=True)]
    for items, took in zip(CATALOGUES, best, strict=True):
        yield Result("growth", f"look-up at {items:,} items", took, "µs", "≤ 1.5 × at 1,000", took <= 1.5 * best[0],
                     best[0], took / best[0])  # fmt: skip
    for _, close in opened:
        close()


def _catalogue(folder: Path, items: int) -> tuple[Callable[[], None], Callable[[], None]]:
    """What looks SAMPLE items up, and what closes the files."""
    built = big_reference(items)
    shop = make_shop(folder / f"items-{items}")
    facts = Links(built.into(shop.home))
    catalogue = Reference(shop.home, shop.config.zone, facts)
    wanted = built.sample_gtins(SAMPLE, seed=2)

    def look_up() -> None:
        for gtin in wanted:
            catalogue.by_gtin(gtin)

    def close() -> None:
        catalogue.close()
        facts.close()

    return look_up, close


def of_history(folder: Path) -> Iterator[Result]:
    """A sale after one day of trade and after a thousand."""
    shop = make_shop(folder / "history")
    store = TillStore.open(shop.home, shop.config, SystemClock(), SystemIds())
    ids, chance = SystemIds(), random.Random(7)
    _sell(store, ids, chance, LINES_A_SALE, MEASURED)
    first, filled = 0.0, 0
    for days in DAYS:
        _fill(store.conn, filled, days)
        filled = days
        took = min(_sell(store, ids, chance, LINES_A_SALE, MEASURED) for _ in range(AGAIN))
        first = first or took
        yield Result("growth", f"sale after {days:,} days of {SALES_A_DAY} sales, processor time", took, "ms",
                     "≤ 1.2 × after one day", took <= 1.2 * first, first, took / first)  # fmt: skip
    store.close()


def of_basket(folder: Path) -> Iterator[Result]:
    """A sale of one line and of a hundred and sixty-one: a small fixed part, and the same for every line."""
    shop = make_shop(folder / "basket")
    store = TillStore.open(shop.home, shop.config, SystemClock(), SystemIds())
    ids, chance = SystemIds(), random.Random(9)
    costs = dict[int, float]()
    for lines in BASKETS:
        _sell(store, ids, chance, lines, MEASURED // 4)
        costs[lines] = min(_sell(store, ids, chance, lines, MEASURED // 2) for _ in range(AGAIN))
    a_line = (costs[40] - costs[1]) / 39
    for lines, took in costs.items():
        straight = costs[1] + a_line * (lines - 1)
        yield Result("growth", f"sale of {lines} lines, processor time", took, "ms", "≤ 1.5 × a straight line",
                     took <= 1.5 * straight, straight, took / straight)  # fmt: skip
    store.close()


def _sell(store: TillStore, ids: SystemIds, chance: random.Random, lines: int, sales: int) -> float:
    """Milliseconds of processor time a sale."""
    baskets = [_basket(ids, chance, lines) for _ in range(sales)]

    def sell() -> None:
        for sale in baskets:
            due = sale.totals.due_minor
            complete(store, sale, ANA, (cash_tender(due, due),), Paper())

    return cpu(sell) / sales * 1000


def _basket(ids: SystemIds, chance: random.Random, lines: int) -> Sale:
    sale = Sale.start(sale_id=SaleId(ids.next()), operator_id=ANA.operator_id, currency="EUR", at_ms=1, book="north@1")
    for _ in range(lines):
        item = chance.choice(ITEMS)
        sale.add(SaleLine(LineId(ids.next()), Sku(item.sku), item.name, 1000, item.price_minor, FOOD, item.code))
    sale.begin_paying()
    return sale


def _fill(conn: Connection, from_day: int, to_day: int) -> None:
    """Days of trade as they would lie in the file: the rows of the newest sale, again and again, under older keys."""
    span = {"first": from_day * SALES_A_DAY, "last": to_day * SALES_A_DAY - 1}
    (sale_id, event_id) = conn.execute(
        "SELECT sale_id, event_id FROM sale ORDER BY at_ms DESC, counter DESC"
    ).fetchone()
    ids = {"sale": sale_id, "event": event_id}
    changed = {
        "sale": {
            "sale_id": "printf('00-%032d', n)", "receipt": "printf('R%020d', n)", "series": "'old'", "counter": "n",
            "biz_date": f"date('2023-01-01', '+' || (n / {SALES_A_DAY}) || ' days')", "event_id": "printf('00-%032de', n)",
        },
        "sale_line": {"sale_id": "printf('00-%032d', days.n)"},
        "tender": {"sale_id": "printf('00-%032d', days.n)"},
        "event": {"n": "NULL", "id": "printf('00-%032de', days.n)", "node": "'old'", "seq": "days.n + 1"},
        "stream": {"node": "'old'", "seq": "n + 1", "id": "printf('00-%032de', n)"},
    }  # fmt: skip
    where = {"sale": "sale_id = :sale", "sale_line": "sale_id = :sale", "tender": "sale_id = :sale",
             "event": "id = :event", "stream": "id = :event"}  # fmt: skip
    conn.execute("BEGIN IMMEDIATE")
    for table, fresh in changed.items():
        columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(fresh.get(name, f"{table}.{name}") for name in columns)
        conn.execute(
            f"{_SEQUENCE} INSERT INTO {table} SELECT {values} FROM days, {table} WHERE {table}.{where[table]}",
            span | ids,
        )
    conn.execute("COMMIT")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
