"""Between a store and head office, with real processes: a new price on its way down, a day's sales on their way up."""

import time
from collections.abc import Iterator
from pathlib import Path

from retail_core.domain.ids import Sku
from retail_core.durable import reference
from retail_core.durable.engine import open_ro
from retail_core.durable.link import reference_name
from retail_core.durable.system import SystemClock
from tests.agent.support import agent
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled
from tests.perf.measure import Result, percentile
from tests.support.shop import ZONE, Shop, at_till

PRICES = 200
SALES = 3_000
POLL_S = 0.001
PATIENCE_S = 60.0


def price_comes_down(folder: Path) -> Iterator[Result]:
    """From asking HQ for a new price to seeing it in the till's file: HQ's own work and commit are in it."""
    hq = Hq(folder / "row10-hq")
    try:
        shop = enrolled(hq, folder / "row10", hq.store("S0910"), "T1", store_role=True)
        with agent(shop.home):
            stocked(shop)
            took = _prices(hq, shop)
    finally:
        hq.close()
    yield Result("10", "a price set at HQ → in the till's file, p50", percentile(took, 0.5), "ms", "≤ 50 ms",
                 percentile(took, 0.5) <= 50)  # fmt: skip
    yield Result("10", "the same, p99", percentile(took, 0.99), "ms", "≤ 1,000 ms", percentile(took, 0.99) <= 1_000)


def _prices(hq: Hq, shop: Shop) -> list[float]:
    link = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    name = reference_name(link) or ""
    link.close()
    conn = open_ro(shop.home.reference(name), shop.home.keys.file_key(name))
    took: list[float] = []
    try:
        for n in range(PRICES):
            wished = 1_000 + n
            start = time.perf_counter()
            hq.ask("PUT", "/api/prices", [{"zone": ZONE, "sku": MILK.sku, "price_minor": wished, "currency": "EUR"}])
            while reference.current_book(conn, ZONE).unit_price(Sku(MILK.sku), SystemClock().now_ms()) != wished:
                if time.perf_counter() - start > PATIENCE_S:
                    raise TimeoutError(f"price {n} did not come")
                time.sleep(POLL_S)
            took.append((time.perf_counter() - start) * 1000)
    finally:
        conn.close()
    return took


def day_goes_up(folder: Path) -> Iterator[Result]:
    """A day of one store sold with the agent down, and how long it takes from the agent's start until HQ has it all."""
    hq = Hq(folder / "row18-hq")
    try:
        store = hq.store("S0918")
        shop = enrolled(hq, folder / "row18", store, "T1", store_role=True)
        with agent(shop.home):
            stocked(shop)
        with at_till(shop) as at:
            sell(at.sign_in(), SALES)
        start = time.perf_counter()
        with agent(shop.home):
            while not hq_has_all(shop.home, shop.config.till_node):
                if time.perf_counter() - start > PATIENCE_S:
                    raise TimeoutError("the day did not go up")
                time.sleep(0.01)
            took = time.perf_counter() - start
        missing = SALES - hq.sold(store, MILK.sku)
    finally:
        hq.close()
    yield Result(
        "18", f"{SALES:,} sales made offline, agent started → all at HQ (embedded)", took, "s", "≤ 5 s", took <= 5
    )
    yield Result("18", "of them missing or doubled at HQ", missing, "sales", "0", missing == 0)
