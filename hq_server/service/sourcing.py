"""Which place fills an order, and why the others do not.

Today: the place that was asked for, or else the one where the scarcest line leaves the most behind. The choice and each
rejected place with its reason are kept with the order.
"""

from collections.abc import Sequence

from hq_server.service.reservations import Demand, by_sku
from hq_server.storage import catalogue, stock
from hq_server.storage.database import Connection
from hq_server.storage.orders import Sourced
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.places import PlaceKind

MAX_CANDIDATES = 5
MAX_REASONS_KEPT = 50


def candidates(conn: Connection, demand: Demand, asked: str | None) -> Sequence[Sourced]:
    """Places to try, best first. Raises `order.unknown_store` or `order.not_available`."""
    if asked is not None:
        place = catalogue.place_of(conn, asked)
        if place is None or place.kind != PlaceKind.STORE:
            raise RuleViolationError("order.unknown_store", store=asked[:40])
        return [Sourced(asked, "the customer chose this store")]
    wanted = by_sku(demand)
    names = [one.place_id for one in catalogue.places(conn, PlaceKind.STORE.value)]
    have = {(one.store, one.sku): one.promisable for one in stock.balances(conn, list(wanted))}
    able: list[tuple[int, str]] = []
    rejected: list[tuple[str, str]] = []
    for name in names:
        spare = {sku: have.get((name, sku), 0) - qty_milli for sku, qty_milli in wanted.items()}
        short = next((sku for sku, left in spare.items() if left < 0), None)
        if short is None:
            able.append((min(spare.values()), name))
        else:
            rejected.append((name, f"{short}: {have.get((name, short), 0)} of {wanted[short]} thousandths available"))
    if not able:
        raise RuleViolationError("order.not_available", stores=len(names))
    able.sort(key=lambda found: (-found[0], found[1]))
    kept = tuple(rejected[:MAX_REASONS_KEPT])
    return [
        Sourced(name, f"most left after this order: {spare} thousandths of its scarcest line", kept)
        for spare, name in able[:MAX_CANDIDATES]
    ]
