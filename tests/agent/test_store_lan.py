"""A store whose line to HQ is down: its machines go on helping one another, and trust nobody else."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from uuid import uuid4

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from zeroconf import ServiceInfo, Zeroconf

from hq_server.service import authority
from retail_core.domain.fulfilment import OrderDoc, Owner, State
from retail_core.durable import link
from retail_core.durable.engine import open_ro, open_rw, transaction
from retail_core.durable.system import SystemClock
from retail_core.trust.keys import SigningKey
from retail_core.wire.messages import PageHead
from sync_agent.discovery import SERVICE
from sync_agent.enrol import signing_request
from sync_agent.storage.store_tables import prepare_store
from tests.agent.support import LOOPBACK, Lan, acked, agent, journal_types, kept_types, until
from tests.support.shop import ITEMS, STORE, AtTill, Shop, at_till, pickup_order, row

MILK, WATER = ITEMS[0], ITEMS[2]


def sell(at: AtTill) -> None:
    at.scan(MILK.code, WATER.code).pay_cash(500)


def order_in(shop: Shop, order_id: str) -> OrderDoc | None:
    conn = open_ro(shop.home.link_db, shop.home.keys.file_key("link.db"))
    try:
        return link.read_order(conn, order_id)
    finally:
        conn.close()


def stands(shop: Shop, order_id: str) -> tuple[State, int] | None:
    order = order_in(shop, order_id)
    return (order.state, order.order_v) if order else None


def test_two_machines_hold_every_sale_while_hq_is_away(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    with agent(first.home), agent(second.home), at_till(first) as one, at_till(second) as two:
        for at in (one, two):
            sell(at.sign_in())
        for shop, other in ((first, second), (second, first)):
            wanted = journal_types(shop.home)
            assert "sale.completed" in wanted
            until(lambda: kept_types(other.home, f"node-{shop.config.register}") == wanted, why="second copy")  # noqa: B023
        until(lambda: acked(second.home, "store", "node-T2") == len(journal_types(second.home)), why="ack in link.db")
        assert acked(second.home, "hq", "node-T2") == 0
        until(lambda: two.till.link.read().state == "hq_offline", why="the lamp says so")


def test_a_machine_that_stops_waits_for_no_idle_neighbour(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    with agent(second.home) as neighbour, at_till(second) as two:
        with agent(first.home):
            sell(two.sign_in())
            until(lambda: acked(second.home, "store", "node-T2") == len(journal_types(second.home)), why="they met")
            until(lambda: neighbour.health()["lan"]["state"] == "up", why="its line stays open")
        said = [msgspec.json.decode(line) for line in (first.home.logs / "agent.log").read_text().splitlines()]
        assert said[-1]["code"] == "agent.stopped"
        assert [line["message"] for line in said if line["level"] == "ERROR"] == []


def test_the_store_role_accepts_an_offer_in_time_and_the_till_sees_it(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    shop = lan.machine("T1", store_role=True)
    lan.introduce()
    now_ms = SystemClock().now_ms()
    bare = msgspec.structs.replace(shop.order, state=State.OFFERED, owner=Owner.HQ, order_v=2)
    offer = msgspec.structs.replace(bare, order_id="O-7", number="W-7", lease_until_ms=now_ms + 600_000)
    late = msgspec.structs.replace(bare, order_id="O-8", number="W-8", lease_until_ms=now_ms + 5_000)
    shop.put_rows(row("order", "O-7", offer), row("order", "O-8", late))
    for _ in range(2):  # a second start decides nothing anew
        with agent(shop.home):
            until(lambda: stands(shop, "O-7") == (State.ACCEPTED, 3), why="accepted in link.db")
    assert stands(shop, "O-8") == (State.OFFERED, 2)
    assert kept_types(shop.home, "agent-T1") == ["epoch.opened", "fulfilment.accepted"]


def put_page(shop: Shop, key: SigningKey, order_id: str) -> None:
    """A page of the store's feed in the cache of its store role, signed by `key`."""
    order = pickup_order(order_id, order_id, (("1004", 1000),))
    body = msgspec.json.encode(row("order", order_id, order, rev=5)) + b"\n"
    head = PageHead(f"store:{STORE}", 0, 5, 5, "g1")
    conn = open_rw(shop.home.store_db, shop.home.keys.file_key("store.db", create=not shop.home.store_db.exists()))
    prepare_store(conn, shop.home.store_db)
    with transaction(conn):
        conn.execute(
            "INSERT INTO page (scope, from_rev, to_rev, head, generation, packed, signature, at_ms)"
            " VALUES (?,?,?,?,?,?,?,0)",
            (
                head.scope, 0, 5, 5, "g1", zstandard.ZstdCompressor().compress(body),
                key.sign(head.signed_bytes(body)),
            ),
        )  # fmt: skip
    conn.close()


@pytest.mark.parametrize("genuine", [True, False])
def test_a_neighbour_passes_on_what_hq_signed_and_nothing_else(tmp_path: Path, genuine: bool) -> None:
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    put_page(first, lan.hq_key if genuine else SigningKey.new(), "O-99")
    with agent(first.home), agent(second.home) as reader:
        if genuine:
            until(lambda: order_in(second, "O-99"), why="the order arrives by way of the store role")
        else:
            until(lambda: reader.health()["feeds"][f"store:{STORE}"]["error"] == "feed.forged_page", why="refused")
            assert order_in(second, "O-99") is None


# ── somebody else answers first ──────────────────────────────────────────────────────────────────


class Spoofer:
    """Answers TLS on loopback and counts the bytes it is told after the handshake."""

    def __init__(self, certificate_pem: str, key: SigningKey, folder: Path) -> None:
        folder.mkdir()
        pem = folder / "both.pem"
        secret = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(certificate_pem.encode() + secret)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._listening = socket.create_server((LOOPBACK, 0))
        self.port = self._listening.getsockname()[1]
        self.callers = self.told = 0
        self._thread = Thread(target=self._serve, name="spoofer", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            self.callers += 1
            try:
                plain.settimeout(2)
                with self._context.wrap_socket(plain, server_side=True) as line:
                    self.told += len(line.recv(4096))
            except OSError:  # the caller hung up in the handshake
                plain.close()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


@contextmanager
def announced(spoofers: dict[str, Spoofer]) -> Iterator[None]:
    """They say by zeroconf that they have the store role."""
    zeroconf = Zeroconf(interfaces=[LOOPBACK])
    for spoofer in spoofers.values():
        name = uuid4().hex  # tests of other runs may be on this machine's network
        zeroconf.register_service(
            ServiceInfo(
                SERVICE, f"{name}.{SERVICE}", addresses=[socket.inet_aton(LOOPBACK)], port=spoofer.port,
                properties={"store": STORE, "role": "store", "term": "99.a"}, server=f"{name}.local.",
            ),
            cooperating_responders=True,  # no need to ask the network first whether the name is free
        )  # fmt: skip
    try:
        yield
    finally:
        zeroconf.close()


def certificates(lan: Lan, key: SigningKey, real: str) -> dict[str, str]:
    """One by the spoofer's own CA with the right name, one by the right CA for a machine of another store."""
    now_ms, own_ca_key = SystemClock().now_ms(), SigningKey.new()
    own_ca = authority.make_ca(own_ca_key, now_ms)
    request = signing_request(key, [])
    return {
        "own-ca": authority.agent_certificate(own_ca, own_ca_key, request, [f"agent-{real}", LOOPBACK], now_ms),
        "other-store": authority.agent_certificate(lan.ca_pem, lan.ca_key, request, ["agent-elsewhere"], now_ms),
    }


def test_whoever_answers_zeroconf_first_gets_no_byte(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    one, two = (f"T{uuid4().hex[:8]}" for _ in range(2))  # two runs may share this machine's network
    first, second = lan.machine(one, store_role=True), lan.machine(two)
    lan.introduce()
    for shop in (first, second):
        found_by = msgspec.structs.replace(shop.config, peers=(), discovery=True, discovery_interfaces=(LOOPBACK,))
        shop.home.write_config(found_by)
    key = SigningKey.new()
    spoofers = {name: Spoofer(pem, key, tmp_path / name) for name, pem in certificates(lan, key, one).items()}
    try:
        with announced(spoofers), agent(second.home), at_till(second) as at:
            sell(at.sign_in())
            until(lambda: all(one.callers >= 2 for one in spoofers.values()), 60, "the agent looks at who they are")
            assert acked(second.home, "store", f"node-{two}") == 0
            with agent(first.home):  # the real one is found beside them
                until(lambda: acked(second.home, "store", f"node-{two}") == len(journal_types(second.home)), 60)
        assert [one.told for one in spoofers.values()] == [0, 0]
    finally:
        for one in spoofers.values():
            one.close()
