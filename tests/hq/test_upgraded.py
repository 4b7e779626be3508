"""Facts of kinds an older head office did not know: kept, shown, and counted exactly once when it is brought up to date.

Real programs on both databases; the older one is the program itself with a shorter table of kinds.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from retail_core.domain.customers import Person
from tests.agent.support import agent, until
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled
from tests.journeys.store_wide import cases
from tests.support.shop import at_till
from tests.till.test_customers import make

LACKS = "sale.completed,customer.created"
STORE = "S0801"
QUARANTINED = "quarantined_event"


@pytest.fixture
def older(database_url: str | None, tmp_path: Path) -> Iterator[Hq]:
    running = Hq(tmp_path / "hq", database=database_url or "", lacks=LACKS)
    try:
        yield running
    finally:
        running.close()


def baskets(hq: Hq) -> int:
    return sum(one["baskets"] for one in hq.ask("GET", "/api/today")["stores"] if one["store"] == STORE)


def named(hq: Hq) -> list[str]:
    return [one["name"] for one in hq.ask("POST", "/api/customers/find", {"text": "zoe"})["customers"]]


def test_what_an_older_head_office_did_not_know_counts_once_after_its_upgrade(older: Hq, tmp_path: Path) -> None:
    hq = older
    shop = enrolled(hq, tmp_path / "T1", hq.store(STORE), "T1", store_role=True)
    with agent(shop.home), ExitStack() as stack:
        stocked(shop)
        at = stack.enter_context(at_till(shop))
        sell(at.sign_in(), 2)
        make(at, Person("Zoë Klein", email="zoe@example.org"))
        until(lambda: hq_has_all(shop.home, shop.config.till_node), why="nothing is refused for its kind")
        aside = cases(hq, STORE, QUARANTINED)
        assert sorted(case["evidence"]["type"] for case in aside) == ["customer.created"] + 2 * ["sale.completed"]
        assert (hq.sold(STORE, MILK.sku), baskets(hq), named(hq)) == (0, 0, [])
        hq.lacks = ""
        hq.stop()
        hq.start()  # brought up to date
        assert (hq.sold(STORE, MILK.sku), baskets(hq), named(hq)) == (2, 2, ["Zoë Klein"])
        assert cases(hq, STORE, QUARANTINED) == [], "and nobody has to look at them"
        sell(at, 1)
        until(lambda: hq.sold(STORE, MILK.sku) == 3, why="it goes on")
    assert baskets(hq) == 3
