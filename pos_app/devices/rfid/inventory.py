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
    """Every tag once, with first, last, count and strongest signal. Never more than MAX_TAGS of them."""

    def __init__(self) -> None:
        self._tags: dict[bytes, Seen] = {}
        self.reads = 0
        self.overflow = 0

    def take(self, reads: Iterable[TagRead]) -> list[Seen]:
        """The tags among these reads that are new."""
        tags, new = self._tags, list[Seen]()
        for read in reads:
            self.reads += read.count
            seen = tags.get(read.epc)
            if seen is None:
                if len(tags) >= MAX_TAGS:
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

    def drop(self, epc: bytes) -> None:
        self._tags.pop(epc, None)

    def clear(self) -> None:
        self._tags.clear()

    def __len__(self) -> int:
        return len(self._tags)

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._tags.values())


@dataclass(frozen=True)
class PresenceRules:
    """When a tag on the till's antenna is meant: seen often enough, strongly enough, and until it was away a while."""

    least_reads: int = 2
    least_cdbm: int = -6_000
    away_ms: int = 3_000


@dataclass(frozen=True)
class Change:
    """Units that came and EPCs (hex) that went since the last look."""

    came: tuple[TagUnit, ...]
    went: tuple[str, ...]


class Presence:
    """Which units lie on the antenna. A stray tag is weak or seen once, and is none."""

    def __init__(self, rules: PresenceRules = PresenceRules(), unit_of: UnitOf = gtin_and_serial) -> None:
        self._rules = rules
        self._unit_of = unit_of
        self._strong = Inventory()
        self._here: set[bytes] = set()

    def take(self, reads: Sequence[TagRead], now_ms: int) -> Change:
        """What changed with these reads; call it without reads too, so that absence is noticed."""
        self._strong.take(read for read in reads if read.rssi_cdbm >= self._rules.least_cdbm)
        came = list[TagUnit]()
        gone = [seen.epc for seen in self._strong if now_ms - seen.last_ms > self._rules.away_ms]
        for seen in self._strong:
            if seen.epc not in self._here and seen.count >= self._rules.least_reads:
                self._here.add(seen.epc)
                unit = self._unit_of(seen.epc)
                if unit:
                    came.append(TagUnit(seen.epc.hex(), *unit))
        for epc in gone:
            self._strong.drop(epc)
        went = [epc for epc in gone if epc in self._here]
        self._here.difference_update(went)
        return Change(tuple(came), tuple(epc.hex() for epc in went))

    def clear(self) -> None:
        """Begin afresh: everything in view counts again."""
        self._strong.clear()
        self._here.clear()


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
    """A count by radio: how many units of each item. It can be written down and taken up again."""

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
        """The EPCs seen, to be kept while the count pauses."""
        return tuple(seen.epc.hex() for seen in self._inventory)

    @classmethod
    def resumed(cls, saved: Iterable[str], now_ms: int, unit_of: UnitOf = gtin_and_serial) -> "CountSession":
        session = cls(now_ms, unit_of)
        session.take(TagRead(bytes.fromhex(epc), 0, -12_800, "kept", now_ms) for epc in saved)
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
