"""Goods that are often bought together: found in the chain's sales once a day or on demand, told to each store.

A store hears of an item only what it has on its shelves, and only what is new since it was told last. What another
system says about an item goes before what was counted here.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import catalogue, feed, suggestions, work
from hq_server.storage.database import Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.ids import Sku
from retail_core.domain.jobs import Job, JobState
from retail_core.domain.places import PlaceKind
from retail_core.domain.suggestions import MOST_ITEMS, OftenWith, for_store, often_bought, same_advice

KIND, JOB = "often_with", "suggestions"
LOOKS_BACK_MS = 90 * 86_400_000
MOST_SALES = 100_000
EVERY_MS = 86_400_000


class Pairing(msgspec.Struct, frozen=True):
    """What somebody says goes with an item, the best first; nothing takes the word back."""

    sku: Sku
    goes_with: tuple[Sku, ...]


def compute(hq: Hq) -> int:
    """Count the sales of the last 90 days anew and tell the stores what changed; how many items have something now."""
    since_ms = hq.clock.now_ms() - LOOKS_BACK_MS
    found = hq.database.read(lambda conn: often_bought(suggestions.baskets(conn, since_ms, MOST_SALES)))

    def work_(unit: Unit) -> None:
        for store in _stores(unit):
            given = {sku: _skus(doc) for sku, doc in _told(unit, store).items() if doc.given}
            _tell(hq, unit, store, {sku: items for sku, items in found.items() if sku not in given}, given)
        job = Job(hq.ids.next(), JOB, JobState.DONE, len(found), len(found))
        work.put_job(unit, job, hq.clock.now_ms())

    hq.database.write(work_)
    return len(found)


def put(hq: Hq, pairings: Sequence[Pairing]) -> int:
    """Take over what another system found; items it does not name stay as they are. Raises `suggestion.too_many`."""
    if len(pairings) > MOST_ITEMS:
        raise RuleViolationError("suggestion.too_many", limit=MOST_ITEMS)

    def work_(unit: Unit) -> None:
        for store in _stores(unit):
            told = _told(unit, store)
            given = {sku: _skus(doc) for sku, doc in told.items() if doc.given}
            given |= {one.sku: one.goes_with for one in pairings}
            counted = {sku: _skus(doc) for sku, doc in told.items() if not doc.given and sku not in given}
            _tell(hq, unit, store, counted, {sku: items for sku, items in given.items() if items})

    hq.database.write(work_)
    return len(pairings)


def nightly(hq: Hq) -> bool:
    """Once a day, whoever asks how often; True when it was time."""
    last_ms = hq.database.read(lambda conn: work.last_done_ms(conn, JOB))
    if hq.clock.now_ms() - last_ms < EVERY_MS:
        return False
    compute(hq)
    return True


def _tell(
    hq: Hq, unit: Unit, store: str, counted: Mapping[Sku, tuple[Sku, ...]], given: Mapping[Sku, tuple[Sku, ...]]
) -> None:
    now_ms = hq.clock.now_ms()
    wanted = {*(other for items in (*counted.values(), *given.values()) for other in items)}
    left = suggestions.sellable(unit.conn, store, sorted(wanted))
    fresh = {sku: for_store(sku, items, left, now_ms, given=False) for sku, items in counted.items()}
    fresh |= {sku: for_store(sku, items, left, now_ms, given=True) for sku, items in given.items()}
    kept = {sku: doc for sku, doc in fresh.items() if doc.items or doc.given}
    changes = list(_changes(_told(unit, store), kept))
    if changes:
        feed.publish(unit, feed.store_scope(store), changes, now_ms)


def _changes(told: Mapping[Sku, OftenWith], kept: Mapping[Sku, OftenWith]) -> Iterator[feed.Change]:
    for sku in sorted(told.keys() - kept.keys()):
        yield feed.Change(KIND, sku, None)
    for sku in sorted(kept):
        before = told.get(sku)
        if before is None or not same_advice(before, kept[sku]):
            yield feed.Change(KIND, sku, kept[sku])


def _told(unit: Unit, store: str) -> dict[Sku, OftenWith]:
    docs = feed.docs_of(unit.conn, feed.store_scope(store), KIND)
    return {Sku(sku): msgspec.json.decode(doc, type=OftenWith) for sku, doc in docs.items()}


def _skus(doc: OftenWith) -> tuple[Sku, ...]:
    return tuple(one.sku for one in doc.items)


def _stores(unit: Unit) -> Sequence[str]:
    return [place.place_id for place in catalogue.places(unit.conn, PlaceKind.STORE.value)]
