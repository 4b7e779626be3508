"""How the way up holds when more waits: an hour to a week of one store sold with the agent down, drained by real programs."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.agent.support import acked, agent, journal_types
from tests.agent.test_with_hq import MILK, sell, stocked
from tests.agent.town import Hq, enrolled
from tests.perf.measure import Result
from tests.support.shop import Shop, at_till

BACKLOGS = (("1 h", 125), ("1 d", 3_000), ("3 d", 9_000), ("7 d", 21_000))
PATIENCE_S = 240.0
POLL_S = 0.02
FLAT = 1.25


def of_backlog(folder: Path) -> Iterator[Result]:
    """Rate from the first batch on (an hour is one batch and has none), and the memory of both programs at the end of each."""
    hq = Hq(folder / "backlog-hq")
    try:
        store = hq.store("S0919")
        shop = enrolled(hq, folder / "backlog", store, "T1", store_role=True)
        with agent(shop.home):
            stocked(shop)
        sold = 0
        first: tuple[float, float, float] | None = None
        for name, sales in BACKLOGS:
            _sell(shop, sales)
            sold += sales
            rate, mine, theirs = _drained(hq, shop)
            if not rate:
                continue
            first = first or (rate, mine, theirs)
            yield Result("growth", f"backlog of {name} goes up", rate, "sales/s", "≥ 0.7 × that of a day",
                         rate >= 0.7 * first[0], first[0], rate / first[0])  # fmt: skip
            for who, now, then in (("the agent's", mine, first[1]), ("head office's", theirs, first[2])):
                yield Result("growth", f"{who} memory after it", now, "MiB", f"≤ {FLAT} × after a day", now <= FLAT * then,
                             then, now / then)  # fmt: skip
        missing = sold - hq.sold(store, MILK.sku)
    finally:
        hq.close()
    yield Result("growth", "of all these missing or doubled at HQ", abs(missing), "sales", "0", missing == 0)


def _sell(shop: Shop, sales: int) -> None:
    with at_till(shop) as at:
        sell(at.sign_in(), sales)


def _drained(hq: Hq, shop: Shop) -> tuple[float, float, float]:
    """Sales a second between the first batch that HQ has and the last, and MiB of agent and HQ then."""
    node, total = shop.config.till_node, len(journal_types(shop.home))
    begun_at = acked(shop.home, "hq", node)
    deadline = time.perf_counter() + PATIENCE_S
    first: tuple[float, int] | None = None
    with agent(shop.home) as running:
        while (there := acked(shop.home, "hq", node)) < total:
            if first is None and there > begun_at:
                first = (time.perf_counter(), there)
            if time.perf_counter() > deadline:
                raise TimeoutError("the backlog did not go up")
            time.sleep(POLL_S)
        since, had = first or (time.perf_counter(), total)  # an hour goes up in one batch
        took = time.perf_counter() - since
        return (there - had) / max(took, POLL_S), _mib(running.process.pid), _mib(hq.pid)


def _mib(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20
