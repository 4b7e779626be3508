"""A store's machines as tests see them: real folders, real agents in their own processes, real TLS on loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from hq_server.service import authority
from retail_core.durable import link
from retail_core.durable.engine import open_ro
from retail_core.durable.home import Home
from retail_core.durable.system import SystemClock
from retail_core.trust.keys import SigningKey
from retail_core.wire.messages import FeedRow
from sync_agent.config import AgentHome
from sync_agent.enrol import signing_request
from tests.support.shop import STORE, Shop, make_shop, row

DEADLINE_S = 60.0  # none of it is waited for without need; a shared machine may give us no core for long
STOP_WITHIN_S = 30
POLL_S = 0.02
LOOPBACK = "127.0.0.1"
_T = TypeVar("_T")


def until(what: Callable[[], _T], deadline_s: float = DEADLINE_S, why: str = "") -> _T:
    """Ask until the answer is true; fails with the last answer."""
    end = time.monotonic() + deadline_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < end, f"did not happen in {deadline_s} s: {why or what} (last answer {found!r})"
        time.sleep(POLL_S)


def free_port(kind: int = socket.SOCK_STREAM, host: str = LOOPBACK) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind((host, 0))
        return sock.getsockname()[1]


@dataclass
class AgentProcess:
    """`omnitill-agent run` on a folder."""

    home: Home
    process: subprocess.Popen[str] = field(init=False)

    def __post_init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync_agent.app", "run", "--home", str(self.home.folder)],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )

    def health(self) -> dict:
        """The health page, empty while there is none."""
        url = f"http://{LOOPBACK}:{self.home.config().health_port}/health"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return json.load(answer)
        except (urllib.error.URLError, OSError):
            if self.process.poll() is not None:
                raise AssertionError(f"the agent ended: {self.process.communicate()[1]}") from None
            return {}

    def ready(self) -> "AgentProcess":
        until(self.health, why="the agent's health page")
        return self

    def stop(self) -> str:
        """SIGTERM; returns what it said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            said = self.process.communicate(timeout=STOP_WITHIN_S)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        return said

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def agent(home: Home) -> Iterator[AgentProcess]:
    running = AgentProcess(home)
    try:
        yield running.ready()
    finally:
        running.stop()


# ── a store without HQ ───────────────────────────────────────────────────────────────────────────


class Lan:
    """A store that was enrolled once and whose HQ cannot be reached now."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_key, self.hq_key = SigningKey.new(), SigningKey.new()
        self.ca_pem = authority.make_ca(self.ca_key, SystemClock().now_ms())
        self.shops: dict[str, Shop] = {}
        self.hq_url = f"https://{LOOPBACK}:{free_port()}"

    def machine(self, register: str, *, store_role: bool = False) -> Shop:
        """A till's folder with an enrolled agent."""
        shop = make_shop(self.folder / register, register)
        home, keys = AgentHome(shop.home.folder), shop.home.keys
        keys.signing_key("agent", create=True)
        tls = SigningKey.new()
        request = signing_request(tls, [LOOPBACK])
        names = [f"agent-{register}", "localhost", LOOPBACK]
        certificate = authority.agent_certificate(self.ca_pem, self.ca_key, request, names, SystemClock().now_ms())
        home.ca_pem.write_text(self.ca_pem)
        home.certificate.write_text(certificate)
        sealed = BestAvailableEncryption(home.tls_password.encode())
        home.tls_key.write_bytes(tls.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
        config = msgspec.structs.replace(
            shop.config, store_role=store_role, lan_host=LOOPBACK, lan_port=free_port(),
            health_port=free_port(), hq_url=self.hq_url, ca_sha256=authority.fingerprint(self.ca_pem),
            feed_public_key=self.hq_key.public_text, discovery=False,
        )  # fmt: skip
        shop.home.write_config(config)
        shop.config = config
        self.shops[register] = shop
        return shop

    def introduce(self) -> None:
        """Every machine knows the nodes of its store, as HQ's feed would have told it, and the others' addresses."""
        rows: list[FeedRow] = []
        for register, shop in self.shops.items():
            for role in ("agent", "till"):
                node = f"{'agent' if role == 'agent' else 'node'}-{register}"
                public = shop.home.keys.signing_key(role).public_text
                rows.append(row("node", node, link.NodeDoc(node, register, role, public)))
        for shop in self.shops.values():
            shop.put_rows(*rows)
            others = tuple(url_of(other) for other in self.shops.values() if other is not shop)
            shop.home.write_config(msgspec.structs.replace(shop.config, peers=others))


def url_of(shop: Shop) -> str:
    return f"https://{LOOPBACK}:{shop.config.lan_port}"


# ── looking into files ───────────────────────────────────────────────────────────────────────────


def kept_types(home: Home, node: str) -> list[str]:
    """Types of the entries that a machine's store.db keeps of a node, in order."""
    if not home.store_db.exists():
        return []
    conn = open_ro(home.store_db, home.keys.file_key("store.db"))
    try:
        rows = conn.execute("SELECT type FROM event WHERE node = ? ORDER BY epoch, seq", (node,)).fetchall()
    finally:
        conn.close()
    return [type_ for (type_,) in rows]


def journal_types(home: Home) -> list[str]:
    conn = open_ro(home.till_db, home.keys.file_key("till.db"))
    try:
        return [type_ for (type_,) in conn.execute("SELECT type FROM event ORDER BY epoch, seq")]
    finally:
        conn.close()


def acked(home: Home, peer: str, node: str) -> int:
    """How far link.db says that `peer` has the node's stream."""
    conn = open_ro(home.link_db, home.keys.file_key("link.db"))
    try:
        row_ = conn.execute(
            "SELECT through FROM peer WHERE peer = ? AND node = ? ORDER BY epoch DESC", (peer, node)
        ).fetchone()
    finally:
        conn.close()
    return row_[0] if row_ else 0


__all__ = ["STORE", "AgentProcess", "Lan", "agent"]
