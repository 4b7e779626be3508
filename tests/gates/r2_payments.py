"""R2: five hundred kills inside the payment window, not one double charge, no payment nobody knows of."""

import tempfile
from pathlib import Path

from tests.gates import Figures, Gate
from tests.till.test_payments import SEED, kill_and_account

KILLS_A_ROUND = 50
ROUNDS = 10


def one(n: int) -> Figures:
    """One round on fresh files and a fresh terminal."""
    with tempfile.TemporaryDirectory() as folder:
        return kill_and_account(Path(folder), KILLS_A_ROUND, SEED + n)


GATE = Gate(
    "500 kills inside the payment window: 0 double charges on the terminal's own books, every payment known afterwards",
    ROUNDS,
    one,
)
