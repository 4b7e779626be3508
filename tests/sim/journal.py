"""A journal as a simulated machine writes it: sealed entries, epochs, the guard beside it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from retail_core.domain.events import EpochOpened, Event
from retail_core.domain.stock import StockState, movements_of
from retail_core.durable.journal import Stamp
from retail_core.sync import epoch
from retail_core.wire.envelope import Draft, Entry, Head, StreamId, place, seal_entry
from retail_core.wire.events import encode_event
from tests.sim.clockwork import MachineClock
from tests.sim.disks import GuardFile, OwnDisk
from tests.sim.keyed import KeyedTill

if TYPE_CHECKING:
    from tests.sim.world import World


class Journal:
    """`disk` and `guard` are asked for each time, because they are replaced; `offset_ms` is HQ's clock beside ours."""

    def __init__(
        self,
        world: "World",
        node: str,
        clock: MachineClock,
        disk: Callable[[], OwnDisk],
        guard: Callable[[], GuardFile],
        offset_ms: Callable[[], int],
    ) -> None:
        self.world, self.node, self.clock = world, node, clock
        self._disk, self._guard, self._offset_ms = disk, guard, offset_ms

    @property
    def stream(self) -> StreamId:
        return StreamId(self.node, self._disk().epochs[-1])

    @property
    def head(self) -> Head:
        return self._disk().head(self.stream) or Head()

    @property
    def guard_saw_more(self) -> bool:
        guard, disk = self._guard(), self._disk()
        if not disk.epochs:
            return False
        if guard.epoch != disk.epochs[-1]:
            return bool(guard.epoch)
        return epoch.guard_saw_more(guard.reserved_upto, disk.origin.seq)

    def append(self, event: Event, actor: str = "op") -> Entry:
        """One fact, durable when this returns."""
        disk = self._disk()
        stamp = self._stamp(actor)
        self._reserve(disk.epochs[-1], disk.origin.seq + 1)
        if isinstance(disk, KeyedTill):
            entry = disk.write(event, stamp).entry
        else:
            type_, version, body = encode_event(event)
            draft = Draft(
                stamp.id, self.node, disk.epochs[-1], type_, version, stamp.at, stamp.biz_date, actor, body, stamp.clock
            )
            entry = seal_entry(draft, disk.origin.seq + 1, disk.origin.chain_hash, self.world.signer(self.node))
            disk.origin = Head(entry.seq, entry.entry_hash)
            self._publish(disk, entry)
        self.world.truth.happened(self.node, entry, event)
        return entry

    def open_epoch(self, why: epoch.Reason, above: int, series: str) -> None:
        """Begin an epoch; entries of the old one above a position follow in it, unchanged."""
        disk = self._disk()
        old = self.stream if disk.epochs else None
        again = [placed.entry for placed in disk.entries_after(old, above, 1 << 30)] if old else []
        fresh = self.world.next_id(self.clock)
        if isinstance(disk, KeyedTill):
            self._reserve(fresh, 1)
            entry = disk.open_epoch(fresh, series, why.value, self._stamp("system"), above).entry
            self.world.truth.happened(self.node, entry, EpochOpened(series, why.value))
            return
        opened = EpochOpened(series, why.value, old.epoch if old else "")
        disk.epochs.append(fresh)
        disk.origin = Head()
        self.append(opened)
        for entry in again:
            self._publish(disk, entry)

    def _stamp(self, actor: str) -> Stamp:
        return Stamp(self.world.next_id(self.clock), self.clock.now_ms(), "2026-01-01", actor, self._offset_ms())

    def _reserve(self, in_epoch: str, seq: int) -> None:
        """The guard file runs ahead of the journal."""
        guard = self._guard()
        if guard.epoch != in_epoch or seq > guard.reserved_upto:
            guard.epoch, guard.reserved_upto = in_epoch, seq + epoch.GUARD_RESERVE - 1

    def _publish(self, disk: OwnDisk, entry: Entry) -> None:
        disk.begin(self.stream, Head())
        disk.put(self.stream, place(entry, self.head))


def taken_from_shelf(event: Event) -> dict[str, int]:
    """What an event takes from the shelf, by SKU; less than zero for what it puts there."""
    found: dict[str, int] = {}
    for move in movements_of(event):
        delta = (move.from_state is StockState.SELLABLE) - (move.to_state is StockState.SELLABLE)
        if delta:
            found[move.sku] = found.get(move.sku, 0) + delta * move.qty_milli
    return found
