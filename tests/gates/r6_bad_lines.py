"""R6: 5,000 sales on lines that lose answers, cut requests, stall and swallow everything; each reaches head office once, in time."""

import tempfile
from pathlib import Path

from tests.agent.town import Hq
from tests.chaos.test_bad_lines import SEED, sold_on_bad_lines
from tests.gates import Figures, Gate

SALES_A_TILL, ROUNDS = 250, 10
PACE_MS = 150
DEAD_S = 45.0  # longer than anybody waits for an answer


def one(n: int) -> Figures:
    """Two tills, a head office and four bad lines; at the end everything is dead for so long that all patience is over."""
    with tempfile.TemporaryDirectory() as folder:
        hq = Hq(Path(folder) / "hq")
        try:
            store = hq.store("S0600")
            figures = sold_on_bad_lines(
                hq, Path(folder), store, SALES_A_TILL, SEED + n, pace_ms=PACE_MS, dead_s=DEAD_S if n % 2 else 0.0
            )
        finally:
            hq.close()
    assert figures["sales"] == 2 * SALES_A_TILL, (SEED + n, figures)
    return figures


GATE = Gate(
    "5,000 sales on lines that lose 12 % of answers, cut 8 % of requests, stall and go dead: all at head office, once, ≤ 60 s after",
    ROUNDS,
    one,
)
