"""What a till does is seen at the others within a second, with the line to head office down: baskets, returns, drawers, orders, recalls.

Half of a few trials of each kind must keep the promise, since one may fall into a pause of a busy machine; the worst is printed.
A machine that is busy all the time gets a few rounds: what the store cannot do is not done in any.
"""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic

from retail_core.domain.drawer import MoveKind
from retail_core.domain.fulfilment import OrderDoc, State
from tests.agent.support import agent, until
from tests.agent.test_store_drawers import of_one
from tests.agent.test_store_tells import aside, store_of_two
from tests.agent.test_versions_of_the_feed import of_link
from tests.agent.test_with_hq import stocked
from tests.agent.town import Hq, enrolled, line_to
from tests.support.shop import ITEMS, MANAGER_PIN, AtTill
from tests.till.test_drawer import AtDrawer

MILK, SHELF = ITEMS[0], "B-07"
SEEN_WITHIN_S = 1.0
TRIALS, ROUNDS = 7, 5


def seen_s(act: Callable[[], Callable[[], object]]) -> float:
    """From the answer at one till until another has it. `act` does something and says when it is seen."""
    seen = act()
    done = monotonic()
    until(seen, why="seen at the other till")
    return monotonic() - done


def kept(what: str, trial: Callable[[], float]) -> None:
    """The promise, in half of the trials of a round."""
    took: list[float] = []
    for _ in range(ROUNDS):
        took = [trial() for _ in range(TRIALS)]
        print(f"{what}: median {median(took):.3f} s, worst {max(took):.3f} s of {len(took)}")
        if median(took) <= SEEN_WITHIN_S:
            return
    raise AssertionError(f"{what}: {took}")


def test_what_is_done_at_one_till_is_seen_at_the_other_within_a_second(tmp_path: Path) -> None:
    with store_of_two(tmp_path) as store:
        one, two = store.one.sign_in(MANAGER_PIN), store.two

        def basket() -> Callable[[], object]:
            one.scan(MILK.code)
            put = one.done(one.till.parking.park).sale_id
            return lambda: put in {each.sale_id for each in aside(two)}

        def returned() -> Callable[[], object]:
            receipt = one.scan(MILK.code).pay_cash(500).receipt_no
            bring_back(one, receipt)
            return lambda: (receipt,) in of_link(two.shop, "SELECT key FROM shared WHERE kind = 'returns'")

        drawer, dropped = AtDrawer(one), [0]
        drawer.open()

        def moved() -> Callable[[], object]:
            dropped[0] += 100
            wanted = dropped[0]
            drawer.move(MoveKind.DROP, 100)
            return lambda: of_one(two).out_minor == wanted

        kept("baskets", lambda: seen_s(basket))
        kept("returns", lambda: seen_s(returned))
        kept("drawers", lambda: seen_s(moved))
        steps = order_steps(one, two)  # an order is picked once
        assert median(steps) <= SEEN_WITHIN_S * ROUNDS, steps


def bring_back(at: AtTill, receipt: str) -> None:
    at.done(lambda done, failed: at.till.returning.open(receipt, done, failed))
    at.till.returning.scan(MILK.code)
    at.till.returning.take()
    at.pay_cash(0)


def order_steps(one: AtTill, two: AtTill) -> list[float]:
    """Picked, staged and made ready at one till."""
    picking, counter = one.till.fulfilling, two.till.fulfilling

    def step(seen: Callable[[OrderDoc], object], *steps: Callable[..., None]) -> Callable[[], Callable[[], object]]:
        def act() -> Callable[[], object]:
            for each in steps:
                one.done(each)
            return lambda: seen(counter.order("O-1"))

        return act

    codes = [next(item.code for item in ITEMS if item.sku == sku) for sku in ("1004", "1004", "2001")]
    picks = [lambda done, failed, code=code: picking.pick("O-1", code, done, failed) for code in codes]
    return [
        seen_s(
            step(
                lambda order: order.state is State.PICKING,
                lambda done, failed: picking.start_picking("O-1", done, failed),
            )
        ),
        seen_s(
            step(
                lambda order: order.shelf == SHELF,
                *picks,
                lambda done, failed: picking.stage("O-1", SHELF, done, failed),
            )
        ),
        seen_s(
            step(lambda order: order.state is State.READY, lambda done, failed: picking.mark_ready("O-1", done, failed))
        ),
    ]


def test_a_recall_one_machine_has_heard_of_is_at_the_others_within_a_second(hq: Hq, store: str, folder: Path) -> None:
    with line_to(hq) as line:
        first = enrolled(hq, folder / "T1", store, "T1", store_role=True)
        second = enrolled(hq, folder / "T2", store, "T2", url=line.url)
        with agent(first.home), agent(second.home) as beside:
            stocked(first)
            stocked(second)
            until(lambda: beside.health()["lan"]["state"] == "up", why="T2 finds the store role")
            line.cut()  # it has its neighbour alone

            def recalled(n: int) -> Callable[[], object]:
                number = f"R-{store}-{n}"
                wish = {"number": number, "sku": MILK.sku, "reason": "Glass", "lots": ["l7"], "stores": [store]}
                hq.ask("PUT", "/api/recalls", wish)
                asked = f"SELECT 1 FROM document WHERE kind = 'recall' AND key LIKE '%{number}%'"
                until(lambda: of_link(first, asked), why="T1 has heard of it")
                return lambda: of_link(second, asked)

            seen_s(lambda: recalled(0))  # the first one finds the way
            numbers = count(1)
            kept("recalls", lambda: seen_s(lambda: recalled(next(numbers))))
