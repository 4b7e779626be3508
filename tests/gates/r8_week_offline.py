"""R8: seven days of three tills without head office, 31,500 sales, caught up over 1 Mbit/s; new orders first, poison stops nothing."""

import tempfile
from pathlib import Path

from tests.chaos.namespaces import why_not
from tests.chaos.test_week_offline import TILLS, week_offline
from tests.gates import Figures, Gate

SALES_A_TILL = 10_500
DEAD_S = 120.0  # at least; longer than anybody waits for an answer, and than TCP tries quickly
SEED = 20_261_128


def one(n: int) -> Figures:
    """The whole week at once."""
    assert not why_not(), why_not()
    with tempfile.TemporaryDirectory() as folder:
        figures = week_offline(Path(folder), SALES_A_TILL, DEAD_S, SEED + n)
    assert figures["sales"] == TILLS * SALES_A_TILL, figures
    return figures


GATE = Gate(
    "7 days offline of 3 tills (31,500 sales): all synced ≤ 5 min over 1 Mbit/s, the first new order in the store ≤ 10 s, poison stops nothing",
    1,
    one,
)
