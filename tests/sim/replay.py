"""Run one seed and say how to run it again."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.sim.faults import BROUGHT_OUT_BY, Planted
from tests.sim.keyed import Shelf
from tests.sim.plan import LONG_DAY_MS, Plan
from tests.sim.violation import ViolationError
from tests.sim.world import World

ROOT = Path(__file__).parents[2]


def commit() -> str:
    """The commit of the work tree, with + when it has changes; "unknown" outside a repository."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True)
        return done.stdout.strip()

    try:
        head, changes = git("rev-parse", "--short", "HEAD"), git("status", "--porcelain")
    except OSError:
        return "unknown"
    return f"{head}{'+' if changes else ''}" if head else "unknown"


def plan_of(seed: int, planted: Planted | None = None, *, long: bool = False) -> Plan:
    """The day of a seed; with a planted fault, one of the days that bring it out."""
    if long:
        return Plan.long(seed)
    return Plan.drawn(seed, BROUGHT_OUT_BY[planted]) if planted else Plan.drawn(seed)


@contextmanager
def world_of(plan: Plan, planted: Planted | None = None) -> Iterator[World]:
    """The world of a day before its first moment; the files of a keyed one are gone afterwards."""
    if not plan.keyed:
        yield World(plan, planted)
        return
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory, prefix="omnitill-day-") as folder:
        shelf = Shelf(Path(folder))
        with shelf.close:
            yield World(plan, planted, shelf)


def run_day(plan: Plan, planted: Planted | None = None) -> World:
    """One simulated day. Raises ViolationError with the seed, the commit and the command that replays it."""
    with world_of(plan, planted) as world:
        try:
            world.run()
        except AssertionError as broken:
            asked = (f" --planted {planted.name}" if planted else "") + (
                " --long" if plan.day_ms == LONG_DAY_MS else ""
            )
            again = f"python -m tests.sim {plan.seed}{asked}"
            raise ViolationError(
                f"seed {plan.seed} ({plan.theme}) at commit {commit()}: {broken}\n  replay: {again}\n"
                f"  trace {world.clockwork.trace_digest[:16]} after {world.clockwork.now_ms} ms"
            ) from broken
        return world
