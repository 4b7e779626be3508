"""What happens on a simulated day, drawn from the seed: sales, cuts, crashes, wiped agents, old copies put back.

Each day has a theme, the misfortune that strikes most, and themes take turns by seed: any twenty days show each of them
at least three times.
"""

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Self

import msgspec

from hq_server.service.orders import LEASE_MS
from retail_core.domain.claims import CLAIM_MS
from tests.sim import customers
from tests.sim.disks import AgentDisk, GuardFile, HqDisk, TillDisk

if TYPE_CHECKING:
    from tests.sim.agent import Agent
    from tests.sim.till import Till
    from tests.sim.world import World

DAY_MS = 5 * 60_000
LONG_DAY_MS = 8 * 3_600_000
SALES_LEAST, SALES_MOST = 20, 60
BUSY_ORDERS = 3
KEYED_EVERY, KEYED_FIRST = 31, 7
"""Of so many days one runs on real files: ten of three hundred, one of each theme."""
DOWN_MS = (500, 15_000)
CUSTOMERS_WAITING = 3
"""Sales at once when a till is back, before anybody has told it that it went back in time."""
WAITING_MOST = 15


class Plan(msgspec.Struct, frozen=True):
    """Sizes and rates of a day; what happens when comes from the world's own chance."""

    seed: int
    theme: str
    sales: int
    day_ms: int
    loss: float
    repeat: float
    crash_rate: float
    cuts: int
    disasters: int
    strokes: int
    longest_cut_ms: int = 60_000
    orders: int = 3
    acts: int = 3
    lease_ms: int = 60_000
    claim_ms: int = 60_000
    keyed: bool = False  # on the product's own keyed files

    @classmethod
    def drawn(cls, seed: int, theme: str = "") -> Self:
        """A day of the suite: five minutes of trade as dense as a rush hour. `theme` instead of the seed's own."""
        chance = Random(f"plan {seed}")
        keyed = not theme and seed % KEYED_EVERY == KEYED_FIRST
        theme = theme or sorted(THEMES)[seed % len(THEMES)]
        restless = theme == RESTLESS
        return cls(
            seed=seed,
            theme=theme,
            sales=chance.randint(SALES_LEAST, SALES_MOST - WAITING_MOST),
            day_ms=DAY_MS,
            loss=chance.choice((0.1, 0.35) if restless else (0.0, 0.03, 0.15)),
            repeat=chance.choice((0.0, 0.1, 0.3)),
            crash_rate=chance.choice((0.02, 0.04) if restless else (0.0, 0.0, 0.01)),
            cuts=chance.randint(0, 3),
            disasters=chance.randint(0, 2),
            strokes=chance.randint(2, 4),
            orders=chance.randint(2, 4) + (BUSY_ORDERS if theme == BUSY else 0),
            acts=chance.randint(2, 4),
            keyed=keyed,
        )

    @classmethod
    def long(cls, seed: int) -> Self:
        """A day of the gate: eight hours, cuts of up to an hour, and more of everything."""
        day = cls.drawn(seed)
        return msgspec.structs.replace(
            day, sales=day.sales * 6, day_ms=LONG_DAY_MS, crash_rate=day.crash_rate / 10, cuts=day.cuts * 3,
            disasters=day.disasters * 2, strokes=day.strokes * 2, longest_cut_ms=3_600_000, orders=day.orders * 6,
            acts=day.acts * 6, lease_ms=LEASE_MS, claim_ms=CLAIM_MS,
        )  # fmt: skip

    def prepare(self, world: "World") -> None:
        """Put the whole day into the world's queue."""
        clockwork, chance = world.clockwork, world.chance
        for party in (*world.agents, *world.tills):
            clockwork.after(chance.randint(0, 2_000), party.start)
        for till in world.tills:
            till.sales_left = self.sales
            for _ in range(self.sales):
                clockwork.at(chance.randint(3_000, self.day_ms - 1_000), till.sell)
        customers.prepare(world, self)
        for n in range(chance.randint(3, 20)):
            clockwork.at(chance.randint(0, self.day_ms), lambda n=n: world.hq.change(f"doc{n % 7}"))
        for _ in range(self.cuts):
            _cut(world, self.day_ms, self.longest_cut_ms)
        for _ in range(self.strokes):
            THEMES[self.theme](world, self.day_ms)
        for _ in range(self.disasters):
            chance.choice(list(THEMES.values()))(world, self.day_ms)


Images = tuple[TillDisk, GuardFile | None, AgentDisk | None]
Stroke = Callable[["World", int], None]


# ── the line ─────────────────────────────────────────────────────────────────────────────────────


def _cut(world: "World", day_ms: int, longest_ms: int) -> None:
    names = ["hq", *(agent.name for agent in world.agents)]
    a, b = world.chance.sample(names, 2)
    world.clockwork.at(
        world.chance.randint(0, day_ms), lambda: world.line.cut(a, b, world.chance.randint(5_000, longest_ms))
    )


def _wan_gone_and_wiped(world: "World", day_ms: int) -> None:
    """The store is alone for a while, and in that while an agent's disk is replaced."""
    chance = world.chance
    begin, long_ms = chance.randint(0, day_ms // 2), chance.randint(20_000, day_ms // 2)

    def alone() -> None:
        for agent in world.agents:
            world.line.cut("hq", agent.name, long_ms)

    world.clockwork.at(begin, alone)
    _wipe_at(world, begin + chance.randint(long_ms // 2, long_ms))


def _restless(world: "World", day_ms: int) -> None:
    agent = world.chance.choice(world.agents)
    world.clockwork.at(world.chance.randint(0, day_ms), lambda: agent.crash() if agent.up else None)


def _role_taken_over(world: "World", day_ms: int) -> None:
    """The machine with the store role is away for a while, or the others think so, and a manager starts the role elsewhere."""
    chance, clockwork = world.chance, world.clockwork
    begin, long_ms = chance.randint(10_000, day_ms), chance.randint(15_000, 90_000)
    begun_by = [agent for agent in world.agents if chance.random() < 0.6] or [chance.choice(world.agents)]
    off = chance.random() < 0.5

    def away() -> None:
        holders = [agent for agent in world.agents if agent.desk.role.has]
        for holder in holders[:1]:
            for other in world.agents:
                world.line.cut(holder.name, other.name, long_ms)
            if off:
                holder.stop()
                clockwork.after(long_ms, holder.start)
        for agent in begun_by:
            if agent not in holders:
                clockwork.after(chance.randint(3_000, 12_000), agent.desk.take_over)

    clockwork.at(begin, away)


def _busy_counter(world: "World", day_ms: int) -> None:
    """The store's network is away, and everybody wants the same things at once."""
    chance, clockwork = world.chance, world.clockwork
    begin, long_ms = chance.randint(day_ms // 3, day_ms - 10_000), chance.choice((0, 0, 20_000, 60_000))

    def crowd() -> None:
        for agent in world.agents:
            for other in world.agents:
                if long_ms and agent is not other and chance.random() < 0.7:
                    world.line.cut(agent.name, other.name, long_ms)
        customers.hand_over_everywhere(world)
        customers.pay_everywhere(world)
        for _ in range(2):
            customers.bring_back(world, clockwork.now_ms + chance.randint(0, 3_000))
            customers.buy_tagged(world, clockwork.now_ms + chance.randint(0, 10_000))
        customers.put_aside(world, clockwork.now_ms)
        customers.count(world, clockwork.now_ms + chance.randint(0, 10_000))

    clockwork.at(begin, crowd)


JUMPS_MS = (-3_600_000, 86_400_000, -30 * 86_400_000, 90_000, -90_000, 370_000_000_000)
"""An hour back, a day ahead, thirty days back, a minute and a half either way, and past the end of 32 bits in 2038."""


def _clocks_jump(world: "World", day_ms: int) -> None:
    """Somebody sets a machine's clock, and perhaps sets it right again."""
    chance = world.chance
    clock, jump_ms = world.clock(chance.choice(world.tills).name), chance.choice(JUMPS_MS)
    begin = chance.randint(5_000, day_ms)

    def jump(to_ms: int) -> None:
        world.count("clock jumps")
        world.clockwork.note(f"a clock jumps to {to_ms}")
        clock.wrong_ms = to_ms

    world.clockwork.at(begin, lambda: jump(jump_ms))
    customers.count(world, begin + chance.randint(0, 20_000))
    if chance.random() < 0.5:
        world.clockwork.at(begin + chance.randint(5_000, day_ms // 2), lambda: jump(0))


# ── disks ────────────────────────────────────────────────────────────────────────────────────────


def _wiped(world: "World", day_ms: int) -> None:
    _wipe_at(world, world.chance.randint(5_000, day_ms))


def _wipe_at(world: "World", when_ms: int) -> None:
    agent = world.agents[world.chance.choice((0, 0, 1, 2))]  # mostly the one in the store role
    world.clockwork.at(when_ms, lambda: _replace_agent(world, agent, world.empty_agent()))


def _till_put_back(world: "World", day_ms: int) -> None:
    """The till's database alone, now and then with its guard file: the agent beside it knows better."""
    _put_back(world, day_ms, with_guard=world.chance.random() < 0.8, with_agent=False)


def _machine_put_back(world: "World", day_ms: int) -> None:
    """All disks of one machine, so that nothing on it knows."""
    _put_back(world, day_ms, with_guard=True, with_agent=True)


def _put_back(world: "World", day_ms: int, *, with_guard: bool, with_agent: bool) -> None:
    chance = world.chance
    till = chance.choice(world.tills)
    taken_ms, back_ms = sorted(chance.randint(5_000, day_ms) for _ in range(2))

    def take() -> None:
        images = till.disk.image(), till.guard.image(), till.agent.disk.image()
        if chance.random() < 0.5:  # what the backup ends with then goes up in the middle of a batch
            world.line.cut(till.agent.name, till.agent.way.peer, chance.randint(5_000, 25_000))
        world.clockwork.at(back_ms, lambda: put(*images))

    def put(disk: TillDisk, guard: GuardFile, link: AgentDisk) -> None:
        world.clockwork.note(f"{till.name} put back by {back_ms - taken_ms} ms, guard {with_guard}, agent {with_agent}")
        _replace_till(world, till, (disk, guard if with_guard else None, link if with_agent else None))

    world.clockwork.at(taken_ms, take)


def _hq_put_back(world: "World", day_ms: int) -> None:
    """HQ loses its disk and comes back from a backup."""
    taken_ms, back_ms = sorted(world.chance.randint(5_000, day_ms) for _ in range(2))

    def take() -> None:
        disk = world.hq.disk.image()
        world.clockwork.at(back_ms, lambda: put(disk))

    def put(disk: HqDisk) -> None:
        world.count("HQ restored")
        world.clockwork.note(f"hq put back by {back_ms - taken_ms} ms")
        world.hq.put_back(disk)

    world.clockwork.at(taken_ms, take)


def _two_branches(world: "World", day_ms: int) -> None:
    """The store's agent has sales that HQ lacks; it is cut off, and the till that made them goes back and sells on."""
    chance, clockwork = world.chance, world.clockwork
    store, till = world.agents[0], world.tills[chance.choice((1, 2))]
    begin, apart_ms = chance.randint(20_000, day_ms // 2), day_ms // 2

    def alone() -> None:
        world.line.cut(store.name, "hq", day_ms)
        images = till.disk.image(), till.guard.image(), till.agent.disk.image()
        clockwork.after(chance.randint(10_000, day_ms // 8), lambda: back(images))

    def back(images: Images) -> None:
        world.line.cut(store.name, "hq", apart_ms)
        world.line.cut(store.name, till.agent.name, apart_ms)
        world.clockwork.note(f"{till.name} put back while {store.name} is alone")
        _replace_till(world, till, images)

    clockwork.at(begin, alone)


def _replace_till(world: "World", till: "Till", images: Images) -> None:
    disk, guard, link = images
    if not disk.epochs or till.waited_on >= WAITING_MOST:
        return
    world.count("disks replaced")
    till.stop()
    till.put_back = True
    world.went_back.add(till.name)
    till.disk = disk
    world.ledger.destroyed(till.name, disk.events)
    if guard is not None:
        till.guard = guard
    if link is not None:
        _replace_agent(world, till.agent, link)
    down_ms = world.chance.choice((50, world.chance.randint(*DOWN_MS)))
    world.clockwork.after(down_ms, till.start)
    till.sales_left += CUSTOMERS_WAITING
    till.waited_on += CUSTOMERS_WAITING
    for n in range(CUSTOMERS_WAITING):
        world.clockwork.after(down_ms + 1 + n * 20, till.sell)


def _replace_agent(world: "World", agent: "Agent", disk: AgentDisk) -> None:
    world.count("disks replaced")
    world.clockwork.note(f"{agent.name} has another disk with {len(disk.kept.events)} events")
    agent.stop()
    agent.disk = disk
    world.went_back.add(agent.name)
    world.ledger.destroyed(agent.name, disk.kept.events)
    world.clockwork.after(world.chance.randint(*DOWN_MS), agent.start)


RESTLESS, BUSY = "restless", "busy counter"
THEMES: dict[str, Stroke] = {
    RESTLESS: _restless,
    "agent wiped": _wiped,
    BUSY: _busy_counter,
    "clocks jump": _clocks_jump,
    "store role taken over": _role_taken_over,
    "alone and wiped": _wan_gone_and_wiped,
    "hq put back": _hq_put_back,
    "machine put back": _machine_put_back,
    "till put back": _till_put_back,
    "two branches": _two_branches,
}
