"""Shelves that were counted while the shop went on selling: the books follow the latest count and what came after it.

Whatever arrives when, the figure is the same: a count looks at every movement HQ has, a movement at the count that holds.
The row of a SKU's balance is locked before either looks, so two batches of one store cannot miss one another.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from hq_server.service.cases import new_case, open_cases
from hq_server.service.context import TODAY, Hq
from hq_server.storage import counts, settings, stock, work
from hq_server.storage.counts import Held
from hq_server.storage.database import Unit
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.counting import Change, Count, CountRules, Place, change_of, in_doubt, latest, replaces, shelf
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import StockCounted
from retail_core.domain.ids import Sku
from retail_core.domain.stock import StockMovement
from retail_core.wire.envelope import Entry

CLOCK_DOUBT_MS = 60_000
"""So wrong a clock may be before anybody is warned of it."""
MAX_CUT = 200
BIGGEST_MILLI = 10**12
BIGGEST_FIGURE = 2**53
MINUTE_MS = 60_000


class Counted(msgspec.Struct, frozen=True):
    """A count as it came: under which key its event is kept, its head, what it says."""

    key: str
    entry: Entry
    event: StockCounted


class Moved(msgspec.Struct, frozen=True):
    """An event that moved goods."""

    entry: Entry
    movements: tuple[StockMovement, ...]


def check(counted: StockCounted) -> None:
    """Raises RuleViolationError `event.bad_count`: no honest till counts less than nothing, or more streams than there are."""
    figures = [counted.at_ms, *counted.cut.values()]
    if not 0 <= counted.qty_milli <= BIGGEST_MILLI or len(counted.cut) > MAX_CUT:
        raise RuleViolationError("event.bad_count", qty_milli=str(counted.qty_milli)[:40], streams=len(counted.cut))
    if any(not 0 <= figure < BIGGEST_FIGURE for figure in figures):
        raise RuleViolationError("event.bad_count", count=counted.count_id[:40])


def follow(
    hq: Hq,
    unit: Unit,
    store: str,
    counted: Sequence[Counted],
    moved: Sequence[Moved],
    below_zero: Sequence[tuple[str, int]],
) -> Sequence[tuple[str, int]]:
    """Put balances right by counts. Movements are in the books already, and the rows of counted SKUs are locked.

    `below_zero`, and what is returned: (sku, sellable) of what went down and is below zero.
    """
    if not counted and not (moved and counts.any_counted(unit.conn, store)):
        return below_zero
    new = [(one.key, Count(_place(one.entry), one.event)) for one in counted]
    counts.keep(unit, store, new)
    skus = sorted({str(count.counted.sku) for _, count in new})
    changes = _changes(moved)
    before = counts.held(unit.conn, store, sorted({*skus, *changes}))
    if not skus and not before:
        return below_zero
    doubt_ms = _doubt_ms(unit, store)
    after = {sku: _recounted(unit, store, sku, before.get(sku), doubt_ms) for sku in skus}
    after |= {sku: _adjusted(one, changes[sku], doubt_ms) for sku, one in before.items() if sku not in after}
    return _write(hq, unit, store, before, after, dict(below_zero))


def _recounted(unit: Unit, store: str, sku: str, before: Held | None, doubt_ms: int) -> Held:
    """The shelf anew, from every count and every movement."""
    known = counts.counts_of(unit.conn, store, sku)
    holds = latest(known.values())
    assert holds is not None  # the one just written is among them, or newer ones are
    now = shelf([holds], counts.changes_not_surely_before(unit.conn, store, holds, doubt_ms), doubt_ms)
    (balance,) = stock.balances(unit.conn, [sku], store)
    moved_milli = balance.sellable - (before.adjust_milli if before else 0)
    event_id = next(key for key, count in known.items() if count is holds)
    return Held(event_id, holds, now.qty_milli - moved_milli, now.recount)


def _adjusted(one: Held, changes: Sequence[Change], doubt_ms: int) -> Held:
    """What was in the counted figure already is taken out of the books again."""
    had = sum(change.delta_milli for change in changes if replaces(one.count, change.place))
    recount = one.recount or any(in_doubt(one.count, change, doubt_ms) for change in changes)
    return Held(one.event_id, one.count, one.adjust_milli - had, recount)


def _write(
    hq: Hq, unit: Unit, store: str, before: Mapping[str, Held], after: Mapping[str, Held], below: dict[str, int]
) -> Sequence[tuple[str, int]]:
    changed = {sku: one for sku, one in after.items() if one != before.get(sku)}
    deltas: dict[str, int] = {}
    for sku, one in changed.items():
        was = before.get(sku)
        deltas[sku] = one.adjust_milli - (was.adjust_milli if was else 0)
    below = {sku: qty + deltas.get(sku, 0) for sku, qty in below.items()}
    below |= dict(
        stock.keep_balances(unit, store, {sku: {stock.SELLABLE: delta} for sku, delta in deltas.items() if delta})
    )
    below = {sku: qty for sku, qty in below.items() if qty < 0}
    counts.put_held(unit, store, changed, hq.clock.now_ms())
    fresh = {sku: one for sku, one in changed.items() if sku not in before or before[sku].event_id != one.event_id}
    work.close_subjects(
        unit, store, CaseKind.NEGATIVE_STOCK, [sku for sku in fresh if sku not in below], hq.clock.now_ms()
    )
    sure = [sku for sku, one in fresh.items() if not one.recount]
    work.close_subjects(unit, store, CaseKind.COUNT_AGAIN, sure, hq.clock.now_ms())
    open_cases(unit, [_count_again(hq, store, sku, one) for sku, one in changed.items() if one.recount])
    unit.changed.add(TODAY)
    return list(below.items())


def _count_again(hq: Hq, store: str, sku: str, one: Held) -> ExceptionCase:
    counted = one.count.counted
    evidence: dict[str, str | int] = {
        "task": "count", "sku": sku, "count": counted.count_id, "counted_milli": counted.qty_milli, "at_ms": counted.at_ms,
    }  # fmt: skip
    return new_case(hq, CaseKind.COUNT_AGAIN, store, sku, evidence)


def _changes(moved: Sequence[Moved]) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = {}
    for one in moved:
        by_sku: dict[Sku, list[StockMovement]] = {}
        for movement in one.movements:
            by_sku.setdefault(movement.sku, []).append(movement)
        for sku, movements in by_sku.items():
            found.setdefault(str(sku), []).append(change_of(_place(one.entry), movements))
    return found


def _place(entry: Entry) -> Place:
    return Place(f"{entry.node}/{entry.epoch}", entry.seq, entry.at + entry.clock)


def _doubt_ms(unit: Unit, store: str) -> int:
    given: dict[str, Any] = settings.groups_of(unit.conn, store).get("counts", {})
    rules = msgspec.convert(given, type=CountRules)
    return CLOCK_DOUBT_MS + rules.basket_minutes * MINUTE_MS
