"""Certificates: renewed long before they end, warned about, forgiven for sixty days, and never a reason not to sell."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hq_server.service import authority
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.trust.keys import SigningKey
from sync_agent.certificate import ENDED, ENDS_SOON, RENEW_FROM_DAY, WARN_DAYS_BEFORE, Certificate
from sync_agent.config import AgentHome
from sync_agent.enrol import signing_request
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault, Peer
from sync_agent.hq_client.tls import GRACE_DAYS, name_of_neighbour, pinned_context
from tests.agent.support import LOOPBACK, Lan, acked, agent, journal_types, until
from tests.agent.town import Hq, enrolled
from tests.support.shop import ITEMS, ManualClock, Shop, at_till

DAY_MS = 86_400_000


def at_day(day: int) -> ManualClock:
    clock = ManualClock()
    clock.wall_ms = SystemClock().now_ms() + day * DAY_MS
    return clock


def certificate_in(shop: Shop) -> x509.Certificate:
    return x509.load_pem_x509_certificate(AgentHome(shop.home.folder).certificate.read_bytes())


def make_old(lan: Lan, shop: Shop, days: int) -> None:
    """As if the machine had been enrolled so many days ago and had met nobody since."""
    home = AgentHome(shop.home.folder)
    made_ms = SystemClock().now_ms() - days * DAY_MS
    request = signing_request(_tls_key(home), [LOOPBACK])
    names = [shop.config.agent_node, "localhost", LOOPBACK]
    home.certificate.write_text(authority.agent_certificate(lan.ca_pem, lan.ca_key, request, names, made_ms))


def _tls_key(home: AgentHome) -> SigningKey:
    from sync_agent.certificate import _key

    return SigningKey(_key(home))


# ── renewed and warned ───────────────────────────────────────────────────────────────────────────


def test_the_days_of_a_certificate() -> None:
    assert (authority.LEAF_DAYS, RENEW_FROM_DAY, WARN_DAYS_BEFORE, GRACE_DAYS) == (180, 60, 30, 60)


@pytest.mark.parametrize(
    ("day", "due", "warning"),
    [(59, False, ""), (61, True, ""), (149, True, ""), (151, True, ENDS_SOON), (181, True, ENDED), (400, True, ENDED)],
)
def test_from_day_60_it_is_renewed_and_30_days_before_its_end_people_are_warned(
    tmp_path: Path, day: int, due: bool, warning: str
) -> None:
    shop = Lan(tmp_path).machine("T1")
    home = AgentHome(shop.home.folder)
    clock = at_day(day)
    peer = Peer("hq", shop.config.hq_url, "omnitill-hq")
    client = SyncClient(peer, "n", SigningKey.new(), pinned_context(home.ca_pem.read_text()), clock, SystemIds())
    found = Certificate(home, client, clock)
    assert (found.is_due, found.warning) == (due, warning)
    asyncio.run(client.close())


def test_an_agent_gets_a_new_certificate_by_itself_and_serves_it_at_once(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1")
    home = AgentHome(shop.home.folder)
    ca_key = hq.home.keys.signing_key("ca")
    request = signing_request(_tls_key(home), [LOOPBACK])
    old_ms = SystemClock().now_ms() - 61 * DAY_MS
    home.certificate.write_text(
        authority.agent_certificate(hq.ca_pem, ca_key, request, [shop.config.agent_node, "localhost"], old_ms)
    )
    old = certificate_in(shop).serial_number
    with agent(shop.home):
        until(lambda: certificate_in(shop).serial_number != old, why="renewed")
        until(lambda: shown_by(shop, hq.ca_pem) == certificate_in(shop).serial_number, why="served without a restart")
    certificate_in(shop).verify_directly_issued_by(x509.load_pem_x509_certificate(hq.ca_pem.encode()))


def shown_by(shop: Shop, ca_pem: str) -> int:
    context = pinned_context(ca_pem)
    with (
        socket.create_connection((LOOPBACK, shop.config.lan_port)) as plain,
        context.wrap_socket(plain, server_hostname=shop.config.agent_node) as line,
    ):
        der = line.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).serial_number


# ── forgiven ─────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def tls_server(certificate_pem: str, key: SigningKey, folder: Path) -> Iterator[int]:
    pem = folder / "both.pem"
    secret = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(certificate_pem.encode() + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listening = socket.create_server((LOOPBACK, 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
                with context.wrap_socket(plain, server_side=True) as line:
                    line.recv(1)
            except ssl.SSLError:
                continue
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


@pytest.mark.parametrize(("day", "trusted"), [(-30, True), (170, True), (238, True), (242, False), (580, False)])
def test_sixty_days_past_its_end_a_certificate_of_our_ca_is_trusted(tmp_path: Path, day: int, trusted: bool) -> None:
    lan, key, clock = Lan(tmp_path), SigningKey.new(), at_day(day)
    request = signing_request(key, [LOOPBACK])
    pem = authority.agent_certificate(lan.ca_pem, lan.ca_key, request, ["agent-T1"], SystemClock().now_ms())
    with tls_server(pem, key, tmp_path) as port:
        url = f"https://{LOOPBACK}:{port}"
        found = asyncio.run(name_of_neighbour(url, lan.ca_pem, {"agent-T1"}, clock))
        assert found == ("agent-T1" if trusted else None)
        if not trusted:
            assert asyncio.run(asked(url, lan, clock)) == "hop.certificate_expired"


async def asked(url: str, lan: Lan, clock: ManualClock) -> str:
    peer = Peer("hq", url, "omnitill-hq", "agent-T1")
    client = SyncClient(peer, "n", SigningKey.new(), pinned_context(lan.ca_pem, clock), clock, SystemIds())
    try:
        await client.hello()
    except HopFault as down:
        return down.code
    finally:
        await client.close()
    return ""


# ── and never a reason not to sell ───────────────────────────────────────────────────────────────


def test_400_days_later_the_shop_sells_and_says_why_nothing_is_sent(tmp_path: Path) -> None:
    """R13, with real agents whose certificates are as old as if nobody had been there for 580 days."""
    lan = Lan(tmp_path)
    first, second = lan.machine("T1", store_role=True), lan.machine("T2")
    lan.introduce()
    make_old(lan, first, 580)
    with agent(first.home), agent(second.home) as beside, at_till(second) as at:
        at.sign_in()
        for _ in range(3):
            at.scan(ITEMS[0].code).pay_cash(500)
        until(lambda: beside.health().get("faults") == [], why="its own certificate is in order")
        until(lambda: "certificate.ended" in first_health(first), why="the other one says so")
        assert beside.health()["neighbours"] == []
        assert acked(second.home, "store", "node-T2") == 0
        assert journal_types(second.home).count("sale.completed") == 3
    make_old(lan, first, 200)  # within the sixty days
    with agent(first.home), agent(second.home):
        until(lambda: acked(second.home, "store", "node-T2") == len(journal_types(second.home)), why="goes on")


def first_health(shop: Shop) -> list[str]:
    import json
    import urllib.request

    url = f"http://{LOOPBACK}:{shop.home.config().health_port}/health"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)["faults"]
