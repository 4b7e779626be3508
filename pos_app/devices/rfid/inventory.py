"""From reads to units: every tag once, what lies on the till's antenna, a count of a room, the way to one item.

Pure. A tag is known by its EPC; times are monotonic milliseconds, signals hundredths of a dBm.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pos_app.devices.ports import TagRead
from pos_app.devices.rfid.epc import gtin_and_serial
from retail_core.domain.ids import Gtin
from retail_core.domain.scanned import TagUnit

MAX_TAGS = 200_000
NO_SIGNAL_CDBM = -12_800
UnitOf = Callable[[bytes], tuple[Gtin, str] | None]


class Seen:
    """What is known of one tag."""

    __slots__ = ("best_cdbm", "count", "epc", "first_ms", "last_cdbm", "last_ms")

    def __init__(self, read: TagRead) -> None:
        self.epc = read.epc
        self.first_ms = self.last_ms = read.t_mono_ms
        self.count = read.count
        self.best_cdbm = self.last_cdbm = read.rssi_cdbm


class Inventory:
    """Every tag once, with first, last, count and strongest signal. Never more than `limit` of them."""

    def __init__(self, limit: int = MAX_TAGS) -> None:
        self._limit = limit
        self._tags: dict[bytes, Seen] = {}
        self.reads = 0
        self.overflow = 0

    def take(self, reads: Iterable[TagRead]) -> list[Seen]:
        """The tags among these reads that are new. What is too many is counted in `overflow`."""
        tags, new = self._tags, list[Seen]()
        for read in reads:
            self.reads += read.count
            seen = tags.get(read.epc)
            if seen is None:
                if len(tags) >= self._limit:
                    self.overflow += 1
                    continue
                seen = tags[read.epc] = Seen(read)
                new.append(seen)
                continue
            seen.last_ms = read.t_mono_ms
            seen.count += read.count
            seen.last_cdbm = read.rssi_cdbm
            seen.best_cdbm = max(seen.best_cdbm, read.rssi_cdbm)
        return new

    def __len__(self) -> int:
        return len(self._tags)

    def __iter__(self) -> Iterator[Seen]:
        return iter(tuple(self._tags.values()))


@dataclass(frozen=True)
class PresenceRules:
    """When a tag on the till's antenna is meant: seen often enough, strongly enough and in short order, and until the
    reader looked for it a while in vain.
    """

    least_reads: int = 2
    least_cdbm: int = -6_000
    dwell_ms: int = 1_500
    away_ms: int = 5_000


@dataclass(frozen=True)
class Change:
    """Units that came and EPCs (hex) that went since the last look."""

    came: tuple[TagUnit, ...]
    went: tuple[str, ...]


class _Near:
    """A tag that is seen strongly. It becomes `unit` when it is meant."""

    __slots__ = ("count", "last_ms", "meant", "since_ms", "unit")

    def __init__(self, at_ms: int) -> None:
        self.since_ms = self.last_ms = at_ms
        self.count = 0
        self.meant = False
        self.unit: TagUnit | None = None


class Presence:
    """Which units lie on the antenna. A stray tag is weak or seen once in a while, and is none.

    Time counts only while the reader looks: after a break in its handfuls nothing is gone that nobody looked for, or
    the goods of a sale that is paid would come anew when a reader is back.
    """

    LONGEST_LOOK_MS = 1_000  # handfuls come more often while a reader reads
    SWEEP_MS = 100

    def __init__(self, rules: PresenceRules = PresenceRules(), unit_of: UnitOf = gtin_and_serial) -> None:
        self._rules = rules
        self._unit_of = unit_of
        self._near: dict[bytes, _Near] = {}
        self._looked_ms = self._swept_ms = 0
        self._last_ms: int | None = None

    def take(self, reads: Sequence[TagRead], now_ms: int) -> Change:
        """What changed with this handful, which may be empty."""
        if self._last_ms is not None:
            self._looked_ms += max(0, min(now_ms - self._last_ms, self.LONGEST_LOOK_MS))
        self._last_ms = now_ms
        went = self._sweep()
        came = [unit for read in reads if (unit := self._came(read))]
        return Change(tuple(came), went)

    def clear(self) -> None:
        """Begin afresh: everything in view comes again."""
        self._near.clear()

    def _came(self, read: TagRead) -> TagUnit | None:
        """The unit, if this read makes it one."""
        now_ms, near = self._looked_ms, self._near.get(read.epc)
        if near and near.meant:
            near.last_ms = now_ms  # however weakly: the goods beside it may stand in the way
            return None
        if read.rssi_cdbm < self._rules.least_cdbm:
            return None
        if near is None:
            if len(self._near) >= MAX_TAGS:
                return None
            near = self._near[read.epc] = _Near(now_ms)
        near.last_ms = now_ms
        if now_ms - near.since_ms > self._rules.dwell_ms:
            near.since_ms, near.count = now_ms, 0
        near.count += read.count
        if near.count < self._rules.least_reads:
            return None
        near.meant = True
        known = self._unit_of(read.epc)
        near.unit = TagUnit(read.epc.hex(), *known) if known else None
        return near.unit

    def _sweep(self) -> tuple[str, ...]:
        """The EPCs of units that were looked for in vain."""
        if self._looked_ms - self._swept_ms < self.SWEEP_MS:
            return ()
        self._swept_ms = self._looked_ms
        gone = [epc for epc, near in self._near.items() if self._looked_ms - near.last_ms > self._rules.away_ms]
        return tuple(near.unit.epc for near in map(self._near.pop, gone) if near.unit)


@dataclass(frozen=True)
class Progress:
    """How a count stands. `unknown`: tags that are no item's."""

    reads: int
    distinct: int
    mapped: int
    unknown: int
    seconds: float

    @property
    def reads_per_s(self) -> float:
        return self.reads / self.seconds if self.seconds else 0.0


class CountSession:
    """A count by radio: how many units of each item. It can be written down and taken up again.

    `take` is called on the reader's thread; `progress`, `quantities` and `saved` may be asked on any other.
    """

    def __init__(self, now_ms: int, unit_of: UnitOf = gtin_and_serial) -> None:
        self._inventory = Inventory()
        self._unit_of = unit_of
        self._began_ms = now_ms
        self._by_gtin: dict[Gtin, int] = {}
        self._unknown = 0

    def take(self, reads: Iterable[TagRead]) -> None:
        for seen in self._inventory.take(reads):
            unit = self._unit_of(seen.epc)
            if unit is None:
                self._unknown += 1
            else:
                self._by_gtin[unit[0]] = self._by_gtin.get(unit[0], 0) + 1

    @property
    def quantities(self) -> dict[Gtin, int]:
        """Units by item."""
        return dict(self._by_gtin)

    def progress(self, now_ms: int) -> Progress:
        mapped = sum(self._by_gtin.values())
        seconds = max(0, now_ms - self._began_ms) / 1000
        return Progress(self._inventory.reads, len(self._inventory), mapped, self._unknown, seconds)

    def saved(self) -> tuple[str, ...]:
        """The EPCs seen, to be kept while the count pauses. Safe from any thread."""
        return tuple(seen.epc.hex() for seen in self._inventory)

    @classmethod
    def resumed(cls, saved: Iterable[str], now_ms: int, unit_of: UnitOf = gtin_and_serial) -> "CountSession":
        session = cls(now_ms, unit_of)
        session.take(TagRead(bytes.fromhex(epc), 0, NO_SIGNAL_CDBM, "kept", now_ms, count=0) for epc in saved)
        return session


class Locate:
    """How near one tag is: 0 (not seen) to 100 (in the hand), smoothed, because signals jump."""

    WEAKEST_CDBM, STRONGEST_CDBM = -7_500, -3_000
    SMOOTH_PERCENT = 40
    FORGET_MS = 1_500
    SLOWEST_BEEP_MS, FASTEST_BEEP_MS = 1_000, 80

    def __init__(self, epc: bytes) -> None:
        self._epc = epc
        self._near = 0.0
        self._last_ms: int | None = None

    def take(self, reads: Iterable[TagRead]) -> None:
        for read in reads:
            if read.epc == self._epc:
                span = self.STRONGEST_CDBM - self.WEAKEST_CDBM
                now = max(0, min(100, 100 * (read.rssi_cdbm - self.WEAKEST_CDBM) // span))
                self._near += (now - self._near) * self.SMOOTH_PERCENT / 100
                self._last_ms = read.t_mono_ms

    def near_percent(self, now_ms: int) -> int:
        """0 to 100; 0 once it was not seen for a while."""
        if self._last_ms is None or now_ms - self._last_ms > self.FORGET_MS:
            self._near = 0.0
        return round(self._near)

    def beep_every_ms(self, now_ms: int) -> int | None:
        """How often to beep; None for silence."""
        near = self.near_percent(now_ms)
        if not near:
            return None
        return self.SLOWEST_BEEP_MS - (self.SLOWEST_BEEP_MS - self.FASTEST_BEEP_MS) * near // 100
