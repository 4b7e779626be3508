"""Files of batch scanners put onto the open sale, line by line, as if each code had been scanned.

A file is read once: it is renamed when it was taken, so that pressing the key twice sells nothing twice. What could not
be read or added is told with its line; nothing is left out silently.
"""

from dataclasses import dataclass
from pathlib import Path

from pos_app.devices.scanner.batch_file import BadLine, read_batch
from pos_app.service.outcome import OutcomeKind
from pos_app.service.selling import Selling
from retail_core.domain.errors import EnvironmentFault
from retail_core.domain.quantity import ONE

FOLDER = "batch"
ENDINGS = frozenset({".csv", ".txt", ".dat"})
TAKEN = ".taken"
MAX_FILES = 20
MAX_BYTES = 5_000_001  # one more than a file may have, so that a larger one is noticed
SOURCE = "batch file"


@dataclass(frozen=True)
class Imported:
    """What came of the files: how many there were, codes put on the sale, and lines that need somebody."""

    files: int
    codes: int
    units: int
    bad: tuple[BadLine, ...]


def import_batches(home: Path, selling: Selling) -> Imported:
    """Put every file in the folder `batch` of `home` on the sale. Raises EnvironmentFault `batch.unreadable`."""
    folder = home / FOLDER
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in ENDINGS) if folder.is_dir() else []
    codes = units = 0
    bad: list[BadLine] = []
    for file in files[:MAX_FILES]:
        try:
            with file.open("rb") as opened:
                data = opened.read(MAX_BYTES)
            file.rename(file.with_name(file.name + TAKEN))
        except OSError as trouble:
            raise EnvironmentFault("batch.unreadable", file=file.name, why=str(trouble)[:80]) from trouble
        batch = read_batch(data)
        bad += batch.bad
        for line in batch.lines:
            code = _add(selling, line.label, line.count)
            if code:
                bad.append(BadLine(line.number, code, line.label[:60]))
            else:
                codes, units = codes + 1, units + line.count
    return Imported(len(files[:MAX_FILES]), codes, units, tuple(bad))


def _add(selling: Selling, label: str, count: int) -> str:
    """Why it could not be added; empty when it stands on the sale, as a red line too."""
    selling.multiplier_milli = count * ONE if count > 1 else None
    outcome = selling.scan(label, SOURCE)
    selling.clear_multiplier()
    if outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.ORDER):
        return outcome.code or "scan.not_for_pickup"
    return ""
