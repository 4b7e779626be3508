"""Head office put back from an old copy: tills and agents send again what it lacks, and nothing is counted twice.

Issue "sync that cannot lose", backup and restore: 0 missing and 0 doubled.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.agent.support import agent, until
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled, run_program
from tests.support.shop import at_till


@pytest.fixture
def own_hq(tmp_path: Path) -> Iterator[Hq]:
    running = Hq(tmp_path / "hq")
    try:
        yield running
    finally:
        running.close()


def admin(hq: Hq, command: str, *arguments: str) -> str:
    done = run_program("hq_server.app", command, "--home", str(hq.home.folder), *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def baskets(hq: Hq, store: str) -> int:
    return sum(one["baskets"] for one in hq.ask("GET", "/api/today")["stores"] if one["store"] == store)


def test_a_head_office_of_yesterday_is_filled_again_by_the_stores(own_hq: Hq, tmp_path: Path) -> None:
    """Also by tills that are closed by then: the machine with the store role has their journals."""
    hq, store, copy = own_hq, own_hq.store("S0901"), tmp_path / "yesterday.db"
    first = enrolled(hq, tmp_path / "T1", store, "T1", store_role=True)
    second = enrolled(hq, tmp_path / "T2", store, "T2")
    with ExitStack() as running:
        running.enter_context(agent(first.home))
        reading = running.enter_context(agent(second.home))
        for shop in (first, second):
            stocked(shop)
        until(lambda: reading.health()["lan"]["state"] == "up", why="T2 finds the store role")
        with at_till(first) as one, at_till(second) as two:
            sell(one.sign_in(), 2)
            sell(two.sign_in(), 1)
            until(lambda: hq.sold(store, MILK.sku) == 3)
            said = admin(hq, "backup", "--to", str(copy))  # while it runs
            assert str(copy) in said
            sell(one, 4)
            sell(two, 3)
            until(lambda: hq.sold(store, MILK.sku) == 10)
            until(lambda: hq_has_all(second.home, second.config.till_node), why="T2 knows that HQ has it")
        hq.stop()
        admin(hq, "restore", str(copy))
        hq.start()
        assert hq.sold(store, MILK.sku) == 3, "the copy is older than seven of the sales"
        until(lambda: hq.sold(store, MILK.sku) == 10, 60, "nobody sells, and all of it comes")
        assert baskets(hq, store) == 10
        with at_till(first) as one:
            sell(one.sign_in(), 1)
            until(lambda: hq.sold(store, MILK.sku) == 11, why="and it goes on")
    assert baskets(hq, store) == 11


def test_what_is_no_copy_of_this_head_office_is_not_put_back(own_hq: Hq, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.db", tmp_path / "other.db"
    admin(own_hq, "backup", "--to", str(copy))
    again = run_program("hq_server.app", "backup", "--home", str(own_hq.home.folder), "--to", str(copy))
    assert (again.returncode, "There is already a file" in again.stderr) == (2, True)
    refused = run_program("hq_server.app", "restore", "--home", str(own_hq.home.folder), str(copy))
    assert (refused.returncode, "running" in refused.stderr) == (2, True)
    shutil.copy(copy, other)
    with other.open("r+b") as damaged:
        damaged.seek(20_000)
        damaged.write(b"\x00" * 64)
    own_hq.stop()
    for bad in (other, tmp_path / "none.db"):
        before = own_hq.home.database.read_bytes()
        refused = run_program("hq_server.app", "restore", "--home", str(own_hq.home.folder), str(bad))
        assert refused.returncode == 2
        assert bad.name in refused.stderr
        assert own_hq.home.database.read_bytes() == before
    own_hq.start()
