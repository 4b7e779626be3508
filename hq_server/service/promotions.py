"""Promotions: checked, kept, and published to the tills of the stores they hold in."""

from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import catalogue, feed, promotions
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from hq_server.storage.promotions import PromotionRow
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.places import PlaceKind
from retail_core.domain.promotions.model import checked
from retail_core.domain.promotions.together import checked_together

KIND = "promotion"


def put(hq: Hq, wanted: Sequence[PromotionRow]) -> None:
    """Publish promotions to the stores they name, or to all; an ended one is taken back. All of them, or none.

    Raises `promotion.*` when one makes no sense, alone or with those that are in force, `place.unknown`.
    """
    for one in wanted:
        checked(one.promotion)

    def work(unit: Unit) -> None:
        for one in wanted:
            _put(unit, msgspec.structs.replace(one, changed_ms=hq.clock.now_ms()))
        if any(one.promotion.not_with for one in wanted):
            checked_together(row.promotion for row in promotions.all_of(unit.conn) if not row.ended)

    hq.database.write(work)


def _put(unit: Unit, row: PromotionRow) -> None:
    before = promotions.find(unit.conn, row.promotion.promo_id)
    promotions.put(unit, row)
    now_in, earlier_in = set(_stores(unit, row)), set(_stores(unit, before)) if before else set[str]()
    for store in sorted(now_in | earlier_in):
        doc = row.promotion if store in now_in and not row.ended else None
        feed.publish(unit, feed.store_scope(store), [feed.Change(KIND, row.promotion.promo_id, doc)], row.changed_ms)


def publish_to_new(hq: Hq, unit: Unit, place: PlaceRow) -> None:
    """A store that is new has the promotions that hold everywhere, and those that name it."""
    changes = [
        feed.Change(KIND, row.promotion.promo_id, row.promotion)
        for row in promotions.all_of(unit.conn)
        if not row.ended and (not row.stores or place.place_id in row.stores)
    ]
    if changes:
        feed.publish(unit, feed.store_scope(place.place_id), changes, hq.clock.now_ms())


def _stores(unit: Unit, row: PromotionRow) -> Sequence[str]:
    known = {place.place_id for place in catalogue.places(unit.conn) if place.kind == PlaceKind.STORE}
    for store in row.stores:
        if store not in known:
            raise RuleViolationError("place.unknown", place=store)
    return row.stores or sorted(known)
