"""The long proofs of `make gate`: each a promise with a figure, run in units, so that a stopped run goes on later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

Figures = Mapping[str, float]
WORST = "worst"


@dataclass(frozen=True)
class Gate:
    """A promise and how to try it.

    `one(n)` runs unit n of `units` and returns figures, which are added up over all units; of one whose name begins
    with "worst" the highest is kept. It raises AssertionError, with what is needed to do it again, when the promise is
    broken.
    """

    promise: str
    units: int
    one: Callable[[int], Figures]


GATES: Mapping[str, str] = MappingProxyType(
    {
        "R1": "tests.gates.r1_kills",
        "R2": "tests.gates.r2_payments",
        "R3": "tests.gates.r3_power_cuts",
        "R5": "tests.gates.r5_simulation",
        "R6": "tests.gates.r6_bad_lines",
        "R7": "tests.gates.r7_no_network",
        "R8": "tests.gates.r8_week_offline",
        "R11": "tests.gates.r11_clocks",
        "R15": "tests.gates.r15_two_on_the_files",
    }
)
"""Promise → module with a `GATE`. To add one, write its module and its line."""


def load(name: str) -> Gate:
    """The gate of a promise; its module is only imported when it is asked for."""
    gate = import_module(GATES[name]).GATE
    assert isinstance(gate, Gate)
    return gate
