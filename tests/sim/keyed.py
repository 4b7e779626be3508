"""Real keyed SQLite files under a simulated day: the product's own storage code keeps what the rest of the days keep in memory.

Each disk here has two sides. The file answers whatever the protocol asks; the twin in memory is what it must be at the
end, and what the checks of every other day look at.
"""

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Self

from pos_app.storage.schema import TILL_STEPS
from retail_core.domain.events import Event, SaleCompleted
from retail_core.durable.backup import back_up
from retail_core.durable.engine import Connection, open_rw, transaction
from retail_core.durable.inbox import inbox_head
from retail_core.durable.journal import Journal as RealJournal
from retail_core.durable.journal import Stamp, chain_hash_at, entries_after, stream_head
from retail_core.durable.migrate import ensure_schema
from retail_core.durable.segments import History
from retail_core.wire.claim_rounds import UnitsReply, UnitsRequest
from retail_core.wire.envelope import Entry, Head, Signer, StreamEntry, StreamId
from retail_core.wire.messages import PushAnswer, PushHeader
from sync_agent.storage import streams, units
from sync_agent.storage.files import Files
from sync_agent.storage.store_tables import prepare_store
from sync_agent.storage.streams import Answer
from tests.sim.disks import Copies, Imaged, TillDisk

KEY = bytes(range(32))
_numbers = count()


class Shelf:
    """The folder of one keyed day, and what must be closed at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.close = ExitStack()

    def path(self, kind: str) -> Path:
        """A file that is not there yet."""
        return self.folder / f"{kind}-{next(_numbers)}.db"


class StoreFile(Files):
    """store.db alone, on the thread that opened it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.store = open_rw(path, KEY)
        prepare_store(self.store, path)
        self.history = History(self.store, path, KEY)

    @property
    def store_path(self) -> Path:
        return self._path


class KeyedCopies(Copies):
    """What an agent keeps for others."""

    def __init__(self, shelf: Shelf, path: Path | None = None) -> None:
        super().__init__()
        self._shelf = shelf
        self.file = StoreFile(path or shelf.path("store"))
        shelf.close.callback(self.file.store.close)
        shelf.close.callback(self.file.history.close)

    def receive(self, header: PushHeader, entries: Sequence[StreamEntry], now_ms: int) -> Answer:
        """A neighbour's batch, by the agent's own code; the twin follows when it was taken."""
        source = header.stream
        answer = streams.receive(self.file, header, entries, now_ms)
        if isinstance(answer, PushAnswer):
            here = super().head(source)
            if here is None:
                here = Head(header.from_seq, header.prev_hash)
                super().begin(source, here)
            for placed in entries:
                if placed.seq > here.seq:
                    super().put(source, placed)
        return answer

    def head(self, stream: StreamId) -> Head | None:
        return inbox_head(self.file.store, stream)

    def entries_after(self, stream: StreamId, seq: int, limit: int) -> Sequence[StreamEntry]:
        base = self.streams[stream].base.seq if stream in self.streams else 0
        return entries_after(self.file.store, stream, max(seq, base), limit)

    def note_units(self, event: SaleCompleted, entry: Entry, came_back: Callable[[str], Collection[int]]) -> None:
        """What the store role notes of a sale."""
        with transaction(self.file.store, self.file.store_path):
            units.note(self.file.store, event, entry.node, entry.at, came_back)

    def claim_units(self, holder: str, request: UnitsRequest, now_ms: int) -> UnitsReply:
        """What it answers of tagged units."""
        with transaction(self.file.store, self.file.store_path):
            return units.claim(self.file.store, holder, request, now_ms)

    def image(self) -> Self:
        """A backup by SQLite's own means, put into use as another file."""
        path = self._shelf.path("store")
        back_up(self.file.store_path, KEY, path)
        twin = type(self)(self._shelf, path)
        _copy_twin(self, twin)
        return twin

    def differences(self) -> list[str]:
        """Streams whose file is not what its twin is."""
        return [
            stream.node for stream, kept in self.streams.items() if not _same(self.file.store, self, stream, kept.base)
        ]


class KeyedTill(TillDisk):
    """till.db, written by the product's journal."""

    def __init__(self, shelf: Shelf, node: str, sign: Signer, path: Path | None = None) -> None:
        super().__init__()
        self._shelf, self._node, self._sign = shelf, node, sign
        self._path = path or shelf.path("till")
        self.conn = self._open()
        self.journal = RealJournal(self.conn, node, sign)

    def _open(self) -> Connection:
        conn = open_rw(self._path, KEY)
        self._shelf.close.callback(conn.close)
        ensure_schema(conn, self._path, TILL_STEPS)
        return conn

    def read_again(self) -> None:
        """The program was killed and starts: all it knows is what lies in the file."""
        self.conn.close()
        self.conn = self._open()
        self.journal = RealJournal(self.conn, self._node, self._sign)

    def write(self, event: Event, stamp: Stamp) -> StreamEntry:
        """One fact in a transaction of its own."""
        with self.journal.transaction(self._path):
            placed = self.journal.append(event, stamp)
        super().begin(self.journal.stream, Head())
        super().put(self.journal.stream, placed)
        self.origin = Head(placed.entry.seq, placed.entry.entry_hash)
        return placed

    def open_epoch(self, epoch: str, series: str, why: str, stamp: Stamp, above: int) -> StreamEntry:
        """A new epoch, with what HQ may lack of the old one published again."""
        with self.journal.transaction(self._path):
            opened = self.journal.open_epoch(epoch, series, why, stamp, above)
        self.epochs.append(epoch)
        stream = self.journal.stream
        super().begin(stream, Head())
        for placed in entries_after(self.conn, stream, 0, 1 << 30):
            super().put(stream, placed)
        self.origin = Head(opened.entry.seq, opened.entry.entry_hash)
        return opened

    def head(self, stream: StreamId) -> Head | None:
        return stream_head(self.conn, stream) if stream in self.streams else None

    def hash_at(self, stream: StreamId, seq: int) -> bytes | None:
        return chain_hash_at(self.conn, stream, seq)

    def entries_after(self, stream: StreamId, seq: int, limit: int) -> Sequence[StreamEntry]:
        return entries_after(self.conn, stream, seq, limit)

    def image(self) -> Self:
        path = self._shelf.path("till")
        back_up(self._path, KEY, path)
        twin = type(self)(self._shelf, self._node, self._sign, path)
        _copy_twin(self, twin)
        return twin

    def differences(self) -> list[str]:
        """Streams whose file is not what its twin is."""
        return [stream.epoch for stream in self.streams if not _same(self.conn, self, stream, Head())]


def _same(conn: Connection, twin: Copies, stream: StreamId, base: Head) -> bool:
    expected = Copies.entries_after(twin, stream, base.seq, 1 << 30)
    found = entries_after(conn, stream, base.seq, 1 << 30)
    return [(one.seq, one.chain_hash, one.entry.id, one.entry.body) for one in found] == [
        (one.seq, one.chain_hash, one.entry.id, one.entry.body) for one in expected
    ]


def _copy_twin(old: Copies, new: Copies) -> None:
    """The side in memory of a disk that was copied."""
    twin = Imaged.image(old)
    for name, value in vars(twin).items():
        if name not in _FILE_SIDE:
            setattr(new, name, value)


_FILE_SIDE = frozenset({"_shelf", "_node", "_sign", "_path", "conn", "journal", "file"})
