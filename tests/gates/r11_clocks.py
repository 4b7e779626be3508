"""R11: every jump of a machine's clock, in every order, with kills between; order, prices, lock-outs and books stay right."""

import random
import tempfile
from pathlib import Path

from tests.agent.town import Hq
from tests.chaos.false_clock import why_not
from tests.chaos.test_clocks import JUMPS, SEED, sold_under_false_clocks
from tests.gates import Figures, Gate

ROUNDS = 20


def one(n: int) -> Figures:
    """All jumps twice, in an order of chance; in every second round till or agent is killed under each false clock."""
    assert not why_not(), why_not()
    jumps = [*JUMPS, *JUMPS]
    random.Random(SEED + n).shuffle(jumps)
    with tempfile.TemporaryDirectory() as folder:
        hq = Hq(Path(folder) / "hq")
        try:
            return sold_under_false_clocks(hq, Path(folder), hq.store("S1100"), jumps, SEED + n, kills=bool(n % 2))
        finally:
            hq.close()


GATE = Gate(
    "clock set by -1 h, +1 day, -30 days, to 2038, over summer time and a leap day while it sells: order, prices and books right, jumps written",
    ROUNDS,
    one,
)
