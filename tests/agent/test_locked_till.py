"""A manager locks a till of the store: the others let it in no more, with no head office, and nothing it sold is lost."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest

from pos_app.service.tills import Why
from retail_core.domain.approvals import Approval, ApprovalNeededError
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import TillLocked
from retail_core.trust.locks import LockPage, TillLock, sign_lock
from sync_agent.config import AgentHome
from sync_agent.hq_link.lock_line import LockLine
from sync_agent.storage import downlink
from sync_agent.storage.files import Files
from tests.agent.support import AgentProcess, Lan, agent, journal_types, kept_types, until
from tests.agent.test_store_alone import Ask, asking
from tests.agent.test_store_lan import sell
from tests.support.shop import MANAGER_PIN, AtTill, Shop, at_till

SOON_S = 6  # a second or two; tests run beside one another


def decide(at: AtTill, other: Shop, *, lock: bool, approval: Approval | None = None) -> None:
    agent_node, tills = other.config.agent_node, at.till.tills
    if lock:
        at.done(lambda done, failed: tills.lock(agent_node, Why.MISSING, lambda: done(True), failed, approval))
    else:
        at.done(lambda done, failed: tills.unlock(agent_node, lambda: done(True), failed, approval))


def refuses(ask: Ask, asker: Shop, asked: Shop) -> bool:
    answer = ask(asker, asked)
    return answer.status_code == 403 and answer.json()["code"] == "node.locked"


def locks_known(at: AtTill) -> dict[str, bool]:
    return {till.register: till.locked is not None for till in at.till.tills.read()}


def of_store(stack: ExitStack, lan: Lan, *registers: str) -> tuple[list[Shop], list[AgentProcess]]:
    """Machines that answer one another; the first has the store role."""
    shops = [lan.machine(register, store_role=register == registers[0]) for register in registers]
    lan.introduce()
    agents = [stack.enter_context(agent(shop.home)) for shop in shops]
    for one in agents:
        until(lambda: len(one.health()["neighbours"]) == len(shops) - 1, 30, "they find one another")  # noqa: B023
    return shops, agents


def test_a_locked_till_is_kept_out_by_everybody_and_comes_back_with_all_it_sold(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    with ExitStack() as stack:
        (first, second, third), agents = of_store(stack, lan, "T1", "T2", "T3")
        ask = stack.enter_context(asking(lan.ca_pem))
        two, three = (stack.enter_context(at_till(shop)) for shop in (second, third))
        sell(three.sign_in())
        until(lambda: kept_types(first.home, "node-T3") == journal_types(third.home), why="copied while it was trusted")
        decide(two.sign_in(MANAGER_PIN), third, lock=True)
        for other in (second, first):
            until(lambda: refuses(ask, third, other), SOON_S, "it is kept out")  # noqa: B023
        assert ask(second, first).status_code == 200, "nobody else is"
        until(three.till.tills.own_lock, SOON_S, "the till itself has heard of it")
        assert "node.locked" in agents[2].health()["reasons"]
        copied = kept_types(first.home, "node-T3")
        sell(three)
        until(lambda: locks_known(two) == {"T1": False, "T2": False, "T3": True}, SOON_S, "the page shows it")
        assert kept_types(first.home, "node-T3") == copied, "what it sells now reaches no other machine"
        assert "till.locked" in kept_types(first.home, "agent-T1"), "who keeps it out wrote down on whose word"
        decide(two, third, lock=False)
        until(lambda: three.till.tills.own_lock() is None, 15, "the till hears that too")
        until(lambda: kept_types(first.home, "node-T3") == journal_types(third.home), 30, "nothing it sold is lost")


def test_the_machine_with_the_store_role_can_be_locked_as_any_other(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    with ExitStack() as stack:
        (first, second, third), agents = of_store(stack, lan, "T1", "T2", "T3")
        ask = stack.enter_context(asking(lan.ca_pem))
        two = stack.enter_context(at_till(second)).sign_in(MANAGER_PIN)
        decide(two, first, lock=True)
        for other in (second, third):
            until(lambda: refuses(ask, first, other), SOON_S, "both keep it out, though it carried everything")  # noqa: B023
        until(lambda: two.till.connection.read().may_take_over, 15, "another machine may tie the store together")
        two.done(lambda done, failed: two.till.connection.take_over(lambda: done(True), failed))
        until(lambda: agents[2].health()["lan"]["peer"] == "store:agent-T2", 30, "and the third follows it")


def test_a_lock_outlives_a_restart_and_reaches_who_was_away(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    with ExitStack() as stack:
        shops = [lan.machine(register, store_role=register == "T1") for register in ("T1", "T2", "T3")]
        lan.introduce()
        first, second, third = shops
        ask = stack.enter_context(asking(lan.ca_pem))
        with agent(second.home), at_till(second) as two:
            decide(two.sign_in(MANAGER_PIN), third, lock=True)
            until(lambda: refuses(ask, third, second), SOON_S, "one machine knows it")
        with agent(second.home):
            assert refuses(ask, third, second)
            with agent(first.home):
                until(lambda: refuses(ask, third, first), 20, "and tells whoever comes later")


def test_only_a_managers_word_locks_and_only_for_the_till_it_was_given_for(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    _, second, third = lan.machine("T1"), lan.machine("T2"), lan.machine("T3")
    lan.introduce()
    with at_till(second) as two:
        two.sign_in()
        with pytest.raises(ApprovalNeededError) as needed:
            decide(two, third, lock=True)
        with pytest.raises(ApprovalNeededError):
            decide(two, lan.shops["T1"], lock=True, approval=agreed(two, needed.value))
        with pytest.raises(RuleViolationError, match=r"lock\.own"):
            decide(two, second, lock=True)
        assert "till.locked" not in journal_types(second.home)
        decide(two, third, lock=True, approval=agreed(two, needed.value))
        assert journal_types(second.home).count("till.locked") == 1


def agreed(at: AtTill, needed: ApprovalNeededError) -> Approval:
    return at.done(lambda done, failed: at.till.signing_in.approver(needed, MANAGER_PIN, done, failed))


def test_a_lock_made_up_by_a_program_is_not_taken_in_anothers_name_and_leaves_its_own(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    first, second, third = (lan.machine(register) for register in ("T1", "T2", "T3"))
    lan.introduce()
    made_up = TillLock(("agent-T3", "node-T3"), "T3", True, 1, "missing", "op-2", 1, "agent-T2")
    stranger = msgspec.structs.replace(made_up, nodes=("agent-T9",))
    key_of = {shop.config.agent_node: shop.home.keys.signing_key("agent") for shop in (first, second, third)}
    traces: list[TillLocked] = []

    async def note(event: TillLocked, _by: str) -> None:
        traces.append(event)

    async def kept_out_after(*told: TillLock) -> bool:
        files = await Files.open(AgentHome(first.home.folder), first.config)
        try:
            nodes = await files.run(downlink.nodes)
            line = LockLine(files, key_of["agent-T1"], lambda: nodes, tuple, note, lambda: None)
            await line.open()
            await line.take(LockPage(told))
            return "agent-T3" not in line.of(nodes)
        finally:
            await files.close()

    two_at_once = msgspec.structs.replace(made_up, nodes=("agent-T3", "agent-T1"))
    in_anothers_name = sign_lock(key_of["agent-T3"], made_up)
    assert not asyncio.run(kept_out_after(made_up, in_anothers_name, sign_lock(key_of["agent-T2"], stranger)))
    assert not asyncio.run(kept_out_after(sign_lock(key_of["agent-T2"], two_at_once)))
    assert traces == []
    assert asyncio.run(kept_out_after(sign_lock(key_of["agent-T2"], made_up)))
    assert [(trace.heard_from, trace.register, trace.by) for trace in traces] == [("agent-T2", "T3", "op-2")]
