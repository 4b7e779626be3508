"""An old copy of a till's folder is put back: before its first sale the till knows, and no number is printed twice.

Real head office, agent and till. Issue "sync that cannot lose": epochs; the question at start waits half a second at most.
"""

import shutil
from pathlib import Path
from time import monotonic

import pytest

from retail_core.domain.receipts import FoundReceipt
from retail_core.durable import link
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.home import Home
from retail_core.durable.link import LinkStatusDoc
from retail_core.durable.system import SystemClock
from tests.agent.support import agent, until
from tests.agent.test_with_hq import MILK, hq_has_all, stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import AtTill, Shop, at_till, make_shop

FAR_TOO_LONG_S = 20.0
"""The bound is 500 ms; a busy machine may take its time with everything else a start does."""


def sell(at: AtTill, times: int = 1) -> list[str]:
    return [at.scan(MILK.code).pay_cash(500).receipt_no for _ in range(times)]


def epochs(home: Home) -> list[str]:
    """Why each epoch of the till began."""
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    try:
        rows = conn.execute("SELECT CAST(body AS TEXT) ->> '$.why' FROM event WHERE type = 'epoch.opened' ORDER BY n")
        return [why for (why,) in rows]
    finally:
        conn.close()


def sold_and_copied(hq: Hq, shop: Shop, store: str, copy: Path) -> list[str]:
    """Sales until a copy of the whole folder, and sales since, all at head office."""
    with agent(shop.home):
        stocked(shop)
        with at_till(shop) as at:
            before = sell(at.sign_in(), 2)
            until(lambda: hq_has_all(shop.home, shop.config.till_node), why="head office has them")
    shutil.copytree(shop.home.folder, copy)
    with agent(shop.home), at_till(shop) as at:
        since = sell(at.sign_in(), 3)
        until(lambda: hq.sold(store, MILK.sku) == 5)
    return [*before, *since]


def put_back(shop: Shop, copy: Path) -> None:
    shutil.rmtree(shop.home.folder)
    shutil.copytree(copy, shop.home.folder)


def test_an_old_copy_of_the_folder_is_seen_before_the_first_sale(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    printed = sold_and_copied(hq, shop, store, folder / "yesterday")
    put_back(shop, folder / "yesterday")
    with agent(shop.home) as running:
        until(lambda: running.health()["hq"]["state"] == "up", why="the agent reaches head office")
        with at_till(shop) as at:
            now = sell(at.sign_in(), 2)
            assert epochs(shop.home) == ["first start", "rolled back"]
            assert not set(now) & set(printed), "no number is printed twice"
            until(lambda: hq.sold(store, MILK.sku) == 7, why="nothing is lost and nothing doubled")
            until(lambda: at.till.link.read().queued == 0, why="all of it is acknowledged")
            (found,) = _asked_for(at, printed[-1])
            assert found is not None, "what the copy lacks is found when goods come back"
            assert found.receipt.number == printed[-1]
        with at_till(shop) as at:
            sell(at.sign_in())
        assert epochs(shop.home) == ["first start", "rolled back"], "once is enough"


def test_the_old_file_alone_is_seen_without_asking_anybody(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    printed = sold_and_copied(hq, shop, store, folder / "yesterday")
    shop.home.till_guard.unlink()  # somebody who knows about it
    shutil.copy(folder / "yesterday" / "till.db", shop.home.till_db)
    with at_till(shop) as at:  # no agent runs
        assert not set(sell(at.sign_in(), 2)) & set(printed)
    assert epochs(shop.home) == ["first start", "rolled back"]


def test_a_line_that_swallows_everything_holds_no_start_up(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        shop = enrolled(hq, folder / "T1", store, "T1", url=line.url, store_role=True)
        with agent(shop.home):
            stocked(shop)
            with at_till(shop) as at:
                sell(at.sign_in())
            line.cut()
            began = monotonic()
            with at_till(shop) as at:
                assert monotonic() - began < FAR_TOO_LONG_S
                sell(at.sign_in())
    assert epochs(shop.home) == ["first start"]


@pytest.mark.parametrize("alive", [True, False])
def test_an_agent_that_does_not_answer_is_not_waited_for(tmp_path: Path, alive: bool) -> None:
    """It said it was there a moment ago, and says nothing now; or it said nothing for long."""
    shop = make_shop(tmp_path / "t1")
    with at_till(shop) as at:
        sell(at.sign_in())
    at_ms = SystemClock().now_ms() - (0 if alive else 60_000)
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    with transaction(conn):
        link.put_status(conn, LinkStatusDoc(at_ms=at_ms))
    conn.close()
    began = monotonic()
    with at_till(shop) as at:
        assert (0.5 if alive else 0) <= monotonic() - began < FAR_TOO_LONG_S
        assert sell(at.sign_in())[0].endswith("-A-000002")


def _asked_for(at: AtTill, receipt: str) -> list[FoundReceipt | None]:
    found: list[FoundReceipt | None] = []
    at.till.elsewhere.ask(receipt, found.append)
    at.hand.until(lambda: found)
    return found
