"""The Today page as figures: what is sold, what waits, who is out of reach, what needs a decision."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from hq_server.service import availability
from hq_server.service.contacts import Contacts
from hq_server.service.context import Hq
from hq_server.service.journal import zone_of
from hq_server.storage import access, catalogue, orders, sales, stock, work
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Connection
from hq_server.storage.sales import HOUR_MS, HourSum
from retail_core.domain.businessdate import DEFAULT_DAY_STARTS_AT_H, business_date
from retail_core.domain.cases import ExceptionCase
from retail_core.domain.fulfilment import State
from retail_core.domain.places import PlaceKind

SHOWN_CASES = 6
SHOWN_STORES = 200
SHOWN_PLACES = 6
DAYS_PER_WEEK = 7


class StoreToday(msgspec.Struct, frozen=True):
    """One shop. `age_s` is how long ago any of its machines was heard; None for never."""

    store: str
    name: str
    currency: str
    sales_minor: int
    baskets: int
    orders_open: int
    age_s: int | None
    live: bool
    queued: int


class HourPoint(msgspec.Struct, frozen=True):
    """Sales of one local hour, by channel."""

    hour: int
    store_minor: int
    collected_minor: int


class Promised(msgspec.Struct, frozen=True):
    """What of one item can be promised, and where."""

    sku: str
    name: str
    places: tuple[availability.Available, ...]


class Today(msgspec.Struct, frozen=True):
    """All figures of the page, of one moment. Sums are of `currency` only; `other_currencies` names the rest."""

    as_of_ms: int
    currency: str
    other_currencies: tuple[str, ...]
    sales_minor: int
    baskets: int
    last_week_minor: int | None
    weekday: int
    orders_open: int
    orders_ready: int
    exceptions_open: int
    exceptions_by_kind: dict[str, int]
    delay_p99_ms: int | None
    stores_offline: int
    hours: tuple[HourPoint, ...]
    stores: tuple[StoreToday, ...]
    cases: tuple[ExceptionCase, ...]
    promised: Promised | None


def today(hq: Hq, contacts: Contacts, sku: str | None = None) -> Today:
    """The figures of this moment; the promises of `sku`, or of the item most promised."""
    now_ms = hq.clock.now_ms()
    delay_ms = contacts.delay_p99_ms()
    return hq.database.read(lambda conn: _today(conn, now_ms, delay_ms, sku))


def _today(conn: Connection, now_ms: int, delay_ms: int | None, sku: str | None) -> Today:
    shops = catalogue.places(conn, PlaceKind.STORE.value)
    days: dict[str, str] = {shop.place_id: business_date(now_ms, zone_of(shop.timezone)) for shop in shops}
    sums = _of_today(sales.hours(conn, sorted(set(days.values()))), days)
    currency = _main_currency(sums, shops)
    main = [one for one in sums if one.currency == currency]
    sold = [one for one in main if one.channel == sales.IN_STORE]
    open_orders = orders.open_by_store(conn)
    by_kind = work.count_cases(conn)
    stores = _stores(conn, shops, sums, open_orders, now_ms)
    zones = {shop.place_id: zone_of(shop.timezone) for shop in shops}
    return Today(
        as_of_ms=now_ms,
        currency=currency,
        other_currencies=tuple(sorted({one.currency for one in sums} - {currency})),
        sales_minor=sum(one.total_minor for one in sold),
        baskets=sum(one.baskets for one in sold),
        last_week_minor=_last_week(conn, days, currency, now_ms),
        weekday=datetime.fromtimestamp(now_ms / 1000, UTC).weekday(),
        orders_open=sum(open_orders.values()),
        orders_ready=sum(count for (_, state), count in open_orders.items() if state == State.READY),
        exceptions_open=sum(by_kind.values()),
        exceptions_by_kind=by_kind,
        delay_p99_ms=delay_ms,
        stores_offline=sum(not store.live for store in stores if store.age_s is not None),
        hours=_hours(main, zones, now_ms),
        stores=stores[:SHOWN_STORES],
        cases=tuple(work.cases(conn, state=None, store=None, limit=SHOWN_CASES)),
        promised=_promised(conn, sku, now_ms),
    )


def _of_today(sums: Sequence[HourSum], days: dict[str, str]) -> list[HourSum]:
    return [one for one in sums if days.get(one.store) == one.biz_date]


def _main_currency(sums: Sequence[HourSum], shops: Sequence[PlaceRow]) -> str:
    names = [shop.currency for shop in shops] or [one.currency for one in sums] or ["EUR"]
    return max(sorted(set(names)), key=names.count)


def _last_week(conn: Connection, days: dict[str, str], currency: str, now_ms: int) -> int | None:
    """Sales of the same weekday a week ago up to the same hour, or None when there were none that day."""
    before = {
        store: (date.fromisoformat(day) - timedelta(days=DAYS_PER_WEEK)).isoformat() for store, day in days.items()
    }
    sums = _of_today(sales.hours(conn, sorted(set(before.values()))), before)
    found = [one for one in sums if one.currency == currency and one.channel == sales.IN_STORE]
    if not found:
        return None
    upto = now_ms // HOUR_MS - DAYS_PER_WEEK * 24
    return sum(one.total_minor for one in found if one.hour <= upto)


def _hours(sums: Sequence[HourSum], zones: dict[str, ZoneInfo], now_ms: int) -> tuple[HourPoint, ...]:
    """One point per local hour of the business day, from the first sale to now; gaps are zero."""
    store_minor: dict[int, int] = {}
    collected: dict[int, int] = {}
    for one in sums:
        into = store_minor if one.channel == sales.IN_STORE else collected
        hour = _local_hour(one.hour * HOUR_MS, zones[one.store])
        into[hour] = into.get(hour, 0) + one.total_minor
    if not store_minor and not collected:
        return ()
    seen = sorted(store_minor.keys() | collected.keys())
    latest = max([_local_hour(now_ms, zone) for zone in zones.values()] + seen[-1:])
    return tuple(
        HourPoint(hour, store_minor.get(hour, 0), collected.get(hour, 0)) for hour in range(seen[0], latest + 1)
    )


def _local_hour(at_ms: int, zone: ZoneInfo) -> int:
    hour = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).hour
    return hour if hour >= DEFAULT_DAY_STARTS_AT_H else hour + 24  # after midnight it is still yesterday's trade


def _stores(
    conn: Connection,
    shops: Sequence[PlaceRow],
    sums: Sequence[HourSum],
    open_orders: dict[tuple[str, str], int],
    now_ms: int,
) -> tuple[StoreToday, ...]:
    heard = availability.last_heard(conn)
    queued: dict[str, int] = {}
    for contact in access.contacts(conn):
        queued[contact.store] = queued.get(contact.store, 0) + contact.queued
    found: list[StoreToday] = []
    for shop in shops:
        own = [one for one in sums if one.store == shop.place_id and one.channel == sales.IN_STORE]
        seen_ms = heard.get(shop.place_id)
        age_ms = None if seen_ms is None else max(0, now_ms - seen_ms)
        found.append(
            StoreToday(
                shop.place_id, shop.name, shop.currency,
                sum(one.total_minor for one in own if one.currency == shop.currency),
                sum(one.baskets for one in own),
                sum(count for (store, _), count in open_orders.items() if store == shop.place_id),
                None if age_ms is None else age_ms // 1000,
                age_ms is not None and age_ms <= availability.LIVE_WITHIN_MS,
                queued.get(shop.place_id, 0),
            )
        )  # fmt: skip
    return tuple(found)


def _promised(conn: Connection, sku: str | None, now_ms: int) -> Promised | None:
    shown = sku or stock.most_promised(conn)
    if shown is None:
        return None
    item = catalogue.items_of(conn, [shown]).get(shown)
    places = availability.explain(conn, shown, now_ms)
    places.sort(key=lambda one: (-one.atp_milli, one.store))
    return Promised(shown, item.name if item else shown, tuple(places[:SHOWN_PLACES]))
