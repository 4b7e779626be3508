"""Counting while the shop goes on selling: what a counted figure replaces, and what has happened since.

A count says where every till stood when it was made (`cut`: "node/epoch" → the last entry that came before it). It
replaces exactly what happened before: entries up to its cut, and of a till that could not be heard those of an earlier
time. What is on the shelf is the latest count and whatever came after it, the same for every order in which facts arrive.

Positions are those of an entry's origin. Time is HQ's time as its machine knew it then (`Entry.at + Entry.clock`).
"""

from collections.abc import Collection, Iterable

import msgspec

from retail_core.domain.events import StockCounted
from retail_core.domain.stock import StockMovement, StockState


class Place(msgspec.Struct, frozen=True, order=True):
    """Where and when an entry was written down."""

    stream: str
    seq: int
    at_ms: int


class Count(msgspec.Struct, frozen=True):
    place: Place
    counted: StockCounted


class Change(msgspec.Struct, frozen=True):
    """What one entry did to one shelf."""

    place: Place
    delta_milli: int


class Shelf(msgspec.Struct, frozen=True):
    """What there should be. `recount`: something happened so near to the count that only counting again can tell."""

    qty_milli: int
    count_id: str = ""
    recount: bool = False


def change_of(place: Place, movements: Iterable[StockMovement]) -> Change:
    """The movements of one SKU by one entry, as its shelf sees them."""
    delta = 0
    for move in movements:
        delta += move.qty_milli * ((move.to_state is StockState.SELLABLE) - (move.from_state is StockState.SELLABLE))
    return Change(place, delta)


def latest(counts: Collection[Count]) -> Count | None:
    """The count that holds. One that knew of another is the later one; else time decides."""
    unseen = [one for one in counts if not any(_saw(other, one) for other in counts)]
    return max(unseen or counts, key=_by_time, default=None)


def replaces(count: Count, place: Place) -> bool:
    """True when what was written down there is part of the counted figure already."""
    through = count.counted.cut.get(place.stream)
    return place.at_ms < count.counted.at_ms if through is None else place.seq <= through


def shelf(counts: Collection[Count], changes: Iterable[Change], doubt_ms: int) -> Shelf:
    """The latest count of one SKU and what came after it. `doubt_ms`: how wrong clocks may be, and how long goods may
    lie in a basket before they are paid for; a change that near to the count is in doubt, and so is one whose number
    says before and whose time says after.
    """
    count = latest(counts)
    if count is None:
        return Shelf(sum(change.delta_milli for change in changes))
    qty, recount = count.counted.qty_milli, False
    for change in changes:
        before = replaces(count, change.place)
        since_ms = change.place.at_ms - count.counted.at_ms
        recount = recount or abs(since_ms) <= doubt_ms or before is (since_ms > 0)
        qty += 0 if before else change.delta_milli
    return Shelf(qty, count.counted.count_id, recount)


def _saw(later: Count, earlier: Count) -> bool:
    through = later.counted.cut.get(earlier.place.stream, 0)
    return later is not earlier and through >= earlier.place.seq


def _by_time(count: Count) -> tuple[int, str, Place]:
    return count.counted.at_ms, count.counted.count_id, count.place
