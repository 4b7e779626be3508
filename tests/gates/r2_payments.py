"""R2: kills inside the payment window, half of them with a second basket beside it; no double charge, no payment nobody knows of."""

import tempfile
from pathlib import Path

from tests.gates import Figures, Gate
from tests.till import test_two_baskets_killed as two_baskets
from tests.till.test_payments import SEED, kill_and_account

KILLS_A_ROUND = 50
ROUNDS = 10


def one(n: int) -> Figures:
    """One round on fresh files and a fresh terminal."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        figures = kill_and_account(Path(folder), KILLS_A_ROUND, SEED + n)
        found = two_baskets.kill_and_account(Path(other), KILLS_A_ROUND, two_baskets.SEED + n)
        return {**figures, "kills": 2 * KILLS_A_ROUND, "baskets found in twos": found["two baskets"]}


GATE = Gate(
    "1,000 kills inside the payment window, 500 with a second basket: 0 double charges on the terminal's own books, every payment known afterwards",
    ROUNDS,
    one,
)
