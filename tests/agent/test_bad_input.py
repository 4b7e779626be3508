"""Bad input at the store role's LAN server: each kind has its answer, is counted and visible, and stops nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from hq_server.storage.access import Node
from retail_core.durable.link import NodeDoc
from retail_core.durable.system import SystemClock
from retail_core.trust.keys import SigningKey
from retail_core.trust.tokens import assertion, bearer
from sync_agent.hq_client.tls import pinned_context
from sync_agent.lan_desk import audience_of
from tests.agent.support import AgentProcess, Lan, agent, kept_types, url_of
from tests.hq.support import Machine
from tests.support.bad_input import BAD, Bad, Hop, answered, bomb, next_good_batch_passes, three_sales
from tests.support.shop import STORE, Shop, row

pytestmark = pytest.mark.xdist_group("lan-bad-input")  # one agent for all of them
WITHIN_S = 60.0
PEAK_EXTRA = 32 * 1024 * 1024


NODES = {bad.name: f"agent-{n}" for n, bad in enumerate(BAD)}


@dataclass
class StoreRole:
    """A running agent with the store role, and machines of its store that exist as keys only."""

    shop: Shop
    running: AgentProcess
    machines: dict[str, Machine]

    @property
    def audience(self) -> str:
        return audience_of(self.shop.config.agent_node)

    def client(self, token: str = "") -> httpx.Client:
        trusting = pinned_context((self.shop.home.folder / "ca.pem").read_text())
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(
            base_url=url_of(self.shop), verify=trusting, headers=headers, trust_env=False, timeout=WITHIN_S
        )

    def token(self, node: str) -> str:
        proof = assertion(node, self.machines[node].key, self.audience, now_s(), f"first of {node}")
        with self.client() as stranger:
            answer = stranger.post("/v1/token", json={"assertion": proof})
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def token_of_before(self, node: str) -> str:
        """What this agent gave to a node that its store no longer trusts."""
        key = self.shop.home.keys.signing_key("agent")
        return bearer(node, key, self.audience, now_s(), "old", store=STORE, role="node")

    def refused(self, code: str) -> int:
        return self.running.health()["refused"].get(code, 0)


def now_s() -> int:
    return SystemClock().now_ms() // 1000


def machine(node: str) -> Machine:
    key = SigningKey.new()
    return Machine(Node(node, STORE, "T9", "agent", key.public_text, False, 0), key)


@pytest.fixture(scope="module")
def store_role(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreRole]:
    lan = Lan(tmp_path_factory.mktemp("lan"))
    shop = lan.machine("T1", store_role=True)
    lan.introduce()
    machines = {node: machine(node) for node in NODES.values()}
    shop.put_rows(
        *(row("node", node, NodeDoc(node, "T9", "agent", one.key.public_text)) for node, one in machines.items())
    )
    with agent(shop.home) as running:
        yield StoreRole(shop, running, machines)


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_is_answered_counted_and_visible_and_stops_nothing(store_role: StoreRole, bad: Bad) -> None:
    node = NODES[bad.name]
    sender = three_sales(store_role.machines[node])
    status, code, counted = bad.at_store or (bad.status, bad.code, bad.counted)
    before = store_role.refused(counted)
    token = store_role.token(node)
    with store_role.client(token) as client, store_role.client(store_role.token_of_before("agent-gone")) as revoked:
        hop = Hop("store", sender, machine("agent-elsewhere"), client, revoked, store_role.audience, now_s())
        assert answered(bad.send(hop)) == (status, code)
        if counted:
            assert store_role.refused(counted) == before + 1
        next_good_batch_passes(hop, bad)
    assert len(kept_types(store_role.shop.home, node)) == len(sender.entries)


def test_a_bomb_costs_an_agent_less_than_32_mib(store_role: StoreRole) -> None:
    node = next(iter(NODES.values()))
    sender = store_role.machines[node]
    proc = Path(f"/proc/{store_role.running.process.pid}")
    with store_role.client(store_role.token_of_before(node)) as client:
        hop = Hop("store", sender, sender, client, client, store_role.audience, now_s())
        hop.push(*sender.batch())
        (proc / "clear_refs").write_text("5")  # the peak is counted from now on
        before = resident(proc, "VmRSS")
        assert hop.push(sender.batch()[0], bomb()).status_code == 413
        assert resident(proc, "VmHWM") - before <= PEAK_EXTRA


def resident(proc: Path, what: str) -> int:
    (line,) = [line for line in (proc / "status").read_text().splitlines() if line.startswith(what)]
    return int(line.split()[1]) * 1024
