"""What customers, staff and the web do on a simulated day beside buying at a till."""

from typing import TYPE_CHECKING

from retail_core.domain.fulfilment import State
from retail_core.domain.ids import InstrumentId, OrderId
from tests.sim.payments import serial_of
from tests.sim.truth import SKUS

if TYPE_CHECKING:
    from tests.sim.plan import Plan
    from tests.sim.world import World

CARD_MINOR, CARD_BOUND_MINOR = 600, 100
CARDS = 2
STEPS_OF_AN_ORDER = 14
HOUSEKEEPING_MS = 60_000
TAGGED_PER_ACT = 2
TAGS = tuple(f"3034257BF7194E40000000{n:02X}" for n in range(6))
TOGETHER_MS = 2_000
"""So near to one another are two customers who have the same thing in mind."""


def prepare(world: "World", plan: "Plan") -> None:
    """Put the day's acts into the queue."""
    for n in range(plan.orders):
        _order(world, plan, n)
    for n in range(CARDS):
        ref = InstrumentId(f"card-{n}")
        world.cards[ref] = CARD_MINOR
        world.clockwork.at(0, lambda ref=ref: world.hq.office.issue(ref, CARD_MINOR, CARD_BOUND_MINOR))
    for _ in range(plan.acts):
        at_ms = world.chance.randint(3_000, plan.day_ms - 3_000)
        pay_by_card(world, at_ms)
        put_aside(world, at_ms)
        bring_back(world, world.chance.randint(3_000, plan.day_ms - 1_000))
        for _ in range(TAGGED_PER_ACT):
            buy_tagged(world, world.chance.randint(3_000, plan.day_ms - 60_000))
        count(world, world.chance.randint(3_000, plan.day_ms - 3_000))
    for till in world.tills:
        for _ in range(plan.acts + 1):
            world.clockwork.at(world.chance.randint(3_000, plan.day_ms - 1_000), till.counter.keep_drawer)
    _keep_house(world, plan)


def pay_by_card(world: "World", at_ms: int) -> None:
    """Now and then two people have the same card."""
    ref, amount = InstrumentId(f"card-{world.chance.randrange(CARDS)}"), 50 * world.chance.randint(1, 4)
    first, second = world.chance.sample(world.tills, 2)
    world.clockwork.at(at_ms, lambda: first.counter.spend(ref, amount))
    if world.chance.random() < 0.5:
        world.clockwork.at(at_ms + world.chance.randint(0, TOGETHER_MS), lambda: second.counter.spend(ref, amount))


def put_aside(world: "World", at_ms: int) -> None:
    """A basket is put aside, and somebody takes one up a little later, perhaps at two tills at once."""
    chance = world.chance
    world.clockwork.at(at_ms, chance.choice(world.tills).counter.put_aside)
    back_ms = at_ms + chance.randint(500, 30_000)
    for till in chance.sample(world.tills, 2):
        world.clockwork.at(back_ms + chance.randint(0, TOGETHER_MS), till.counter.take_up)


def bring_back(world: "World", at_ms: int) -> None:
    """A line of some receipt of the day comes back, perhaps to two tills."""

    def bring() -> None:
        if world.sold:
            receipt, line = world.chance.choice(world.sold[-20:])
            for till in world.chance.sample(world.tills, world.chance.choice((1, 2))):
                till.counter.take_back(receipt, line)

    world.clockwork.at(at_ms, bring)


def buy_tagged(world: "World", at_ms: int) -> None:
    """Units known by their tags; one of them may be read by the till beside, and somebody may bring one back."""
    chance = world.chance
    tags = chance.sample(TAGS, chance.randint(1, 3))
    serials = [serial_of(tag) for tag in tags]
    first, second = chance.sample(world.tills, 2)
    ref = InstrumentId(f"card-{chance.randrange(CARDS)}") if chance.random() < 0.2 else None
    world.clockwork.at(at_ms, lambda: first.payments.pay(tags, ref))
    if chance.random() < 0.6:
        later_ms = at_ms + chance.randint(0, chance.choice((TOGETHER_MS, 40_000)))
        world.clockwork.at(later_ms, lambda: second.payments.pay(tags[:1]))

    def bring() -> None:
        tagged = [(receipt, line) for receipt, line in world.sold if line.serial in serials]
        if tagged:
            chance.choice(world.tills).counter.take_back(*tagged[-1])

    if chance.random() < 0.5:
        world.clockwork.at(at_ms + chance.randint(25_000, 60_000), bring)


def count(world: "World", at_ms: int) -> None:
    till, sku = world.chance.choice(world.tills), world.chance.choice(SKUS)
    world.clockwork.at(at_ms, lambda: till.counter.count(sku))


def _order(world: "World", plan: "Plan", n: int) -> None:
    """From the web to the customer: placed, picked, perhaps cancelled meanwhile, collected, perhaps twice."""
    chance, clockwork = world.chance, world.clockwork
    order_id, number = OrderId(f"order-{n}"), f"W-{n}"
    begin_ms = chance.randint(1_000, plan.day_ms * 3 // 4)
    skus = [chance.choice(SKUS) for _ in range(chance.randint(1, 2))]
    clockwork.at(begin_ms, lambda: world.hq.office.place(order_id, number, skus, plan.lease_ms))
    picker, other, third = chance.sample(world.tills, 3)
    end_ms = begin_ms + chance.randint(5_000, plan.day_ms // 4)
    for _ in range(STEPS_OF_AN_ORDER):
        till = picker if chance.random() < 0.9 else other
        clockwork.at(chance.randint(begin_ms, end_ms), lambda till=till: till.counter.work_on(order_id))
    if chance.random() < 0.3:
        clockwork.at(chance.randint(begin_ms, end_ms + 5_000), lambda: world.hq.office.cancel(order_id))
    for till in [picker, other, third][: chance.choice((1, 2, 2, 3))]:
        clockwork.at(end_ms + chance.randint(0, TOGETHER_MS), lambda till=till: till.counter.hand_over(order_id))


def hand_over_everywhere(world: "World") -> None:
    """Whoever has a pass comes at once, each till has a customer, and some of the orders are cancelled meanwhile."""
    chance, clockwork = world.chance, world.clockwork
    for order in [order for order in world.hq.disk.orders.values() if order.state is State.READY]:
        for till in world.tills:
            clockwork.after(chance.randint(0, TOGETHER_MS), lambda t=till, o=order.order_id: t.counter.hand_over(o))
        if chance.random() < 0.6:
            world.hq.office.cancel(order.order_id)
            busy = chance.choice(world.tills)
            clockwork.after(chance.randint(200, TOGETHER_MS), lambda t=busy, o=order.order_id: t.counter.work_on(o))


def pay_everywhere(world: "World") -> None:
    """Friends with one card, at every till, a moment after one another."""
    chance = world.chance
    ref = InstrumentId(f"card-{chance.randrange(CARDS)}")
    for n in range(2 * len(world.tills)):
        till = world.tills[n % len(world.tills)]
        world.clockwork.after(n * chance.randint(300, 900), lambda till=till: till.counter.spend(ref, 200))


def _keep_house(world: "World", plan: "Plan") -> None:
    def again() -> None:
        if world.hq.up:
            world.hq.office.keep_house(plan.lease_ms)
        world.clockwork.after(HOUSEKEEPING_MS, again)

    world.clockwork.after(HOUSEKEEPING_MS, again)
