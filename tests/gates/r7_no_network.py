"""R7: a day of 1,500 sales with head office, agent, names and the store's network swallowed; nobody is called, no sale waits."""

import tempfile
from pathlib import Path

from tests.gates import Figures, Gate
from tests.perf.measure import percentile
from tests.support.alone import alone
from tests.support.shop import ITEMS

SALES_A_ROUND, ROUNDS = 100, 15
SCAN_P99_S, PAY_P99_S = 0.05, 0.3
CARD_EVERY = 10


def one(n: int) -> Figures:
    """A hundred sales at a till of its own, every tenth by card."""
    with tempfile.TemporaryDirectory() as folder, alone(Path(folder)) as (till, may_call):
        till.sign_in()
        for sale in range(SALES_A_ROUND):
            till.scan(ITEMS[(n + sale) % 4].code, ITEMS[sale % 3].code)
            till.pay(*(("F9", "Enter") if sale % CARD_EVERY == 0 else ("F12",)))
        assert till.called() <= may_call, till.called() - may_call
        scan, pay = percentile(till.scan_waits_s, 0.99), percentile(till.pay_waits_s, 0.99)
        assert len(till.rows("SELECT receipt FROM sale")) == SALES_A_ROUND
    assert scan <= SCAN_P99_S, f"scan to line p99 {scan * 1000:.0f} ms"
    assert pay <= PAY_P99_S, f"tender to receipt p99 {pay * 1000:.0f} ms"
    return {
        "sales": SALES_A_ROUND,
        "rounds": 1,
        "scan to line, p99 ms, summed": scan * 1000,
        "tender to receipt, p99 ms, summed": pay * 1000,
    }


GATE = Gate(
    "1,500 sales with every line dead: nobody called but the till's own devices, scan p99 ≤ 50 ms, tender p99 ≤ 300 ms",
    ROUNDS,
    one,
)
