"""300 simulated days of a store, some of them on real files: nothing is lost, nothing is doubled, and every planted fault is
noticed.
"""

import os
import subprocess
import sys
from collections import Counter

import pytest
from msgspec.structs import replace

from tests.sim.faults import Planted
from tests.sim.plan import KEYED_FIRST, SALES_MOST, THEMES, Plan
from tests.sim.replay import ROOT, plan_of, run_day
from tests.sim.violation import ViolationError

SEEDS = 300
PER_TEST = 50
PLANTED_WITHIN = 20


@pytest.mark.parametrize("first", range(0, SEEDS, PER_TEST))
def test_every_sale_reaches_hq_once_whatever_happens(first: int) -> None:
    for seed in range(first, first + PER_TEST):
        world = run_day(Plan.drawn(seed))
        assert all(till.sold <= SALES_MOST for till in world.tills)


def noticed(planted: Planted) -> str:
    """The first violation that a planted fault leads to."""
    for seed in range(PLANTED_WITHIN):
        try:
            run_day(plan_of(seed, planted), planted)
        except ViolationError as violation:
            return str(violation)
    return ""


@pytest.mark.parametrize("planted", list(Planted), ids=lambda planted: planted.name.lower())
def test_a_planted_fault_is_noticed(planted: Planted) -> None:
    assert noticed(planted), f"{planted.value}: nothing noticed in {PLANTED_WITHIN} days"


def test_the_days_are_bad_enough() -> None:
    happened: Counter[str] = Counter()
    for seed in range(2 * len(THEMES)):
        happened.update(run_day(Plan.drawn(seed)).figures())
    wanted = {
        "sales", "messages lost", "messages repeated", "crashes", "disks replaced", "forks seen", "epochs opened again",
        "sync.salvage", "events destroyed everywhere", "HQ restored", "clock jumps", "store role taken", "store role left",
        "orders accepted", "orders ready", "orders collected", "orders cancel_confirmed", "orders short",
        "hand-overs refused", "baskets taken up", "baskets left where they are", "cards taken", "cards refused",
        "cards in use elsewhere", "goods taken back", "returns refused", "shelves right to the unit", "shelves in doubt", "drawers right",
        "claims Granted", "claims Refused", "claims NobodyAnswered", "claims given back", "payments that came to nothing",
        "tagged goods sold", "units of another till", "units sold twice", "units in order",
    }  # fmt: skip
    assert not {what for what in wanted if not happened[what]}


def test_a_day_on_real_files_goes_as_the_same_day_in_memory() -> None:
    plan = Plan.drawn(KEYED_FIRST)
    assert plan.keyed
    on_files, in_memory = run_day(plan), run_day(replace(plan, keyed=False))
    assert on_files.clockwork.trace == in_memory.clockwork.trace


def test_a_seed_replays_exactly() -> None:
    first, second = (run_day(Plan.drawn(4)).clockwork for _ in range(2))
    assert first.trace == second.trace
    assert first.now_ms == second.now_ms


def test_a_failing_seed_replays_in_another_process_and_names_seed_and_commit() -> None:
    said = noticed(Planted.NO_EPOCH)
    seed = said.split()[1]
    command = [sys.executable, "-m", "tests.sim", seed, "--planted", Planted.NO_EPOCH.name]
    assert f"replay: python {' '.join(command[1:])}" in said
    assert "at commit" in said
    for hash_seed in ("1", "2"):  # the order of sets and dicts of text must not matter
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        again = subprocess.run(
            command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=60
        )
        assert again.returncode == 1
        assert again.stdout.splitlines()[-1].split(":")[0].strip() in said
