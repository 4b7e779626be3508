"""An old till with a new head office and the reverse: each is sent what it can read, and what it missed comes once it can."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from hq_server.service.feed import lowered
from retail_core.domain.roles import Role
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import PublicKey
from retail_core.wire.messages import FeedRow
from sync_agent.config import AGENT_KEY, AgentHome
from sync_agent.feed_cache import checked_rows
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import Peer
from sync_agent.hq_client.tls import name_of_neighbour, pinned_context
from sync_agent.lan_desk import audience_of
from sync_agent.storage import downlink
from sync_agent.storage.files import Files
from sync_agent.storage.pages import PulledPage
from tests.agent.support import agent, until, url_of
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import STORE, Shop, make_shop, row
from tests.support.shop import staff as staff_doc

T = TypeVar("T")


def of_link(shop: Shop, asked: str) -> list[tuple[object, ...]]:
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    try:
        return conn.execute(asked).fetchall()
    finally:
        conn.close()


def test_a_document_is_lowered_step_by_step_to_what_its_reader_knows() -> None:
    def without(field: str) -> Callable[[FeedRow], FeedRow]:
        def lower(newer: FeedRow) -> FeedRow:
            doc = {name: value for name, value in msgspec.json.decode(newer.doc).items() if name != field}
            return msgspec.structs.replace(newer, v=newer.v - 1, doc=msgspec.Raw(msgspec.json.encode(doc)))

        return lower

    steps = {("item", 3): without("smell"), ("item", 2): without("colour")}
    newest = FeedRow(7, "item", "A", v=3, doc=msgspec.Raw(b'{"name":"Soap","colour":"red","smell":"rose"}'))
    for known, fields in ((3, {"name", "colour", "smell"}), (2, {"name", "colour"}), (1, {"name"})):
        found = lowered(newest, {"item": known}, steps)
        assert found is not None
        assert (found.v, msgspec.json.decode(found.doc).keys()) == (known, fields)
    assert lowered(newest, {"item": 1}, {}) is None  # nobody can say it in the old words
    assert lowered(newest, {"tax": 1}, steps) is None
    assert lowered(newest, {"item": 9}, steps) == newest  # an old head office with a new till


def test_what_an_older_program_skipped_comes_once_it_is_brought_up_to_date(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    with agent(shop.home):
        stocked(shop)
    conn = open_rw(shop.home.link_db, shop.home.keys.file_key("link.db"))
    with transaction(conn):  # as an agent leaves it that knew no settings yet
        conn.execute("DELETE FROM document WHERE kind = 'settings'")
        conn.execute("UPDATE document SET doc = ? WHERE kind = ?", (b"order:1,staff:1,node:1", downlink.ACCEPTED))
    conn.close()
    with agent(shop.home):
        until(lambda: of_link(shop, "SELECT 1 FROM document WHERE kind = 'settings'"), why="the settings come")
        until(lambda: not of_link(shop, "SELECT 1 FROM document WHERE kind IN ('filling', 'seen')"), why="it is whole")
        assert of_link(shop, "SELECT count(*) FROM staff") == [(1,)]


def test_an_older_till_behind_a_newer_store_machine_gets_what_it_can_read(hq: Hq, store: str, folder: Path) -> None:
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    older = enrolled(hq, folder / "T2", store, "T2")
    with agent(first.home):
        stocked(first)

        async def kinds(accepts: str) -> set[str]:
            ca_pem = (older.home.folder / "ca.pem").read_text()
            context = pinned_context(ca_pem)
            node = first.config.agent_node
            peer = Peer(
                f"store:{node}",
                url_of(first),
                audience_of(node),
                await name_of_neighbour(url_of(first), ca_pem, {node}) or "",
            )
            key = older.home.keys.signing_key(AGENT_KEY)
            async with SyncClient(peer, older.config.agent_node, key, context, SystemClock(), SystemIds()) as client:
                page = await client.pull("catalogue", 0, 5_000, 0, accepts=accepts)
            assert isinstance(page, PulledPage)
            return {one.kind for one in checked_rows(page, PublicKey(older.config.feed_public_key))}

        for accepts, wanted in (("tax:1", {"tax"}), ("", {"tax", "item"}), ("tax:1", {"tax"})):
            assert asyncio.run(kinds(accepts)) == wanted


def test_a_store_that_is_told_everything_anew_goes_on_with_what_it_has(tmp_path: Path) -> None:
    """Also when the line breaks in the middle, or the machine is restarted there."""
    shop, scope = make_shop(tmp_path), f"store:{STORE}"

    def do(work: Callable[[Files], T]) -> T:
        async def opened() -> T:
            files = await Files.open(AgentHome(shop.home.folder), shop.config)
            try:
                return await files.run(work)
            finally:
                await files.close()

        return asyncio.run(opened())

    def staff() -> list[str]:
        return [str(one[0]) for one in of_link(shop, "SELECT operator_id FROM staff ORDER BY 1")]

    do(lambda files: downlink.begin_store_again(files, scope))
    assert staff() == ["op-1", "op-2"]
    ((settings,),) = of_link(shop, "SELECT doc FROM document WHERE kind = 'settings'")
    assert isinstance(settings, bytes)
    again = [FeedRow(1, "settings", "store", doc=msgspec.Raw(settings)), row("order", "O-1", shop.order, rev=2)]
    do(lambda files: downlink.apply_store(files, scope, again, 0, 2, "g2", at_head=False))
    assert do(lambda files: downlink.is_filling(files, scope))
    assert staff() == ["op-1", "op-2"]
    person = staff_doc("op-9", "Eve", Role.CASHIER, "777777")
    do(
        lambda files: downlink.apply_store(
            files, scope, [row("staff", "op-9", person, rev=3)], 2, 3, "g2", at_head=True
        )
    )
    assert staff() == ["op-9"]
    assert of_link(shop, "SELECT order_id FROM orders") == [("O-1",)]
    assert not of_link(shop, "SELECT 1 FROM document WHERE kind = 'quick_key'")
    assert len(of_link(shop, "SELECT 1 FROM document WHERE kind = 'settings'")) == 1
    assert not do(lambda files: downlink.is_filling(files, scope))
