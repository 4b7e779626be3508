"""Head office put back from a copy older than what its stores have sealed away: it is filled from the sealed files, over the wire.

From those of the machine with the store role while the till is off, then from those of the till while the store role is.
Promise R9: 0 missing, 0 doubled.
"""

import asyncio
import time
from pathlib import Path

from pos_app.storage.sealing import seal_a_slice as seal_at_till
from retail_core.durable.engine import open_ro
from retail_core.durable.retention import DAY_MS
from retail_core.durable.verify import verify_file
from sync_agent.config import AgentHome
from sync_agent.storage.files import Files
from tests.agent.support import agent, journal_types, until
from tests.agent.test_restore_drill import admin, own_hq
from tests.agent.test_sealed_copies import sealed
from tests.agent.test_with_hq import MILK, hq_has_all, stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import ManualClock, Shop, at_till
from tests.till.test_sealing import a_day, work

__all__ = ["own_hq"]

DAYS, AGO_DAYS = 9, 100
ALL_WITHIN_S = 60.0


def sales_left_in(shop: Shop, name: str) -> int:
    """Sales that still lie in a database itself."""
    conn = open_ro(shop.home.folder / name, shop.home.keys.file_key(name))
    try:
        return conn.execute("SELECT count(*) FROM event WHERE type = 'sale.completed'").fetchone()[0]
    finally:
        conn.close()


def seal_the_stores_copies(shop: Shop) -> None:
    """As its agent does, 35 days after it knew that head office has them."""

    async def story() -> None:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            now_ms = time.time_ns() // 1_000_000
            for day in (0, 36):
                await files.run(lambda files, day=day: sealed(files, now_ms + day * DAY_MS))
        finally:
            await files.close()

    asyncio.run(story())


def seal_at_the_till(shop: Shop, clock: ManualClock) -> None:
    with at_till(shop, clock) as at:
        for days in (0, 36):
            clock.pass_ms(days * DAY_MS)
            while work(at, lambda store: seal_at_till(store, 0)):
                pass


def put_back(hq: Hq, copy: Path) -> None:
    hq.stop()
    admin(hq, "restore", str(copy))
    hq.start()


def test_a_head_office_older_than_the_sealed_days_is_filled_from_them(own_hq: Hq, tmp_path: Path) -> None:
    hq, store, copy = own_hq, own_hq.store("S0902"), tmp_path / "old.db"
    first = enrolled(hq, tmp_path / "T1", store, "T1", store_role=True)
    second = enrolled(hq, tmp_path / "T2", store, "T2")
    admin(hq, "backup", "--to", str(copy))  # before the first sale
    clock = ManualClock(time.time_ns() // 1_000_000 - AGO_DAYS * DAY_MS)
    node = second.config.till_node
    with agent(first.home), agent(second.home) as reading:
        stocked(second)
        until(lambda: reading.health()["lan"]["state"] == "up", why="T2 finds the store role")
        with at_till(second, clock) as at:
            at.sign_in()
            for _ in range(DAYS):
                a_day(at, clock)
        until(lambda: hq.sold(store, MILK.sku) == DAYS, why="head office has it all")
        until(lambda: hq_has_all(second.home, node), why="and T2 knows")
    entries = len(journal_types(second.home))
    seal_the_stores_copies(first)
    seal_at_the_till(second, clock)
    for shop, name in ((first, "store.db"), (second, "till.db")):
        assert sales_left_in(shop, name) < DAYS, f"nothing of {name} was sealed"
    for here, name in ((first, "store.db"), (second, "till.db")):
        put_back(hq, copy)
        assert hq.sold(store, MILK.sku) == 0, "the copy is older than all of it"
        with agent(here.home):
            until(lambda: hq.sold(store, MILK.sku) == DAYS, ALL_WITHIN_S, f"all of it comes from {name}")
            until(lambda: entries_at(hq, node) >= entries, ALL_WITHIN_S, "and what is no sale")
        assert (hq.sold(store, MILK.sku), entries_at(hq, node)) == (DAYS, entries)
    report = verify_file(
        second.home.till_db, second.home.keys.file_key("till.db"),
        {node: second.home.keys.signing_key("till").public_text},
    )  # fmt: skip
    assert report.ok, report.detail


def entries_at(hq: Hq, node: str) -> int:
    """How many entries of a till head office has."""
    conn = open_ro(hq.home.database, hq.home.keys.file_key("hq.db"))
    try:
        return conn.execute("SELECT count(*) FROM event WHERE node = ?", (node,)).fetchone()[0]
    finally:
        conn.close()
