"""R5: 2,000 simulated days of eight hours without a violation, and every planted fault caught within 20 days."""

from tests.gates import Figures, Gate
from tests.sim.faults import Planted
from tests.sim.replay import plan_of, run_day
from tests.sim.violation import ViolationError

DAYS = 2_000
PLANTED_WITHIN = 20
PLANTED = tuple(Planted)


def one(n: int) -> Figures:
    """A day of the gate, or after the last day one planted fault."""
    if n < DAYS:
        return {"days": 1, **run_day(plan_of(n, long=True)).figures()}
    planted = PLANTED[n - DAYS]
    for seed in range(PLANTED_WITHIN):
        try:
            run_day(plan_of(seed, planted), planted)
        except ViolationError:
            return {"planted faults caught": 1, f"{planted.name}, days until caught": seed + 1}
    raise AssertionError(f"planted fault not caught in {PLANTED_WITHIN} days: {planted.value}")


GATE = Gate(
    f"{DAYS} simulated days of selling, tagged goods, orders, counts, gift cards, returns and baskets, with loss, repetition, cuts, crashes,"
    " clocks that jump, disks put back and the store role taken over: 0 lost, 0 doubled, 0 unsaid",
    DAYS + len(PLANTED),
    one,
)
