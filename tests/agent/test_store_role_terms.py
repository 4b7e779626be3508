"""Head office says which machine ties a store together: in the store and on the way back from a failure that is the last word."""

from contextlib import ExitStack
from pathlib import Path

from tests.agent.support import AgentProcess, agent, until
from tests.agent.test_with_hq import MILK, hq_has_all, sell, stocked
from tests.agent.town import Hq, enrolled, run_program
from tests.support.shop import Shop, at_till


def has_role(running: AgentProcess) -> bool:
    return bool(running.health().get("store_role"))


def appoint(hq: Hq, shop: Shop) -> None:
    done = run_program(
        "hq_server.app", "admin", "--home", str(hq.home.folder), "--url", hq.url, "store-role", shop.config.agent_node
    )
    assert done.returncode == 0, done.stderr


def test_head_office_gives_the_role_to_another_machine_for_good(hq: Hq, store: str, folder: Path) -> None:
    first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
    second = enrolled(hq, folder / "T2", store, "T2")
    with ExitStack() as stack:
        one, two = (stack.enter_context(agent(shop.home)) for shop in (first, second))
        for shop in (first, second):
            stocked(shop)
        assert (has_role(one), has_role(two)) == (True, False)
        appoint(hq, second)
        until(lambda: has_role(two) and not has_role(one), 40, "T2 has it and T1 has given it up")
        one.stop()  # its machine is broken, and comes back as it was configured
        appoint(hq, second)
        with agent(first.home) as back, at_till(first) as at:
            until(
                lambda: back.health().get("lan", {}).get("state") == "up", 40, "T1 finds the machine that has the role"
            )
            assert not has_role(back)
            sell(at.sign_in(), 1)
            until(lambda: hq_has_all(first.home, first.config.till_node), 40, "its sale goes up by way of T2")
            appoint(hq, first)
            until(lambda: has_role(back) and not has_role(two), 40, "and back again")
    assert hq.sold(store, MILK.sku) == 1


def test_what_is_no_agent_in_use_is_not_given_the_role(hq: Hq, store: str, folder: Path) -> None:
    shop = enrolled(hq, folder / "T1", store, "T1")
    for node in (shop.config.till_node, "nobody"):
        done = run_program("hq_server.app", "admin", "--home", str(hq.home.folder), "--url", hq.url, "store-role", node)
        assert (done.returncode, "node.unknown" in done.stderr) == (1, True)
