"""Counting while the shop goes on selling: what a counted figure replaces, and what has happened since.

A count says where every till stood when it was made (`cut`: "node/epoch" → the last entry that came before it). It
replaces exactly what happened before: entries up to its cut, and of a till that could not be heard those of an earlier
time. What is on the shelf is the latest count and whatever came after it, the same for every order in which facts arrive.

Positions are those of an entry's origin. Time is HQ's time as its machine knew it then (`Entry.at + Entry.clock`).
"""

from collections.abc import Collection, Iterable
from typing import Annotated

import msgspec

from retail_core.domain.events import StockCounted
from retail_core.domain.stock import StockMovement, StockState

MAX_BASKET_MINUTES = 24 * 60


class CountRules(msgspec.Struct, frozen=True):
    """A store's word on how long goods may lie in a basket before they are paid for."""

    basket_minutes: Annotated[int, msgspec.Meta(ge=0, le=MAX_BASKET_MINUTES)] = 30


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
        recount = recount or in_doubt(count, change, doubt_ms)
        qty += 0 if replaces(count, change.place) else change.delta_milli
    return Shelf(qty, count.counted.count_id, recount)


def in_doubt(count: Count, change: Change, doubt_ms: int) -> bool:
    """True when nobody can tell whether the counted figure has this change in it; one that changes nothing never is."""
    since_ms = change.place.at_ms - count.counted.at_ms
    near = abs(since_ms) <= doubt_ms
    return change.delta_milli != 0 and (near or replaces(count, change.place) is (since_ms > 0))


def _saw(later: Count, earlier: Count) -> bool:
    through = later.counted.cut.get(earlier.place.stream, 0)
    return later is not earlier and through >= earlier.place.seq


def _by_time(count: Count) -> tuple[int, str, Place]:
    return count.counted.at_ms, count.counted.count_id, count.place
