"""What can be promised now, as a figure with its age and its parts, so that nobody has to believe it blindly."""

from collections.abc import Sequence

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import access, catalogue, stock
from hq_server.storage.database import Connection
from retail_core.domain.places import PlaceKind

LIVE_WITHIN_MS = 90_000


class Part(msgspec.Struct, frozen=True):
    """One term of the sum."""

    name: str
    qty_milli: int


class Available(msgspec.Struct, frozen=True):
    """`atp_milli` may be promised; it is what HQ knew at `as_of_ms`, `age_s` seconds ago.

    `counted_ms`: when the count was made that it rests on, 0 without one; `recount`: only another count can tell.
    """

    store: str
    store_name: str
    sku: str
    atp_milli: int
    as_of_ms: int
    age_s: int | None  # None: the store has never been heard
    stale: bool
    parts: tuple[Part, ...]
    counted_ms: int = 0
    recount: bool = False


def available(hq: Hq, sku: str) -> Sequence[Available]:
    """Every shop and warehouse that has or had this SKU, in the order of their ids."""
    now_ms = hq.clock.now_ms()
    return hq.database.read(lambda conn: explain(conn, sku, now_ms))


def explain(conn: Connection, sku: str, now_ms: int) -> list[Available]:
    """As `available`, inside a transaction."""
    names = {one.place_id: one.name for one in catalogue.places(conn) if one.kind != PlaceKind.SUPPLIER}
    heard = last_heard(conn)
    return [
        _explained(balance, names[balance.store], heard.get(balance.store), now_ms)
        for balance in stock.balances(conn, [sku])
        if balance.store in names
    ]


def last_heard(conn: Connection) -> dict[str, int]:
    """When HQ last heard of any machine of a store."""
    heard: dict[str, int] = {}
    for contact in access.contacts(conn):
        heard[contact.store] = max(heard.get(contact.store, 0), contact.seen_ms)
    return heard


def _explained(balance: stock.Balance, name: str, seen_ms: int | None, now_ms: int) -> Available:
    parts = (
        Part("sellable", balance.sellable),
        Part("picked", balance.picked),
        Part("committed", -balance.committed),
        Part("floor", -balance.floor),
    )
    age_ms = None if seen_ms is None else max(0, now_ms - seen_ms)
    return Available(
        balance.store, name, balance.sku, balance.promisable, seen_ms or 0,
        None if age_ms is None else age_ms // 1000, age_ms is None or age_ms > LIVE_WITHIN_MS, parts,
        balance.counted_ms, balance.recount,
    )  # fmt: skip
