"""A till's journal on disk, as tests of durability need it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from retail_core.domain.events import AuditNoted, FulfilmentEvent, FulfilmentFact
from retail_core.domain.ids import OrderId
from retail_core.durable.engine import Connection, open_ro, open_rw
from retail_core.durable.guard import Guard
from retail_core.durable.journal import FIRST_START, JOURNAL_TABLES, Journal, Stamp
from retail_core.durable.migrate import ensure_schema
from retail_core.durable.segments import SEGMENT_STEP, History
from retail_core.durable.verify import Report, verify_file
from retail_core.trust.keys import SigningKey
from retail_core.wire.envelope import Private, StreamEntry, commitment

NODE = "node-T1"
DATABASE_KEY = bytes(range(32))
SIGNING_KEY = SigningKey.new()
STEPS = ((*JOURNAL_TABLES, *SEGMENT_STEP),)
LENA = b'{"name":"Lena Fischer"}'


@dataclass
class TillFile:
    """An open till.db with nothing but its journal."""

    path: Path
    conn: Connection
    journal: Journal
    guard: Guard | None
    history: History
    made: int = 0
    day: str = "2026-11-23"

    def stamp(self) -> Stamp:
        self.made += 1
        return Stamp(f"{self.journal.epoch or 'new'}-{self.journal.head.seq:04d}-{self.made}", 1000, self.day, "op-1")

    def open_epoch(self, epoch: str, series: str = "A", why: str = FIRST_START, above: int = 0) -> StreamEntry:
        with self.journal.transaction(self.path):
            if self.guard:
                self.guard.note_series(NODE, epoch, series)
            return self.journal.open_epoch(epoch, series, why, self.stamp(), above)

    def write(self, n: int = 1) -> None:
        """`n` entries, each in its own transaction."""
        for _ in range(n):
            with self.journal.transaction(self.path):
                self.journal.append(AuditNoted("signed_in", "op-1", self.made), self.stamp())

    def write_at_once(self, n: int) -> None:
        """`n` entries in one transaction."""
        with self.journal.transaction(self.path):
            for _ in range(n):
                self.journal.append(AuditNoted("signed_in", "op-1", self.made), self.stamp())

    def hand_over(self) -> StreamEntry:
        """An entry with a personal part."""
        person = Private(self.made.to_bytes(16, "big"), LENA)
        event = FulfilmentEvent(FulfilmentFact.COLLECTED, OrderId("O-1"), 9, proof="code", commit=commitment(person))
        with self.journal.transaction(self.path):
            return self.journal.append(event, self.stamp(), person)


@contextmanager
def till_file(path: Path, *, guarded: bool = False) -> Iterator[TillFile]:
    """The file as the till opens it; made when it isn't there."""
    conn = open_rw(path, DATABASE_KEY)
    try:
        ensure_schema(conn, path, STEPS)
        guard = Guard(path.with_suffix(".guard")) if guarded else None
        with closing(History(conn, path, DATABASE_KEY)) as history:
            journal = Journal(conn, NODE, SIGNING_KEY.sign, guard, history.entries_after)
            yield TillFile(path, conn, journal, guard, history)
    finally:
        conn.close()


@contextmanager
def reading(path: Path) -> Iterator[Connection]:
    conn = open_ro(path, DATABASE_KEY)
    try:
        yield conn
    finally:
        conn.close()


def verified(path: Path) -> Report:
    return verify_file(path, DATABASE_KEY, {NODE: SIGNING_KEY.public_text})
