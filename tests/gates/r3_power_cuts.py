"""R3: ten thousand power cuts on each of three disks; no sale the cashier was told of is lost, every file opens."""

import tempfile
from pathlib import Path

from tests.gates import Figures, Gate
from tests.support.cut_till import Machine, cuts, sold_under_recorder
from tests.support.power_cut import Disk
from tests.till.test_power_cut import SEED

CUTS_A_ROUND, ROUNDS, SALES = 200, 50, 120


def one(n: int) -> Figures:
    """One record of its own, cut two hundred times on every disk; and the same with a setting that must lose sales."""
    with tempfile.TemporaryDirectory() as folder:
        shop, record = sold_under_recorder(Path(folder) / "t1", SALES, SEED + n)
        machine, states = Machine(shop, Path(folder) / "after"), cuts(record, CUTS_A_ROUND, SEED + n)
        for cut in states:
            lost = machine.after(cut)
            assert lost.nothing, (SEED + n, cut.at, cut.disk, cut.seed, lost)
        shop, record = sold_under_recorder(Path(folder) / "t2", SALES // 6, SEED + n, synchronous="NORMAL")
        weaker = Machine(shop, Path(folder) / "weaker")
        missed = sum(
            len(weaker.after(cut).sales) for cut in cuts(record, CUTS_A_ROUND // 20, n) if cut.disk is Disk.FORGETS
        )
        assert missed, "a setting that loses sales was not found out"
    return {
        "cuts": CUTS_A_ROUND,
        "states": len(states),
        "sales lost": 0,
        "sales lost with NORMAL, as they should": missed,
    }


GATE = Gate(
    "10,000 power cuts on disks that forget, reorder and tear: 0 sales lost that were told, 0 files that do not open",
    ROUNDS,
    one,
)
