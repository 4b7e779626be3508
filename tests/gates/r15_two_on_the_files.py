"""R15: till and agent killed on the files that both use, a second one refused; and every process of a chain killed in turn."""

import tempfile
from pathlib import Path

from tests.agent.town import Hq
from tests.chaos.test_kills import SEED, kill_all_in_turn, kill_on_files
from tests.gates import Figures, Gate

KILLS_ON_FILES, ROUNDS_ON_FILES = 100, 20
KILLS_OF_ALL, ROUNDS_OF_ALL = 50, 4


def one(n: int) -> Figures:
    """A hundred kills on the files of one machine, or after those rounds fifty in a store of two with its head office."""
    with tempfile.TemporaryDirectory() as folder:
        hq = Hq(Path(folder) / "hq")
        try:
            store = hq.store("S1500")
            if n < ROUNDS_ON_FILES:
                figures = kill_on_files(hq, Path(folder), store, KILLS_ON_FILES, SEED + n)
                return {"kills on the files of both": KILLS_ON_FILES, "sales there": figures["sales"]}
            figures = kill_all_in_turn(hq, Path(folder), store, KILLS_OF_ALL, SEED + n)
        finally:
            hq.close()
    return {
        "kills of every process in turn": KILLS_OF_ALL,
        "sales then": figures["sales"],
        "worst wait at the end, s": figures["worst wait at the end, s"],
    }


GATE = Gate(
    "1,000 kills each of till and agent on their files, 200 of every process in turn: 0 rows lost, files whole, a second till refused",
    ROUNDS_ON_FILES + ROUNDS_OF_ALL,
    one,
)
