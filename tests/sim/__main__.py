"""`python -m tests.sim SEED [--planted NAME] [--trace]`: replay one simulated day."""

import argparse
import sys

from tests.sim.faults import Planted
from tests.sim.replay import plan_of, world_of

HELD = "nothing lost, nothing doubled"


def main() -> int:
    """Exit code 1 when something was violated."""
    parser = argparse.ArgumentParser(prog="python -m tests.sim")
    parser.add_argument("seed", type=int)
    parser.add_argument("--planted", choices=[planted.name for planted in Planted])
    parser.add_argument("--long", action="store_true", help="a day of the gate instead of the suite's")
    parser.add_argument("--trace", action="store_true", help="print what happened, millisecond by millisecond")
    asked = parser.parse_args()
    planted = Planted[asked.planted] if asked.planted else None
    plan = plan_of(asked.seed, planted, long=asked.long)
    outcome = HELD
    with world_of(plan, planted) as world:
        try:
            world.run()
        except AssertionError as broken:
            outcome = str(broken)
    if asked.trace:
        print("\n".join(world.clockwork.trace))
    print(plan)
    print(world.figures())
    print(f"trace {world.clockwork.trace_digest[:16]} after {world.clockwork.now_ms} ms: {outcome}")
    return 0 if outcome == HELD else 1


if __name__ == "__main__":
    sys.exit(main())
