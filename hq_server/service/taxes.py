"""Tax classes and the days on which their rates change: checked as a whole, kept, and published to every store.

A rate with a day travels at once, so that tills have it long before; on the day, each takes it at its own midnight. When the day has
begun in every store the class is published anew with the new rate as that of now, for tills that know no days yet.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import msgspec

from hq_server.service.context import Hq
from hq_server.service.fields import Id, Name, Ppm
from hq_server.service.journal import zone_of
from hq_server.storage import catalogue, feed, taxes
from hq_server.storage.catalogue import PlaceRow
from hq_server.storage.database import Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.places import PlaceKind
from retail_core.durable.taxes import ALWAYS, DAY, DOC_VERSION, DatedRate, TaxDoc

MAX_AHEAD_DAYS = 3_660
MAX_AHEAD = 16
KEPT_BEGUN = 4
"""Rates of the past that tills are told: a basket put aside and the day's report may still need their names."""
KIND, STORE = "tax", PlaceKind.STORE.value
Day = Annotated[str, msgspec.Meta(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")]


class TaxChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rate of a tax class; 21 % is 210000 parts per million.

    `valid_from`: the day, YYYY-MM-DD, at whose midnight each store begins to use it; without one it holds at once and
    takes the place of the rate in force. `ended` takes a rate back that was planned for that day; its name and rate are
    not looked at.
    """

    tax_class: Id
    name: Name
    rate_ppm: Ppm
    included: bool = True
    valid_from: Day = ""
    ended: bool = False


def put_taxes(hq: Hq, changes: Sequence[TaxChange]) -> None:
    """Make or change classes, and plan rates for days to come; all or nothing. Planning the same again changes nothing.

    Raises `tax.bad_class`, `tax.unknown_class`, `tax.bad_day`, `tax.day_past`, `tax.day_too_far`, `tax.day_twice`,
    `tax.day_taken`, `tax.not_planned` or `tax.too_many_days`.
    """
    now = [one for one in changes if not one.valid_from and not one.ended]
    at_once = [TaxDoc(one.tax_class, one.name, one.rate_ppm, one.included) for one in now]
    for doc in at_once:
        if DAY.search(doc.tax_class):
            raise RuleViolationError("tax.bad_class", tax_class=doc.tax_class[:40])
    ended = [one for one in changes if one.ended]
    planned = _planned([one for one in changes if one.valid_from and not one.ended])

    def work(unit: Unit) -> None:
        first, last = _today(hq, catalogue.places(unit.conn, STORE))
        taxes.put_taxes(unit, at_once)
        for doc in at_once:
            taxes.drop_dated(unit, doc.tax_class, ALWAYS, last)
        for one in ended:
            _withdraw(unit, one, last)
        known = {doc.tax_class: doc for doc in taxes.taxes(unit.conn)}
        for tax_class, days in planned.items():
            for day in days:
                _check_day(day, last)
            if tax_class not in known:
                raise RuleViolationError("tax.unknown_class", tax_class=tax_class[:40])
            _plan(unit, known[tax_class], days, last)
        _publish(hq, unit, first, {one.tax_class for one in changes})

    hq.database.write(work)


def listed(hq: Hq) -> Sequence[TaxDoc]:
    """Every class as it is published: the rate of now, and of one that changes all of them by day."""
    docs, places = hq.database.read(lambda conn: (taxes.taxes(conn), catalogue.places(conn, STORE)))
    first, _ = _today(hq, places)
    return [_published(doc, first) for doc in docs]


def publish_begun(hq: Hq) -> int:
    """Housekeeping: classes whose rate of now has changed with the day. Returns how many; safe to repeat."""
    docs, places, before = hq.database.read(
        lambda conn: (
            [doc for doc in taxes.taxes(conn) if doc.dated],
            catalogue.places(conn, STORE),
            feed.docs_of(conn, feed.CATALOGUE, KIND),
        )
    )
    first, _ = _today(hq, places)
    wanted = {doc.tax_class for doc in _differing(docs, before, first)}
    return hq.database.write(lambda unit: _publish(hq, unit, first, wanted)) if wanted else 0


def _planned(changes: Sequence[TaxChange]) -> dict[str, dict[str, DatedRate]]:
    """By class and day. Raises `tax.day_twice`."""
    planned: dict[str, dict[str, DatedRate]] = {}
    for one in changes:
        of_class = planned.setdefault(one.tax_class, {})
        if one.valid_from in of_class:
            raise RuleViolationError("tax.day_twice", tax_class=one.tax_class[:40], day=one.valid_from)
        of_class[one.valid_from] = DatedRate(one.valid_from, one.name, one.rate_ppm, one.included)
    return planned


def _withdraw(unit: Unit, one: TaxChange, today: str) -> None:
    """Raises `tax.bad_day`, `tax.day_past` or `tax.not_planned`."""
    if _date(one.valid_from) <= date.fromisoformat(today):
        raise RuleViolationError("tax.day_past", day=one.valid_from, today=today)
    if not taxes.drop_dated(unit, one.tax_class, one.valid_from, one.valid_from):
        raise RuleViolationError("tax.not_planned", tax_class=one.tax_class[:40], day=one.valid_from)


def _plan(unit: Unit, known: TaxDoc, days: dict[str, DatedRate], today: str) -> None:
    there = {one.valid_from: one for one in known.dated}
    for day, rate in days.items():
        if there.get(day, rate) != rate:
            raise RuleViolationError("tax.day_taken", tax_class=known.tax_class, day=day)
    ahead = {day for day in there.keys() | days.keys() if day > today}
    if len(ahead) > MAX_AHEAD:
        raise RuleViolationError("tax.too_many_days", tax_class=known.tax_class, limit=MAX_AHEAD)
    taxes.put_dated(unit, known.tax_class, list(days.values()))


def _publish(hq: Hq, unit: Unit, first: str, wanted: set[str]) -> int:
    """Those of the wanted classes of which something else is published than should be."""
    docs = [doc for doc in taxes.taxes(unit.conn) if doc.tax_class in wanted]
    changed = _differing(docs, feed.docs_of(unit.conn, feed.CATALOGUE, KIND), first)
    changes = [feed.Change(KIND, doc.tax_class, doc, DOC_VERSION if doc.dated else 1) for doc in changed]
    if changes:
        feed.publish(unit, feed.CATALOGUE, changes, hq.clock.now_ms())
    return len(changes)


def _differing(docs: Sequence[TaxDoc], before: Mapping[str, bytes], first: str) -> Sequence[TaxDoc]:
    known = {tax_class: msgspec.json.decode(doc, type=TaxDoc) for tax_class, doc in before.items()}
    wanted = (_published(doc, first) for doc in docs)
    return [doc for doc in wanted if known.get(doc.tax_class) != doc]


def _published(doc: TaxDoc, first: str) -> TaxDoc:
    """The class with the rate of now in its plain fields, and of the past what tills may need."""
    begun = [one for one in doc.dated if one.valid_from <= first]
    kept = doc.dated[max(0, len(begun) - KEPT_BEGUN) :]
    now = doc.on(first)
    return TaxDoc(doc.tax_class, now.name, now.rate_ppm, now.included, kept)


def _today(hq: Hq, stores: Sequence[PlaceRow]) -> tuple[str, str]:
    """The calendar day of the store where it is earliest, and of the one where it is latest."""
    now = datetime.fromtimestamp(hq.clock.now_ms() / 1000, UTC)
    zones = {place.timezone for place in stores}
    days = sorted(now.astimezone(zone_of(zone)).date().isoformat() for zone in zones or {"UTC"})
    return days[0], days[-1]


def _check_day(day: str, today: str) -> None:
    if _date(day) < date.fromisoformat(today):
        raise RuleViolationError("tax.day_past", day=day, today=today)
    if _date(day) > date.fromisoformat(today) + timedelta(days=MAX_AHEAD_DAYS):
        raise RuleViolationError("tax.day_too_far", day=day, limit=MAX_AHEAD_DAYS)


def _date(day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise RuleViolationError("tax.bad_day", day=day[:20]) from None
