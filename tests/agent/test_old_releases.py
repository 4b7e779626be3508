"""Machines of today beside those of every version that went out, as each of them spoke: `tests/golden/releases`.

A till of today with a head office, and with a store role, of yesterday; a machine of yesterday with a store role of today.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from hq_server.service import authority
from retail_core.domain.claims import ClaimKind, Granted, NobodyAnswered
from retail_core.durable import link
from retail_core.durable.system import SystemClock
from retail_core.trust.keys import SigningKey
from retail_core.wire.messages import PushHeader, SharedPage
from sync_agent.config import AgentHome
from sync_agent.lan_desk import audience_of
from tests.agent.support import LOOPBACK, Lan, acked, agent, free_port, journal_types, kept_types, until, url_of
from tests.agent.test_claims_of_a_payment import lay
from tests.agent.test_store_tells import answered, aside, claims
from tests.agent.test_versions_of_the_feed import of_link
from tests.agent.test_with_hq import MILK, price_at, stocked
from tests.golden.old_peer import OldPeer, serving
from tests.golden.record import asking
from tests.golden.releases import Release, recorded
from tests.support.shop import ITEMS, Shop, at_till, row

RELEASES = [pytest.param(release, id=release.version) for release in recorded()]
NEW_PRICE_MINOR = 125
PASSWORD = "only in this test"


@contextmanager
def old_hq(release: Release, lan: Lan, shop: Shop, folder: Path) -> Iterator[OldPeer]:
    """In the place of the machine's head office."""
    key, port = SigningKey.new(), free_port()
    certificate, sealed = folder / "hq.crt", folder / "hq.key"
    certificate.write_text(
        authority.server_certificate(lan.ca_pem, lan.ca_key, key, [LOOPBACK], SystemClock().now_ms())
    )
    sealed.write_bytes(
        key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSWORD.encode()))
    )
    shop.config = msgspec.structs.replace(
        shop.config, hq_url=f"https://{LOOPBACK}:{port}", feed_public_key=release.told["feed_public_key"]
    )
    shop.home.write_config(shop.config)
    for name in ("link.db", "ref-1.db"):  # it was enrolled just now and has nothing yet
        (shop.home.folder / name).unlink()
    asks = shop.home.keys.signing_key("agent").public_text
    peer = OldPeer(release, port, asks)
    with serving(peer, certificate, sealed, PASSWORD) as faults:
        yield peer
    assert faults == []


@pytest.mark.parametrize("release", RELEASES)
def test_a_till_of_today_sells_with_a_head_office_of_yesterday(tmp_path: Path, release: Release) -> None:
    lan = Lan(tmp_path)
    shop = lan.machine("T1")
    with old_hq(release, lan, shop, tmp_path) as peer, agent(shop.home) as running:
        stocked(shop)
        until(lambda: price_at(shop, MILK.sku) == NEW_PRICE_MINOR, why="what changed since the snapshot")
        told = {kind for (kind,) in of_link(shop, "SELECT DISTINCT kind FROM document")}
        assert told >= {"settings", "quick_key", "recall", "promotion", "department", "instrument"}
        with at_till(shop) as at:
            at.sign_in().scan(MILK.code, ITEMS[1].code).pay_cash(2_000)
            node = shop.config.till_node
            until(lambda: acked(shop.home, "hq", node) == len(journal_types(shop.home)), why="all is acknowledged")
            until(lambda: at.till.link.read().queued == 0, why="the lamp says so")
            assert peer.types(node) == journal_types(shop.home)
        assert running.health()["feeds"][f"store:{shop.config.store}"]["error"] == ""


@pytest.mark.parametrize("release", RELEASES)
def test_a_till_of_today_goes_by_the_word_of_a_store_role_of_yesterday(tmp_path: Path, release: Release) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    home = AgentHome(first.home.folder)
    hello = {**release.neighbour["hello"], "node": first.config.agent_node, "store": first.config.store}
    asks = second.home.keys.signing_key("agent").public_text
    peer = OldPeer(release, first.config.lan_port, asks, hello)
    config = msgspec.structs.replace(
        second.home.config(), feed_public_key=release.told["feed_public_key"], zone=release.told["zone"]
    )
    second.home.write_config(config)
    pair = home.certificate, home.tls_key, home.tls_password
    with serving(peer, *pair) as faults, agent(second.home), at_till(second) as at:
        at.sign_in()
        until(lambda: claims(at, "warm") != NobodyAnswered(), why="it answers")
        assert all(isinstance(answered(at, "x", kind), Granted) for kind in claimed(release))
        until(lambda: aside(at), why="a basket of the other till is seen")
        at.scan(MILK.code)
        lay(at, "3034257BF7194E4000000001")  # of units with tags it knows nothing
        at.pay_cash(500)
        node = second.config.till_node
        until(lambda: acked(second.home, "store", node) == len(journal_types(second.home)), why="it has it all")
        until(lambda: price_at(second, MILK.sku) == NEW_PRICE_MINOR, why="its catalogue, and what changed since")
    assert faults == []


def claimed(release: Release) -> list[ClaimKind]:
    return [ClaimKind(one["asked"]["kind"]) for one in release.neighbour["claims"]]


@pytest.mark.parametrize("release", RELEASES)
def test_a_machine_of_yesterday_is_served_by_a_store_role_of_today(tmp_path: Path, release: Release) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    till = link.NodeDoc(release.pushed["node"], "T2", "till", release.pushed["public_key"])
    first.put_rows(row("node", till.node_id, till))
    with agent(first.home), ExitStack() as stack:
        asked = asking(url_of(first), second, lan.ca_pem, audience_of(first.config.agent_node))
        stack.callback(asked.http.close)
        assert release.neighbour["hello"].keys() <= asked.get("/health").json().keys()
        assert pushed(asked.http, release) == 200
        assert len(kept_types(first.home, till.node_id)) == len(release.pushed["lines"])
        asked.post("/v1/shared", json.dumps(release.neighbour["remembered"]).encode())
        for one in release.neighbour["claims"]:
            reply = asked.post("/v1/claim", json.dumps(one["asked"]).encode()).json()
            assert (reply["granted"], one["answered"].keys() <= reply.keys()) == (True, True)
        page = msgspec.json.decode(asked.get("/v1/shared", source="", cursor=0).content, type=SharedPage)
        told = {(each.kind, each.key) for each in page.rows}
        assert told >= {(each["kind"], each["key"]) for each in release.neighbour["shared"]["rows"]}
        # what a machine of tomorrow says more is no reason to turn it away
        wish = {**release.neighbour["claims"][0]["asked"], "key": "another", "mood": "good"}
        assert asked.post("/v1/claim", json.dumps(wish).encode()).json()["granted"]
        odd = {"source": "x", "rev": 1, "rows": [{"kind": "smell", "key": "k", "rev": 1, "doc": {"rose": 1}}]}
        asked.post("/v1/shared", json.dumps(odd).encode())


def pushed(http: httpx.Client, release: Release) -> int:
    """The status of its push, sent as it was."""
    fields = {**release.pushed["headers"], "Content-Type": "application/x-ndjson", "Content-Encoding": "zstd"}
    body = zstandard.ZstdCompressor().compress("".join(f"{line}\n" for line in release.pushed["lines"]).encode())
    answer = http.post("/v1/push", content=body, headers=fields)
    assert PushHeader.from_http({name.lower(): text for name, text in fields.items()}).node == release.pushed["node"]
    assert answer.json()["through_hash"] == release.pushed["last_hash"], answer.text
    return answer.status_code
