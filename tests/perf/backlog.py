"""How the way up holds when more waits: an hour to a week of one store sold with the agent down, drained by real programs."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.agent.support import agent
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled
from tests.perf.measure import Result
from tests.support.shop import Shop, at_till

BACKLOGS = (("1 h", 125), ("1 d", 3_000), ("3 d", 9_000), ("7 d", 21_000))
PATIENCE_S = 240.0
POLL_S = 0.02
FLAT = 1.25


def of_backlog(folder: Path) -> Iterator[Result]:
    """Rate without what starting costs, which the hour shows, and the memory of both programs at the end of each."""
    hq = Hq(folder / "backlog-hq")
    try:
        store = hq.store("S0919")
        shop = enrolled(hq, folder / "backlog", store, "T1", store_role=True)
        with agent(shop.home):
            stocked(shop)
        sold, fixed_s = 0, 0.0
        first: tuple[float, float, float] | None = None
        for name, sales in BACKLOGS:
            _sell(shop, sales)
            sold += sales
            took, mine, theirs = _drained(hq, shop)
            if not fixed_s:
                fixed_s = took
                continue
            rate = (sales - BACKLOGS[0][1]) / max(took - fixed_s, POLL_S)
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
    """Seconds from the agent's start until HQ has all, and MiB of agent and HQ then."""
    began = time.perf_counter()
    with agent(shop.home) as running:
        while not hq_has_all(shop.home, shop.config.till_node):
            if time.perf_counter() - began > PATIENCE_S:
                raise TimeoutError("the backlog did not go up")
            time.sleep(POLL_S)
        return time.perf_counter() - began, _mib(running.process.pid), _mib(hq.pid)


def _mib(pid: int) -> float:
    return psutil.Process(pid).memory_info().rss / 2**20
