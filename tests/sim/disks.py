"""What is on the simulated disks. A disk can be imaged, and an old image can be put back."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Self

import msgspec

from retail_core.domain.claims import ClaimKind, Held
from retail_core.domain.events import FulfilmentEvent, SoldLine
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.ids import InstrumentId
from retail_core.domain.shared import BackPart, Shared, SharedKind
from retail_core.domain.shared_order import Steps
from retail_core.domain.value import Instrument, OwnMove
from retail_core.sync.storerole import StoreRole
from retail_core.wire.envelope import GENESIS, Entry, Head, StreamEntry, StreamId

GENESIS_HEAD = Head()
Thing = tuple[SharedKind, str]


def fast_sign(node: str, data: bytes) -> bytes:
    """64 bytes that only depend on node and data: a stand-in for ES256, which would take most of the time."""
    return sha256(node.encode() + data).digest() * 2


class Imaged:
    """Content that can be copied as a backup would: containers anew, the immutable events in them shared."""

    def image(self) -> Self:
        twin = copy.copy(self)
        for name, value in vars(self).items():
            setattr(twin, name, _image(value))
        return twin


def _image(value: object) -> object:
    if isinstance(value, Imaged):
        return value.image()
    if isinstance(value, dict):
        return {key: _image(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, list) else value


@dataclass
class Kept(Imaged):
    """One stream of a copy: positions by id, as `durable.inbox` keeps them."""

    base: Head
    rows: list[tuple[str, bytes]] = field(default_factory=list)
    told: int = 0  # up to where HQ's acknowledgement was found to be true

    @property
    def head(self) -> Head:
        return Head(self.base.seq + len(self.rows), self.rows[-1][1]) if self.rows else self.base

    def hash_at(self, seq: int) -> bytes | None:
        if seq == 0:
            return GENESIS
        if seq == self.base.seq:
            return self.base.chain_hash
        i = seq - self.base.seq - 1
        return self.rows[i][1] if 0 <= i < len(self.rows) else None


@dataclass
class Copies(Imaged):
    """Events by id and the streams they came by: the journal of a till, the copy of an agent, the inbox of HQ."""

    events: dict[str, Entry] = field(default_factory=dict)
    streams: dict[StreamId, Kept] = field(default_factory=dict)

    def head(self, stream: StreamId) -> Head | None:
        kept = self.streams.get(stream)
        return kept.head if kept else None

    def hash_at(self, stream: StreamId, seq: int) -> bytes | None:
        kept = self.streams.get(stream)
        return kept.hash_at(seq) if kept else (GENESIS if seq == 0 else None)

    def kept_hash_at(self, stream: StreamId, seq: int) -> bytes | None:
        """The same as a receiver answers it: nothing is known below the base of a copy."""
        return self.hash_at(stream, seq) if seq >= self.streams[stream].base.seq else None

    def entries_after(self, stream: StreamId, seq: int, limit: int) -> Sequence[StreamEntry]:
        kept = self.streams.get(stream)
        if kept is None:
            return ()
        start = max(0, seq - kept.base.seq)
        return [
            StreamEntry(kept.base.seq + i + 1, kept.rows[i][1], self.events[kept.rows[i][0]])
            for i in range(start, min(len(kept.rows), start + limit))
            if kept.rows[i][0] in self.events
        ]

    def begin(self, stream: StreamId, base: Head) -> None:
        self.streams.setdefault(stream, Kept(base))

    def put(self, stream: StreamId, placed: StreamEntry, *, keep_sig: bool = True) -> None:
        """Append one position; a signature that comes with a later copy of an event is kept."""
        known = self.events.get(placed.entry.id)
        if known is None:
            self.events[placed.entry.id] = placed.entry
        elif keep_sig and not known.sig and placed.entry.sig:
            self.events[placed.entry.id] = msgspec.structs.replace(known, sig=placed.entry.sig)
        self.streams[stream].rows.append((placed.entry.id, placed.chain_hash))


@dataclass
class OwnDisk(Copies):
    """A journal that is written here, with its epochs."""

    epochs: list[str] = field(default_factory=list)
    origin: Head = GENESIS_HEAD  # last seq and entry hash of the current epoch's own chain


@dataclass
class TillDisk(OwnDisk):
    """till.db: the journal, receipt numbers, and what this till knows of its own doing."""

    epochs_series: list[str] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)  # the last receipt number by series
    here: dict[str, OrderDoc] = field(default_factory=dict)
    parked: dict[str, int] = field(default_factory=dict)  # when a basket was put aside, by its sale
    taken_up: dict[tuple[str, int], str] = field(
        default_factory=dict
    )  # baskets of others, and the sales they went on as
    moves: dict[InstrumentId, list[OwnMove]] = field(default_factory=dict)
    back: dict[str, list[BackPart]] = field(default_factory=dict)
    drawer: str = ""  # the session that is open


@dataclass
class GuardFile(Imaged):
    """What `durable.guard` keeps beside the database."""

    epoch: str = ""
    reserved_upto: int = 0
    series: list[str] = field(default_factory=list)


class UnitSold(msgspec.Struct, frozen=True):
    """Which line of which receipt a tagged unit was sold on, where and when."""

    receipt: str
    n: int
    node: str
    at_ms: int


@dataclass
class Board(Imaged):
    """What the store role tells and decides, in store.db."""

    source: str = ""
    rev: int = 0
    told: dict[Thing, tuple[int, Shared]] = field(default_factory=dict)
    through: dict[StreamId, int] = field(default_factory=dict)
    claims: dict[tuple[ClaimKind, str], Held] = field(default_factory=dict)
    steps: dict[str, Steps] = field(default_factory=dict)  # of orders, read before the step they follow
    read: dict[str, int] = field(default_factory=dict)  # events it is folded from, and how many came before each
    units: dict[str, UnitSold] = field(default_factory=dict)  # sold and not come back, by key


@dataclass
class Shown(Imaged):
    """What came of it into link.db."""

    source: str = ""
    rev: int = 0
    rows: dict[Thing, Shared] = field(default_factory=dict)


@dataclass
class AgentDisk(Imaged):
    """link.db and store.db of an agent, with the guard of its own journal."""

    kept: Copies = field(default_factory=Copies)
    own: OwnDisk = field(default_factory=OwnDisk)
    guard: GuardFile = field(default_factory=GuardFile)
    sent: dict[tuple[str, StreamId], tuple[Head, Head]] = field(default_factory=dict)
    hq_acks: dict[StreamId, Head] = field(default_factory=dict)
    forks: dict[str, Head] = field(default_factory=dict)
    docs: dict[str, bytes] = field(default_factory=dict)
    cursor: int = 0
    generation: str = ""
    refill: list[StreamId] = field(default_factory=list)  # to be compared with HQ, which came back from a backup
    orders: dict[str, OrderDoc] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    decided: dict[str, tuple[int, OrderDoc]] = field(default_factory=dict)
    board: Board = field(default_factory=Board)
    shown: Shown = field(default_factory=Shown)
    role: StoreRole | None = None


@dataclass
class Step(Imaged):
    """A fact about an order, and since when it waits for the one before it."""

    event_id: str
    fact: FulfilmentEvent
    since_ms: int


class SoldUnit(msgspec.Struct, frozen=True):
    """A line that sold a unit known by its tag or serial number."""

    receipt: str
    n: int
    line: SoldLine


@dataclass
class HqDisk(Copies):
    """HQ's inbox, and what was done for each event."""

    effects: dict[str, int] = field(default_factory=dict)
    stock: dict[tuple[str, str], int] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    newest_epoch: dict[str, str] = field(default_factory=dict)
    docs: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    rev: int = 0
    generation: str = "g1"
    orders: dict[str, OrderDoc] = field(default_factory=dict)
    waiting: dict[str, list[Step]] = field(default_factory=dict)
    cases: dict[tuple[str, str], int] = field(default_factory=dict)  # how often by (code, subject)
    taken: dict[tuple[str, int], str] = field(default_factory=dict)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)  # what each move added, by its id
    sold: dict[tuple[str, int], int] = field(default_factory=dict)  # thousandths by (receipt, line)
    back: dict[tuple[str, int], int] = field(default_factory=dict)
    units: dict[str, dict[tuple[str, int], SoldUnit]] = field(default_factory=dict)  # by key, sale and line
