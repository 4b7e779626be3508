"""How figures are taken: product and reference in turn, the median of paired ratios, and counts that do not vary.

Wall time alone says little on a shared machine, so every goal on time is a ratio, a count, or processor time.
"""

import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache

ROUNDS = 7


@dataclass(frozen=True)
class Result:
    """One figure. `row` is the number of the goal in performance terms; `met` is None for a figure without a goal."""

    row: str
    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    reference: float | None = None
    ratio: float | None = None

    def line(self) -> Mapping[str, object]:
        return asdict(self) | {"machine": machine(), "commit": commit()}


@cache
def machine() -> str:
    import os

    return f"{platform.machine()} {os.cpu_count()} cores, Python {platform.python_version()}"


@cache
def commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def timed(act: Callable[[], object]) -> float:
    """Seconds of wall time."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def cpu(act: Callable[[], object]) -> float:
    """Seconds of this process's processor time, all threads."""
    start = time.process_time()
    act()
    return time.process_time() - start


def paired(
    product: Callable[[], object], reference: Callable[[], object], rounds: int = ROUNDS
) -> tuple[float, float, float]:
    """(median product, median reference, median of the paired ratios), both run in turn each round."""
    pairs = [(timed(product), timed(reference)) for _ in range(rounds)]
    ratios = [mine / other for mine, other in pairs]
    return (
        statistics.median(mine for mine, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(ratios),
    )


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of the values lie (0 < part ≤ 1)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
