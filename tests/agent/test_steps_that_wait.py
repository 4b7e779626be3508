"""The store role reads the journals of two tills in any order, and the order they worked on comes out the same."""

import asyncio
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from hq_server.storage.access import Node
from retail_core.domain.events import FulfilmentEvent, FulfilmentFact
from retail_core.domain.fulfilment import MovedLine, OrderDoc, OrderLine, Owner, State
from retail_core.domain.ids import Gtin, OrderId, Sku, StoreId
from retail_core.domain.shared import SharedKind
from retail_core.trust.keys import SigningKey
from sync_agent.config import AgentHome
from sync_agent.storage import shared, waiting_steps
from sync_agent.storage.files import Files
from sync_agent.storage.streams import receive
from tests.hq.support import NOON_MS, Machine
from tests.support.shop import make_shop, row

O1 = OrderId("O-77")
ORDER = OrderDoc(
    O1, "W-1", StoreId("S0319"), "web", State.ACCEPTED, 3, Owner.STORE, "EUR",
    (OrderLine(1, Sku("1001"), "Milk", Gtin("1"), 2000),),
)  # fmt: skip
PICKS = (
    FulfilmentEvent(FulfilmentFact.PICK_STARTED, O1, 4),
    FulfilmentEvent(FulfilmentFact.PICKED, O1, 5, (MovedLine(1, Sku("1001"), 2000),)),
)
STAGES = FulfilmentEvent(FulfilmentFact.STAGED, O1, 6, shelf="A1")
READY = FulfilmentEvent(FulfilmentFact.READY, O1, 7)


def machine(register: str, *steps: FulfilmentEvent) -> Machine:
    key = SigningKey.new()
    return Machine(Node(f"node-{register}", "S0319", register, "till", key.public_text, False, NOON_MS), key).says(
        *steps
    )


@pytest.mark.parametrize("arrives", list(permutations(["picked", "staged", "order"])))
def test_what_was_picked_stays_picked_whichever_journal_the_store_role_reads_first(
    tmp_path: Path, arrives: tuple[str, ...]
) -> None:
    shop = make_shop(tmp_path / "t1")
    picking, staging = machine("T2", *PICKS, READY), machine("T3", STAGES)

    def comes(files: Files, what: str) -> None:
        if what == "order":
            shop.put_rows(row("order", O1, ORDER))
        else:
            header, _ = (picking if what == "picked" else staging).batch()
            receive(files, header, (picking if what == "picked" else staging).entries, NOON_MS)
        shared.fold(files, NOON_MS)

    def work(files: Files) -> tuple[OrderDoc, list[str]]:
        shared.begin(files, NOON_MS)
        for what in arrives:
            comes(files, what)
        told = shared.page(files, "", 0)
        assert told is not None
        (doc,) = [msgspec.json.decode(one.doc, type=OrderDoc) for one in told.rows if one.kind == SharedKind.ORDER]
        return doc, list(waiting_steps.orders(files))

    async def run() -> tuple[OrderDoc, list[str]]:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            return await files.run(work)
        finally:
            await files.close()

    order, waiting = asyncio.run(run())
    assert (order.state, order.order_v, order.shelf, order.lines[0].picked_milli) == (State.READY, 7, "A1", 2000)
    assert waiting == []


def test_what_waits_in_vain_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_steps, "MAX_STEPS", 3)
    shop = make_shop(tmp_path / "t1")
    lost = machine("T2", *(FulfilmentEvent(FulfilmentFact.PICK_STARTED, OrderId(f"O-{n}"), 4) for n in range(9)))

    def work(files: Files) -> list[int]:
        shared.begin(files, NOON_MS)
        receive(files, lost.batch()[0], lost.entries, NOON_MS)
        shared.fold(files, NOON_MS)
        left = [len(waiting_steps.orders(files))]
        shared.fold(files, NOON_MS + waiting_steps.KEEP_MS + 1)
        return [*left, len(waiting_steps.orders(files))]

    async def run() -> list[int]:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        try:
            return await files.run(work)
        finally:
            await files.close()

    assert asyncio.run(run()) == [3, 0]
