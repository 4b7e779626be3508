"""What a store role read of newer tills and could make nothing of is told, and claimed, once it is brought up to date."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import pytest

from retail_core.domain.claims import CLAIM_MS
from retail_core.domain.ids import Sku
from retail_core.domain.tagged import unit_keys
from retail_core.durable.engine import transaction
from retail_core.wire import events
from retail_core.wire.claim_rounds import UnitsRequest, UnitTold
from retail_core.wire.messages import PushHeader
from sync_agent.config import AgentHome
from sync_agent.storage import shared, store_tables, units
from sync_agent.storage.files import Files
from sync_agent.storage.streams import receive
from tests.agent.test_store_drawers import NOW_MS, journal_of, opened
from tests.support.shop import ITEMS, Shop, at_till, make_shop

MILK = ITEMS[0]
NEWER = ("drawer.opened", "basket.suspended", "sale.completed")
_T = TypeVar("_T")


@pytest.fixture
def shops(tmp_path: Path) -> list[Shop]:
    """T2 has sold a carton with a number of its own, opened its drawer and put a basket aside."""
    made = [make_shop(tmp_path / register, register) for register in ("T1", "T2")]
    with at_till(made[1]) as at:
        opened(at.sign_in())
        at.scan(f"]d201{MILK.code.zfill(14)}21N-77").pay_cash(500)
        at.scan(MILK.code)
        at.done(at.till.parking.park)
    return made


def in_store(shop: Shop, work: Callable[[Files], _T]) -> _T:
    async def run() -> _T:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            return await files.run(work)
        finally:
            await files.close()

    return asyncio.run(run())


def begun(files: Files) -> tuple[list[str], tuple[UnitTold, ...]]:
    """What the store role tells after its start, and who it says has the carton."""
    shared.begin(files, NOW_MS)
    shared.fold(files, NOW_MS)
    page = shared.page(files, "", 0)
    with transaction(files.store, files.store_path):
        asked = UnitsRequest(unit_keys(Sku(MILK.sku), "N-77", None), CLAIM_MS)
        taken = units.claim(files.store, "agent-T1", asked, NOW_MS).taken
        units.claim(files.store, "agent-T1", UnitsRequest(asked.epcs, 0), NOW_MS)
    return sorted(row.kind for row in page.rows) if page else [], taken


def test_what_an_older_store_role_could_make_nothing_of_is_told_after_its_upgrade(
    shops: list[Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, entries = journal_of(shops[1])
    in_store(shops[0], lambda files: receive(files, PushHeader(stream.node, stream.epoch, 0), entries, NOW_MS))
    with monkeypatch.context() as older:
        known = {name: kind for name, kind in events._FIXED.items() if name not in NEWER}
        older.setattr(events, "_FIXED", MappingProxyType(known))
        for _ in range(2):  # its own restart changes nothing
            assert in_store(shops[0], begun) == ([], ())
    told, taken = in_store(shops[0], begun)
    assert (told, [one.holder for one in taken]) == (["basket", "drawer"], ["node-T2"])
    left = in_store(shops[0], lambda files: files.store.execute("SELECT count(*) FROM unread").fetchone())
    assert left == (0,)


def test_what_a_release_before_that_list_passed_over_is_read_once_more(
    shops: list[Shop], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, entries = journal_of(shops[1])
    with monkeypatch.context() as older:
        older.setattr(store_tables, "STORE_STEPS", store_tables.STORE_STEPS[:-1])
        older.setattr(units, "unit_keys", lambda sku, serial, epc: ())
        older.setattr(shared.unread, "take", lambda files, copy: ())

        def work(files: Files) -> tuple[UnitTold, ...]:
            receive(files, PushHeader(stream.node, stream.epoch, 0), entries, NOW_MS)
            return begun(files)[1]

        assert in_store(shops[0], work) == ()
    assert [one.holder for one in in_store(shops[0], begun)[1]] == ["node-T2"]
