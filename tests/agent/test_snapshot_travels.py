"""A whole catalogue on its way from head office: cut it goes on, the store loads it once, and nothing bad comes into use."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hq_server.storage.tables import item
from retail_core.durable import link, reference
from retail_core.durable.engine import open_ro
from retail_core.durable.files import room_left
from tests.agent.support import AgentProcess, agent, until
from tests.agent.test_new_catalogue import behind, reference_in_use, two_months_pass
from tests.agent.test_restore_drill import own_hq
from tests.agent.test_with_hq import MILK, WATER, stocked
from tests.agent.town import Hq, enrolled, line_to, run_program
from tests.chaos.disks import small_disk, why_not
from tests.support.shop import ITEMS, ZONE, Shop, at_till

__all__ = ["own_hq"]
pytestmark = pytest.mark.xdist_group("snapshot-travels")  # one head office for all of them

MANY = 5_000
BESIDE = 200_000
"""Bytes of certificates, tokens and pages; the file is several times as large."""


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """A head office with a catalogue that takes a while to send."""
    running = Hq(tmp_path_factory.mktemp("big") / "hq")
    names = random.Random(5)
    items = [
        {"sku": f"M{n}", "name": f"{names.getrandbits(160):x}", "tax_class": "food", "gtins": []} for n in range(MANY)
    ]
    prices = [{"zone": ZONE, "sku": f"M{n}", "price_minor": n + 1, "currency": "EUR"} for n in range(MANY)]
    try:
        for at in range(0, MANY, 1_000):
            running.ask("PUT", "/api/products", items[at : at + 1_000])
            running.ask("PUT", "/api/prices", prices[at : at + 1_000])
        running.store("S0950")  # so that there is a zone to build for
        yield running
    finally:
        running.close()


def newest(hq: Hq) -> Path:
    """The file of a catalogue made just now."""
    made = hq.ask("POST", f"/api/catalogues/{ZONE}/accept")
    return hq.home.snapshots / f"{made['id']}.db.zst"


def items_in(shop: Shop) -> int:
    name = reference_in_use(shop)
    conn = open_ro(shop.home.reference(name), shop.home.keys.file_key(name))
    try:
        return reference.extent_of(conn).items
    finally:
        conn.close()


def catalogue_error(running: AgentProcess) -> str:
    return running.health()["feeds"]["catalogue"]["error"]


def told(shop: Shop) -> str:
    """What the till is told of its catalogue."""
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    try:
        return link.read_status(conn).catalogue
    finally:
        conn.close()


def test_a_download_that_is_cut_goes_on_where_it_was(big: Hq, folder: Path) -> None:
    size = newest(big).stat().st_size
    with line_to(big) as line:
        shop = enrolled(big, folder / "T1", big.store("S0951"), "T1", url=line.url, store_role=True)
        line.cut_after = line.brought + size // 2
        before = line.brought
        with agent(shop.home):
            until(lambda: line.brought >= line.cut_after, why="half of it is here")
            until(lambda: list(shop.home.folder.glob("downloads/*.part")), why="and kept")
            line.cut_after = 1 << 60
            line.restore()
            stocked(shop)
            assert line.brought - before < size + BESIDE, "it began again"
    assert items_in(shop) == MANY + len(ITEMS)


def test_three_machines_cost_one_download(big: Hq, folder: Path) -> None:
    size, store = newest(big).stat().st_size, big.store("S0952")
    with ExitStack() as stack:
        lines = [stack.enter_context(line_to(big)) for _ in range(3)]
        shops = [
            enrolled(big, folder / f"T{n}", store, f"T{n}", url=line.url, store_role=n == 0)
            for n, line in enumerate(lines)
        ]
        for shop in shops:
            stack.enter_context(agent(shop.home))
        for shop in shops:
            stocked(shop)
        assert sum(line.brought for line in lines) < size + 3 * BESIDE
        assert len({reference_in_use(shop) for shop in shops}) == 1
    assert [items_in(shop) for shop in shops] == [MANY + len(ITEMS)] * 3


def test_a_file_that_was_changed_on_the_way_is_not_used(big: Hq, folder: Path) -> None:
    shop = enrolled(big, folder / "T1", big.store("S0953"), "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
    first = reference_in_use(shop)
    two_months_pass(big, "catalogue", f"price:{ZONE}")
    file = newest(big)
    good = file.read_bytes()
    file.write_bytes(good[:5_000] + b"\x00\x01\x02\x03" + good[5_004:])
    with at_till(shop) as at, agent(shop.home) as running:
        until(lambda: catalogue_error(running) == "snapshot.damaged", why="refused")
        until(lambda: told(shop) == "snapshot.damaged", why="the till says so")
        assert reference_in_use(shop) == first
        at.sign_in().scan(MILK.code).pay_cash(500)
        file.write_bytes(good)
        until(lambda: reference_in_use(shop) != first, 60, "the next try brings it")
        until(lambda: not told(shop), why="and that is over")
    assert not [path for path in shop.home.folder.rglob("*") if path.suffix in {".part", ".new"}]


def test_a_file_cut_short_at_head_office_is_made_anew(big: Hq, folder: Path) -> None:
    file = newest(big)
    with file.open("r+b") as short:
        short.truncate(1_000)
    shop = enrolled(big, folder / "T1", big.store("S0954"), "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
    assert items_in(shop) == MANY + len(ITEMS)


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_full_disk_keeps_room_for_the_till_and_is_said_plainly(big: Hq, folder: Path) -> None:
    size = newest(big).stat().st_size
    with small_disk(folder / "disk", 24) as disk:
        shop = enrolled(big, disk.folder / "T1", big.store("S0955"), "T1", store_role=True)
        left, whole = room_left(disk.folder)
        ballast = disk.folder / "ballast"
        ballast.write_bytes(bytes(left - whole // 8 - size - size // 2))  # for the file, but not unpacked as well
        with agent(shop.home) as running:
            until(lambda: catalogue_error(running) == "disk.full", why="refused in time")
            assert room_left(disk.folder)[0] >= whole // 8
            until(lambda: told(shop) == "disk.full", why="the till says so")
            ballast.unlink()
            until(lambda: reference_in_use(shop), 60, "there is room again")
            stocked(shop)
            assert items_in(shop) == MANY + len(ITEMS)


def test_a_catalogue_that_shrank_overnight_is_not_believed(own_hq: Hq, folder: Path) -> None:
    """Until somebody says that it may: the last good one stays, and head office and the till say so."""
    shop = enrolled(own_hq, folder / "T1", own_hq.store("S0956"), "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
    first = reference_in_use(shop)
    with behind(own_hq) as database:
        database.write(lambda unit: unit.conn.execute(item.delete().where(item.c.sku.not_in([MILK.sku, WATER.sku]))))
    two_months_pass(own_hq, "catalogue", f"price:{ZONE}")
    with agent(shop.home) as running:
        until(lambda: catalogue_error(running) == "snapshot.shrunk", why="refused")
        until(lambda: told(shop) == "snapshot.shrunk", why="the till says so")
        cases = until(lambda: own_hq.ask("GET", "/api/exceptions")["cases"], 40, "and head office")
        assert [(one["kind"], one["store"]) for one in cases] == [("catalogue_shrunk", "S0956")]
        assert (reference_in_use(shop), items_in(shop)) == (first, len(ITEMS))
        done = run_program(
            "hq_server.app", "admin", "--home", str(own_hq.home.folder), "--url", own_hq.url, "accept-catalogue", ZONE
        )
        assert done.returncode == 0, done.stderr
        until(lambda: reference_in_use(shop) != first, 60, "now it is taken")
    assert items_in(shop) == 2
