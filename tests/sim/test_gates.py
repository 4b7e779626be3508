"""A long proof that was stopped goes on where it stopped, and says so when a promise is broken."""

import json
from pathlib import Path

import pytest

from tests.gates import GATES, Figures, Gate, load
from tests.gates.__main__ import MAX_BROKEN, Progress, report, run


def halves(n: int) -> Figures:
    if n % 2:
        raise AssertionError(f"unit {n} was odd")
    return {"even": 1}


@pytest.mark.parametrize("name", sorted(GATES))
def test_every_gate_of_the_table_can_be_loaded(name: str) -> None:
    assert load(name).units > 0


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    path, gate = tmp_path / "X.json", Gate("all even", 4, lambda n: {"done": 1})
    first = Progress.begin(path, "X", gate, fresh=False)
    run(gate, first, path, last=3, minutes=1)
    assert report(first, path) == 2
    second = Progress.begin(path, "X", gate, fresh=False)
    assert second.done == 3
    run(gate, second, path, last=4, minutes=1)
    assert report(second, path) == 0
    assert json.loads(path.read_text())["figures"] == {"done": 4}
    assert Progress.begin(path, "X", gate, fresh=False).done == 0  # complete: the next run is a new one


def test_a_broken_promise_is_counted_and_named(tmp_path: Path) -> None:
    path, gate = tmp_path / "X.json", Gate("all even", 1_000, halves)
    progress = Progress.begin(path, "X", gate, fresh=True)
    run(gate, progress, path, last=1_000, minutes=1)
    assert report(progress, path) == 1
    assert len(progress.broken) == MAX_BROKEN
    assert progress.broken["1"] == "unit 1 was odd"
