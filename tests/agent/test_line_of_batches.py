"""Many machines push to the store's machine at once: its line is bounded, nobody is left out, nothing is lost."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from zstandard import ZstdCompressor

from retail_core.domain.errors import EnvironmentFault
from retail_core.durable import link
from retail_core.durable.system import SystemClock, SystemIds
from retail_core.sync.backoff import after_failure, pause
from retail_core.trust.keys import SigningKey
from retail_core.wire.messages import Pace, PushAnswer
from sync_agent.hq_client.client import SyncClient
from sync_agent.hq_client.hop import HopFault, Peer
from sync_agent.hq_client.retry_after import retry_after_ms
from sync_agent.hq_client.tls import pinned_context
from sync_agent.lan_desk import audience_of
from sync_agent.store_role.turns import BUSY, MOST_IN_LINE, OWED_MS, IntakeTurns
from tests.agent.support import STORE, Lan, agent, kept_types, url_of
from tests.hq.support import FrozenClock, Machine, Node, sale
from tests.support.shop import Shop, row

NOON = "Mon, 23 Nov 2026 12:00:00 GMT"
NOON_MS = 1_795_435_200_000
UNPACKED_BYTES = 15 * 1024 * 1024
MAX_GROWN_BYTES = 192 * 1024 * 1024
"""Two at work at once take about 100 MiB; without a bound it was 360."""
SENDERS, BATCHES, SALES = 32, 3, 20


@pytest.mark.parametrize(
    ("text", "date", "wanted_ms"),
    [
        ("2", NOON, 2_000),
        (" 120 ", NOON, 120_000),
        ("Mon, 23 Nov 2026 12:00:07 GMT", NOON, 7_000),
        ("Monday, 23-Nov-26 12:00:07 GMT", NOON, 7_000),
        ("Mon, 23 Nov 2026 12:00:07 GMT", "", 4_000),
        ("Mon, 23 Nov 2026 11:00:00 GMT", NOON, 0),
        ("", NOON, 0),
        ("-5", NOON, 0),
        ("²", NOON, 0),
        ("soon", NOON, 0),
        ("Mon, 99 Nov 2026 12:00:07 GMT", NOON, 0),
    ],
)
def test_when_to_come_again_is_understood_in_seconds_and_as_a_date(text: str, date: str, wanted_ms: int) -> None:
    assert retry_after_ms(text, date, NOON_MS + 3_000) == wanted_ms


def test_who_found_no_place_gets_one_before_those_who_send_without_a_pause() -> None:
    clock = FrozenClock()
    turns = IntakeTurns(clock, at_once=1, most=4)

    async def arrives(stack: AsyncExitStack, caller: str) -> bool:
        try:
            await stack.enter_async_context(turns.place(caller))
        except EnvironmentFault as full:
            return full.code != BUSY
        return True

    async def shop() -> None:
        async with AsyncExitStack() as first, AsyncExitStack() as second:
            assert [await arrives(first, f"fast-{n}") for n in range(4)] == [True] * 4
            assert not await arrives(first, "slow")
            await first.aclose()
            assert [await arrives(second, f"fast-{n}") for n in range(4)] == [True, True, False, False]
            assert await arrives(second, "slow")  # half the line was kept for it
            await second.aclose()
            clock.later(OWED_MS)  # who never came again keeps no place
            assert [await arrives(second, f"fast-{n}") for n in range(4)] == [True] * 4
        assert (turns.health.in_line, turns.health.most, turns.health.turned_away) == (0, 4, 3)

    asyncio.run(shop())


def test_who_sends_much_while_others_wait_is_asked_to_pause() -> None:
    clock = FrozenClock()
    turns = IntakeTurns(clock, at_once=1)

    async def shop() -> None:
        async with turns.place("a"), turns.place("b"), turns.place("c"):
            async with turns.turn():
                clock.later(400)
            assert turns.pace(500) == Pace(delay_ms=800)
            assert turns.pace(1) == Pace()

    asyncio.run(shop())


def senders(shop: Shop) -> list[Machine]:
    """Tills of the same store, each with a journal that nobody has yet; the store's machine knows them all."""
    found: list[Machine] = []
    for n in range(SENDERS):
        key = SigningKey.new()
        found.append(Machine(Node(f"much-{n}", STORE, f"M{n}", "till", key.public_text, False, 0), key))
        for m in range(BATCHES * SALES):
            found[-1].says(sale(f"{STORE}-M{n}-A-{m:06}", ("1001", 1, 119)))
    nodes = [link.NodeDoc(one.node.node_id, one.node.register, "till", one.key.public_text) for one in found]
    shop.put_rows(*(row("node", node.node_id, node) for node in nodes))
    return found


async def push_all(shop: Shop, machine: Machine) -> tuple[int, int]:
    """As an agent does it: one batch at a time, a pause after each as it is asked for. (accepted, told to come again)"""
    name, clock = shop.config.agent_node, SystemClock()
    peer = Peer(f"store:{name}", url_of(shop), audience_of(name), name)
    context = pinned_context((shop.home.folder / "ca.pem").read_text())
    through = away = failures = 0
    async with SyncClient(peer, machine.node.node_id, machine.key, context, clock, SystemIds()) as client:
        while through < machine.head.seq:
            try:
                answer = await client.push(*machine.batch(through, through + SALES))
            except HopFault as down:
                failures, away = failures + 1, away + (down.code == BUSY and down.retry_after_ms > 0)
                await asyncio.sleep(after_failure(failures, down.retry_after_ms, random.random()) / 1000)
                continue
            assert isinstance(answer, PushAnswer)
            through, failures = answer.through, 0
            await asyncio.sleep(pause(answer.next.delay_ms) / 1000)
    return through, away


async def push_everything(shop: Shop, machines: Sequence[Machine]) -> list[tuple[int, int]]:
    return list(await asyncio.gather(*(push_all(shop, machine) for machine in machines)))


def test_thirty_two_tills_that_come_back_at_once_all_get_rid_of_everything(tmp_path: Path) -> None:
    lan = Lan(tmp_path)
    shop = lan.machine("T1", store_role=True)
    lan.introduce()
    machines = senders(shop)
    with agent(shop.home) as store:
        done = asyncio.run(push_everything(shop, machines))
        line = store.health()["pushes"]
    assert [through for through, _ in done] == [BATCHES * SALES] * SENDERS
    assert line["most"] <= MOST_IN_LINE
    assert line["in_line"] == 0
    assert 0 < line["turned_away"] == sum(away for _, away in done)
    for machine in machines[::8]:
        assert kept_types(shop.home, machine.node.node_id) == ["sale.completed"] * (BATCHES * SALES)


def test_batches_that_unpack_to_the_limit_take_a_bounded_part_of_a_tills_memory(tmp_path: Path) -> None:
    """Each is tiny on the line and 15 MiB here; all come at once, again and again."""
    lan = Lan(tmp_path)
    shop = lan.machine("T1", store_role=True)
    lan.introduce()
    machines = senders(shop)
    body = ZstdCompressor().compress(b"x" * UNPACKED_BYTES)
    with agent(shop.home) as store:
        before = peak_kib(store.process.pid)
        answers = asyncio.run(push_all_at_once(shop, machines, body))
        grown = peak_kib(store.process.pid) - before
        line = store.health()["pushes"]
    assert set(answers) <= {"DamagedAnswer", BUSY}
    assert "DamagedAnswer" in answers
    assert line["most"] <= MOST_IN_LINE
    assert grown * 1024 < MAX_GROWN_BYTES


async def push_all_at_once(shop: Shop, machines: Sequence[Machine], body: bytes) -> list[str]:
    async def one(machine: Machine) -> list[str]:
        name, found = shop.config.agent_node, list[str]()
        peer = Peer(f"store:{name}", url_of(shop), audience_of(name), name)
        context = pinned_context((shop.home.folder / "ca.pem").read_text())
        async with SyncClient(peer, machine.node.node_id, machine.key, context, SystemClock(), SystemIds()) as client:
            for _ in range(3):
                try:
                    found.append(type(await client.push(machine.batch()[0], body)).__name__)
                except HopFault as down:
                    found.append(down.code)
        return found

    return [answer for found in await asyncio.gather(*map(one, machines)) for answer in found]


def peak_kib(pid: int) -> int:
    """The most memory a process has ever had resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
