"""R1: ten thousand kills of the till's core process, every sale accounted for on disk and at HQ."""

import tempfile
from pathlib import Path

from tests.gates import Figures, Gate
from tests.till.test_kill import SEED, kill_and_account

KILLS_A_ROUND = 500
ROUNDS = 20


def one(n: int) -> Figures:
    """One round on fresh files."""
    with tempfile.TemporaryDirectory() as folder:
        tally = kill_and_account(Path(folder), KILLS_A_ROUND, SEED + n)
    return {"kills": tally.kills, "sales acknowledged": len(tally.acked)}


GATE = Gate(
    "10,000 kill -9 during sales: 0 acknowledged sales lost, 0 doubled at HQ, numbers without a gap, stock to the unit",
    ROUNDS,
    one,
)
