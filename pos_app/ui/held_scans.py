"""Scans that came while they could not be taken: kept in their order, never more than a bound, none dropped unseen."""

from dataclasses import dataclass

MAX_HELD_SCANS = 50


@dataclass(frozen=True, slots=True)
class HeldScan:
    label: str
    source: str
    problem: str = ""  # the code of what was wrong with the read
    pairs: bool = False


class HeldScans:
    def __init__(self) -> None:
        self._scans: list[HeldScan] = []

    def __len__(self) -> int:
        return len(self._scans)

    def hold(self, scan: HeldScan) -> bool:
        """Keep it for later; False when no more can be kept, and the cashier must be told."""
        if len(self._scans) >= MAX_HELD_SCANS:
            return False
        self._scans.append(scan)
        return True

    def take(self) -> list[HeldScan]:
        """All that were held, oldest first; from now on none is."""
        taken, self._scans = self._scans, []
        return taken
