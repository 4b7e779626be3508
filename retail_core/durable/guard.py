"""A small file outside the database that remembers how far the journal has come.

Someone who puts yesterday's database back does not put the guard back with it. It is written every 32 entries, ahead
of them, so a crash never looks like a rollback, and at an orderly end, so that a copy of the day before is always noticed. That it survives a power cut matters only for number series: an older
guard merely notices less, so it is not synced and a sale costs no second sync.
"""

from contextlib import suppress
from pathlib import Path

import msgspec

from retail_core.durable.files import write_atomic, write_whole

RESERVE = 32


class GuardState(msgspec.Struct, frozen=True):
    """Entries of `epoch` up to `reserved_upto` may exist, those up to `certain` do; `series` were ever begun here."""

    node: str
    epoch: str
    reserved_upto: int
    series: tuple[str, ...] = ()
    certain: int = 0


class Guard:
    """The guard file of one journal."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.state = self._read()

    def rolled_back(self, node: str, epoch: str, head_seq: int) -> bool:
        """True when the journal is further back than a crash can explain. A missing guard proves nothing."""
        if self.state is None or self.state.node != node:
            return False
        if self.state.epoch != epoch:
            return True
        return head_seq < self.state.certain

    def reserve(self, node: str, epoch: str, seq: int, certain: int) -> None:
        """Call before committing entry `seq`, `certain` being the last committed one; writes once in 32 entries."""
        known = self.state
        if known and (known.node, known.epoch) == (node, epoch) and seq <= known.reserved_upto:
            return
        self.state = GuardState(node, epoch, seq + RESERVE - 1, self.series, certain)
        write_whole(self._path, msgspec.json.encode(self.state))

    def settle(self, node: str, epoch: str, committed: int) -> None:
        """Call at an orderly end, everything up to `committed` being durable. A disk that takes no more is no reason to fail."""
        known = self.state
        if known and (known.node, known.epoch) == (node, epoch) and committed > known.certain:
            self.state = msgspec.structs.replace(known, certain=committed)
            with suppress(OSError):
                write_whole(self._path, msgspec.json.encode(self.state))

    @property
    def series(self) -> tuple[str, ...]:
        """Number series begun here, also those a rolled-back database has forgotten."""
        return self.state.series if self.state else ()

    def note_series(self, node: str, epoch: str, series: str) -> None:
        """Call before committing the epoch that begins `series`."""
        self.state = GuardState(node, epoch, RESERVE, (*self.series, series))
        write_atomic(self._path, msgspec.json.encode(self.state))

    def _read(self) -> GuardState | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=GuardState)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
