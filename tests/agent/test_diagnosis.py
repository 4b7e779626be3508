"""Promise R16: within ten seconds a till says which of agent, network, internet and head office is down, and takes it back when it heals.

Real programs: head office is stopped and frozen, agents are killed. Lines that swallow packets are in test_reach_probe.py.
"""

import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest

from pos_app.service.link_status import LinkState
from pos_app.service.way import Part, PartState
from tests.agent.support import LOOPBACK, AgentProcess, agent, until
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled
from tests.support.shop import AtTill, at_till

WITHIN_S, BUSY = 10.0, 4  # so many times slower a shared machine may be
OK, DOWN, UNKNOWN = PartState.OK, PartState.DOWN, PartState.UNKNOWN


@pytest.fixture(scope="module")
def own_hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """One that may be stopped."""
    running = Hq(tmp_path_factory.mktemp("own-hq") / "home")
    try:
        yield running
    finally:
        running.close()


def parts(at: AtTill) -> dict[Part, PartState]:
    return at.till.connection.read().parts


def lamp(at: AtTill) -> LinkState:
    return at.till.link.read().state


def soon(what: Callable[[], object], why: str) -> None:
    began = monotonic()
    until(what, WITHIN_S * BUSY, why)
    print(f"{why}: {monotonic() - began:.1f} s")


def figures(running: AgentProcess) -> str:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{running.home.config().health_port}/metrics", timeout=5) as answer:
        return answer.read().decode()


def test_each_part_that_is_down_is_named_and_named_well_again(own_hq: Hq, tmp_path: Path) -> None:
    store = own_hq.store("S0951")
    shops = [enrolled(own_hq, tmp_path / name, store, name, store_role=name == "T1") for name in ("T1", "T2")]
    with ExitStack() as stack:
        first, second = (stack.enter_context(agent(shop.home)) for shop in shops)
        for shop in shops:
            stocked(shop)
        one, two = (stack.enter_context(at_till(shop)).sign_in() for shop in shops)
        for at in (one, two):
            soon(lambda: set(parts(at).values()) == {OK}, "all is well")  # noqa: B023 - asked at once

        own_hq.freeze()  # its machine answers, the program does not
        for at in (one, two):
            soon(lambda: (parts(at)[Part.INTERNET], parts(at)[Part.HQ]) == (OK, DOWN), "a frozen head office")  # noqa: B023
            assert lamp(at) is LinkState.HQ_OFFLINE
        said = first.health()
        assert (said["state"], said["reasons"][:1]) == ("degraded", [said["hq"]["error"]])
        assert 'omnitill_agent_hop_up{hop="hq"} 0.0' in figures(first)
        own_hq.thaw()
        for at in (one, two):
            soon(lambda: parts(at)[Part.HQ] is OK, "head office is back")  # noqa: B023 - asked at once

        own_hq.stop()
        for at in (one, two):
            soon(lambda: (parts(at)[Part.INTERNET], parts(at)[Part.HQ]) == (OK, DOWN), "a stopped head office")  # noqa: B023
        own_hq.start()
        for at in (one, two):
            soon(lambda: parts(at)[Part.HQ] is OK, "head office is back")  # noqa: B023 - asked at once
        until(lambda: first.health()["state"] == "ready", why="the agent is well again")
        assert 'omnitill_agent_hop_up{hop="hq"} 1.0' in figures(first)

        second.kill()
        soon(lambda: parts(two)[Part.AGENT] is DOWN, "an agent that was killed")
        assert (parts(two)[Part.HQ], lamp(two)) == (UNKNOWN, LinkState.AGENT_DOWN)
        soon(lambda: parts(one)[Part.LAN] is DOWN, "the only other machine is silent")
        assert (parts(one)[Part.HQ], lamp(one)) == (OK, LinkState.OTHERS_SILENT)
        with agent(shops[1].home):
            soon(lambda: set(parts(two).values()) == {OK}, "the agent runs again")
            soon(lambda: parts(one)[Part.LAN] is OK, "the other machine is heard again")
