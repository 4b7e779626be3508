"""`make gate P=R5`: run a long proof, go on where the last run of this commit stopped, write its figures to a file."""

import argparse
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from tests.gates import GATES, WORST, Gate, load
from tests.sim.replay import commit

SAVE_EVERY_S = 5.0
INTERRUPTED = 143
MAX_BROKEN = 20
"""After so many broken units there is nothing more to learn from the rest."""


@dataclass
class Progress:
    """What is in the file: enough to go on, and to quote."""

    gate: str
    promise: str
    commit: str
    units: int
    done: int = 0
    seconds: float = 0.0
    broken: dict[str, str] = field(default_factory=dict)
    figures: dict[str, float] = field(default_factory=dict)

    @classmethod
    def begin(cls, path: Path, name: str, gate: Gate, *, fresh: bool) -> Self:
        """Read what an earlier run of the same commit left, else begin anew."""
        new = cls(name, gate.promise, commit(), gate.units)
        if fresh or not path.exists():
            return new
        old = cls(**json.loads(path.read_text()))
        same = (old.commit, old.units, old.promise) == (new.commit, new.units, new.promise)
        return old if same and old.done < old.units else new

    def save(self, path: Path) -> None:
        """Whole or not at all, so that a stopped run can go on."""
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(asdict(self), indent=1) + "\n")
        draft.replace(path)


def main() -> int:
    """Exit code 0 when the promise held, 1 when it was broken, 2 when the run is not complete."""
    parser = argparse.ArgumentParser(prog="make gate")
    parser.add_argument("gate", nargs="?", choices=sorted(GATES))
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--minutes", type=float, default=150.0, help="stop after so long; the next run goes on")
    parser.add_argument("--units", type=int, default=0, help="only so many more units, for a look")
    parser.add_argument("--out", type=Path, default=Path("gate-out"))
    asked = parser.parse_args()
    if asked.gate is None:
        for name in GATES:
            print(f"  make gate P={name:<4} {load(name).promise}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))  # so that nothing it started is left running
    asked.out.mkdir(exist_ok=True)
    (asked.out / ".gitignore").write_text("*\n")
    path = asked.out / f"{asked.gate}.json"
    gate = load(asked.gate)
    progress = Progress.begin(path, asked.gate, gate, fresh=asked.fresh)
    print(f"{asked.gate} at commit {progress.commit}: {gate.promise}\n  from unit {progress.done} of {gate.units}")
    last = min(gate.units, progress.done + asked.units) if asked.units else gate.units
    run(gate, progress, path, last, asked.minutes)
    return report(progress, path)


def run(gate: Gate, progress: Progress, path: Path, last: int, minutes: float) -> None:
    """Do units until `last`, the time is over, or too much is broken."""
    begun = saved = time.monotonic()
    before_s = progress.seconds
    while progress.done < last and len(progress.broken) < MAX_BROKEN:
        try:
            for name, value in gate.one(progress.done).items():
                before = progress.figures.get(name, 0)
                progress.figures[name] = max(before, value) if name.startswith(WORST) else before + value
        except AssertionError as broken:
            progress.broken[str(progress.done)] = str(broken)
            print(f"  unit {progress.done} BROKEN: {broken}", flush=True)
        progress.done += 1
        now = time.monotonic()
        progress.seconds = round(before_s + now - begun, 1)
        if now - saved >= SAVE_EVERY_S:
            saved = now
            progress.save(path)
            print(f"  {progress.done} of {progress.units}, {progress.seconds:.0f} s", flush=True)
        if now - begun >= minutes * 60:
            break
    progress.save(path)


def report(progress: Progress, path: Path) -> int:
    """The last lines, and the exit code."""
    for name, value in progress.figures.items():
        print(f"    {name}: {value:,.10g}")
    held = f"{len(progress.broken)} broken" if progress.broken else "held"
    print(f"{progress.gate}: {progress.done} of {progress.units} units in {progress.seconds:.0f} s, {held}; {path}")
    if progress.broken:
        return 1
    return 0 if progress.done == progress.units else 2


if __name__ == "__main__":
    sys.exit(main())
