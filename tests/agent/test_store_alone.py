"""A store without head office trusts its machines 35 days, and no longer; every till goes on selling."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from retail_core.durable import link
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.link import LinkStatusDoc
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.sync.alone import DAY_MS, TRUST_ALONE_MS
from retail_core.trust.keys import SigningKey
from retail_core.trust.tokens import assertion
from retail_core.trust.word import HqWord, speak
from sync_agent.config import AgentHome
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import Peer
from sync_agent.hq_client.tls import pinned_context
from sync_agent.hq_link.trust_line import TrustLine
from sync_agent.lan_desk import audience_of
from sync_agent.storage.files import Files
from sync_agent.storage.store_tables import prepare_store
from tests.agent.support import Lan, agent, journal_types, kept_types, until, url_of
from tests.agent.test_store_lan import sell
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import Shop, at_till

AT_AGENTS_S = 60
REFUSED = "trust.alone_too_long"
Ask = Callable[[Shop, Shop], httpx.Response]


def last_word(shop: Shop, ago_ms: int, said_ms: int = 0) -> None:
    """The machine ran until just now, and has not heard head office for so long."""
    key = shop.home.keys.file_key("store.db", create=not shop.home.store_db.exists())
    conn = open_rw(shop.home.store_db, key)
    prepare_store(conn, shop.home.store_db)
    with transaction(conn):
        kept = (said_ms, ago_ms, SystemClock().now_ms())
        conn.execute("INSERT OR REPLACE INTO alone (one, said_ms, silent_ms, wall_ms) VALUES (1, ?, ?, ?)", kept)
    conn.close()


def status(shop: Shop) -> LinkStatusDoc:
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    try:
        return link.read_status(conn)
    finally:
        conn.close()


@contextmanager
def asking(ca_pem: str) -> Iterator[Ask]:
    """How a machine asks another for a token."""
    with httpx.Client(verify=pinned_context(ca_pem), trust_env=False, timeout=30) as http:

        def ask(asker: Shop, asked: Shop) -> httpx.Response:
            key, node = asker.home.keys.signing_key("agent"), asker.config.agent_node
            audience, now_s = audience_of(asked.config.agent_node), SystemClock().now_ms() // 1000
            proof = assertion(node, key, audience, now_s, f"{time.monotonic_ns()}")
            return http.post(f"{url_of(asked)}/v1/token", json={"assertion": proof})

        yield ask


def test_after_35_days_without_head_office_nobody_is_let_in_and_everybody_sells_on(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    for shop in (first, second):
        last_word(shop, TRUST_ALONE_MS - 8_000)
    with agent(first.home) as one, agent(second.home), at_till(second) as two, asking(lan.ca_pem) as ask:
        assert ask(second, first).status_code == 200, "on the last day they help one another"
        until(lambda: kept_types(first.home, "node-T2") == journal_types(second.home), why="copied in time")
        until(lambda: ask(second, first).status_code == 403, why="the 35 days are over")
        answer = ask(second, first).json()
        assert answer["code"] == REFUSED
        assert "head office" in answer["message"]
        until(lambda: status(second).alone_days == 35, why="the till knows")
        copied = kept_types(first.home, "node-T2")
        sell(two.sign_in())
        until(lambda: REFUSED in one.health()["reasons"], why="the health page says it")
        assert kept_types(first.home, "node-T2") == copied, "no byte of the sale went to the neighbour"
        assert "sale.completed" in journal_types(second.home)
    last_word(first, TRUST_ALONE_MS - 600_000)
    last_word(second, TRUST_ALONE_MS - 600_000)
    with agent(first.home), agent(second.home):
        until(lambda: kept_types(first.home, "node-T2") == journal_types(second.home), why="nothing is lost")


def test_a_word_of_head_office_ends_it_at_once_though_only_one_machine_hears_it(
    hq: Hq, store: str, folder: Path
) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        with agent(first.home), agent(second.home):
            until(
                lambda: second.home.link_db.exists() and status(second).hq_contact_ms, 30, "both have the store's list"
            )
        line.cut()
        for shop in (first, second):
            last_word(shop, 40 * DAY_MS, said_ms=SystemClock().now_ms() - 40 * DAY_MS)
        with agent(second.home) as two, asking(hq.ca_pem) as ask:
            assert ask(first, second).status_code == 403
            with agent(first.home):
                until(lambda: ask(second, first).status_code == 200, 20, "head office has spoken to the first")
                until(lambda: ask(first, second).status_code == 200, 20, "which carries its word to the second")
                until(lambda: two.health()["lan"]["state"] == "up", 20, "and they work together")
                assert two.health()["hq"]["state"] != "up"


def test_a_word_that_head_office_never_said_is_none(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    shop = lan.machine("T1")
    now_ms = SystemClock().now_ms()
    last_word(shop, TRUST_ALONE_MS, said_ms=now_ms - TRUST_ALONE_MS)
    word = HqWord(f"store:{shop.config.store}", 0, now_ms)
    elsewhere = HqWord("store:S9999", 0, now_ms)
    ahead = HqWord(f"store:{shop.config.store}", 7, now_ms)

    async def hears(*texts: str) -> bool:
        files = await Files.open(AgentHome(shop.home.folder), shop.config)
        hq = SyncClient(
            Peer("hq", lan.hq_url, "omnitill-hq"), shop.config.agent_node, SigningKey.new(),
            pinned_context(lan.ca_pem), SystemClock(), SystemIds(),
        )  # fmt: skip
        try:
            trust = TrustLine(files, SystemClock(), hq, lambda: 6, lambda: None)
            await trust.open()
            for text in texts:
                trust.carried(text)
            return not trust.ended
        finally:
            await hq.close()
            await files.close()

    forged, other = speak(SigningKey.new(), word), speak(lan.hq_key, elsewhere)
    assert not asyncio.run(hears("", "rubbish", forged, other))
    assert not asyncio.run(hears(speak(lan.hq_key, ahead))), "who has not its list yet has not heard it"
    assert asyncio.run(hears(forged, speak(lan.hq_key, word)))


def test_a_store_machine_that_is_shut_out_cannot_keep_it_from_the_others(hq: Hq, store: str, folder: Path) -> None:
    """It carries everybody's feed; whoever gets no word by way of it asks head office."""
    lost = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    kept = enrolled(hq, folder / "T2", store, "T2")
    with agent(lost.home), agent(kept.home) as running, asking(hq.ca_pem) as ask:
        until(lambda: running.health()["lan"]["state"] == "up", 60, "T2 goes by way of T1")
        until(lambda: ask(lost, kept).status_code == 200, 60, "and knows it")
        hq.ask("POST", f"/api/nodes/{lost.config.agent_node}/revoke")
        until(lambda: ask(lost, kept).status_code == 401, AT_AGENTS_S, "T2 lets it in no more")
