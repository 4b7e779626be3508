"""A machine that is shut out: by head office at the next request, by the agents of its store within a minute."""

import time
from pathlib import Path

import httpx

from retail_core.durable.system import SystemClock
from retail_core.trust.tokens import assertion
from sync_agent.hq_client.tls import pinned_context
from sync_agent.lan_desk import audience_of
from tests.agent.support import LOOPBACK, agent, until
from tests.agent.town import Hq, enrolled

AT_HQ_S, AT_AGENTS_S = 5, 60


def test_a_machine_that_is_shut_out_is_refused_by_head_office_and_by_its_neighbours(
    hq: Hq, store: str, folder: Path
) -> None:
    """Nothing is tightened: these are the intervals of the product."""
    kept = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    lost = enrolled(hq, folder / "T2", store, "T2")
    key, node = lost.home.keys.signing_key("agent"), lost.config.agent_node
    with agent(kept.home), httpx.Client(verify=pinned_context(hq.ca_pem), trust_env=False, timeout=30) as http:

        def token(url: str, audience: str) -> httpx.Response:
            proof = assertion(node, key, audience, SystemClock().now_ms() // 1000, f"{time.monotonic_ns()}")
            return http.post(f"{url}/v1/token", json={"assertion": proof})

        beside, audience = f"https://{LOOPBACK}:{kept.config.lan_port}", audience_of(kept.config.agent_node)
        until(lambda: token(beside, audience).status_code == 200, 60, "the neighbour has heard of the machine")
        at_hq = {"Authorization": f"Bearer {token(hq.url, 'omnitill-hq').json()['access_token']}"}
        at_store = {"Authorization": f"Bearer {token(beside, audience).json()['access_token']}"}
        asked = {"node": node, "epoch": "none"}
        assert http.get(f"{beside}/v1/witness", params=asked, headers=at_store).status_code == 404
        hq.ask("POST", f"/api/nodes/{node}/revoke")
        until(
            lambda: http.get(f"{hq.url}/v1/witness", params=asked, headers=at_hq).status_code == 403, AT_HQ_S, "at HQ"
        )
        until(
            lambda: http.get(f"{beside}/v1/witness", params=asked, headers=at_store).status_code == 401,
            AT_AGENTS_S,
            "at the neighbour, token or not",
        )
        assert token(beside, audience).status_code == 401
