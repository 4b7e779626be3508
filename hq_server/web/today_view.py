"""The Today page in words and figures: everything a template prints is a finished text made here."""

from dataclasses import dataclass

import msgspec

from hq_server.service.availability import Available
from hq_server.service.today import StoreToday, Today
from hq_server.web.words import CASE_LABELS, message, tr
from retail_core.domain.cases import CaseKind, ExceptionCase
from retail_core.domain.money import SYMBOLS, div_half_up, exponent, format_minor
from retail_core.domain.quantity import format_quantity

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WHOLE_FROM_UNITS = 1_000
SLOW_DELAY_MS = 10_000
GOOD, CALM, WARN, BAD = "good", "calm", "warn", "bad"


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    value: str
    below: str
    tone: str


@dataclass(frozen=True, slots=True)
class StoreRow:
    name: str
    sales: str
    orders_open: str
    link: str
    tone: str
    queued: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    label: str
    tone: str
    text: str
    age: str


@dataclass(frozen=True, slots=True)
class PlaceLine:
    name: str
    stale: bool
    recount: bool
    on_hand: str
    committed: str
    floor: str
    available: str


@dataclass(frozen=True, slots=True)
class TodayView:
    """The page. `hours` is JSON for the chart."""

    status: str
    status_tone: str
    tiles: tuple[Tile, ...]
    hours: str
    stores: tuple[StoreRow, ...]
    cases: tuple[CaseRow, ...]
    more_cases: int
    promised_name: str
    places: tuple[PlaceLine, ...]


def view_of(today: Today) -> TodayView:
    """Pure: the same figures give the same page."""
    return TodayView(
        *_status(today),
        _tiles(today),
        _hours(today),
        tuple(_store(one) for one in today.stores),
        tuple(_case(one, today) for one in today.cases),
        max(0, today.exceptions_open - len(today.cases)),
        today.promised.name if today.promised else "",
        tuple(_place(one) for one in today.promised.places) if today.promised else (),
    )


def age(ms: int) -> str:
    """How long ago, in one word: 45 s, 3 min, 2 h, 4 d."""
    seconds = max(0, ms) // 1000
    for limit, unit, text in ((60, 1, "{n} s"), (3_600, 60, "{n} min"), (86_400, 3_600, "{n} h")):
        if seconds < limit:
            return tr(text).format(n=seconds // unit)
    return tr("{n} d").format(n=seconds // 86_400)


def amount(minor: int, currency: str) -> str:
    """Large amounts without their decimals."""
    unit = 10 ** exponent(currency)
    if abs(minor) >= WHOLE_FROM_UNITS * unit:
        return f"{div_half_up(minor, unit):,}"
    return format_minor(minor, currency)


def delay(ms: int | None) -> str:
    if ms is None:
        return "–"
    if ms >= 60_000:
        return age(ms)
    return tr("{n} ms").format(n=ms) if ms < 1_000 else tr("{n} s").format(n=f"{ms / 1000:.1f}")


def _status(today: Today) -> tuple[str, str]:
    if not today.stores_offline:
        return "", ""
    return tr("{n} of {all} stores offline").format(n=today.stores_offline, all=len(today.stores)), WARN


def _tiles(today: Today) -> tuple[Tile, ...]:
    below = tr("no sales yet")
    if today.baskets:
        each = amount(div_half_up(today.sales_minor, today.baskets), today.currency)
        below = tr("{amount} each").format(amount=each)
    symbol = SYMBOLS.get(today.currency, today.currency)
    return (
        Tile(tr("Sales today"), f"{symbol} {amount(today.sales_minor, today.currency)}", *_against_last_week(today)),
        Tile(tr("Baskets"), f"{today.baskets:,}", below, CALM),
        Tile(
            tr("Orders open"),
            f"{today.orders_open:,}",
            tr("{n} ready to collect").format(n=today.orders_ready),
            GOOD if today.orders_ready else CALM,
        ),
        Tile(tr("Exceptions"), f"{today.exceptions_open:,}", *_kinds(today)),
        Tile(tr("Sync delay, p99"), delay(today.delay_p99_ms), *_links(today)),
    )


def _against_last_week(today: Today) -> tuple[str, str]:
    if not today.last_week_minor:
        stores = len(today.stores)
        return (tr("in {n} store") if stores == 1 else tr("in {n} stores")).format(n=stores), CALM
    tenths = div_half_up(1_000 * (today.sales_minor - today.last_week_minor), today.last_week_minor)
    figure = f"{'+' if tenths >= 0 else '−'}{abs(tenths) // 10}.{abs(tenths) % 10} %"
    day = tr(WEEKDAYS[today.weekday])
    return tr("{figure} vs last {day}").format(figure=figure, day=day), GOOD if tenths >= 0 else WARN


def _kinds(today: Today) -> tuple[str, str]:
    if not today.exceptions_open:
        return tr("nothing needs a decision"), GOOD
    counts: dict[str, int] = {}
    for kind, count in today.exceptions_by_kind.items():
        label = tr(CASE_LABELS[CaseKind(kind)][0])
        counts[label] = counts.get(label, 0) + count
    parts = [f"{count} {label}" for label, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    return " · ".join(parts[:3]), WARN


def _links(today: Today) -> tuple[str, str]:
    if today.stores_offline:
        longest = max((store.age_s or 0) for store in today.stores if not store.live)
        text = tr("{n} store offline {age}") if today.stores_offline == 1 else tr("{n} stores offline {age}")
        return text.format(n=today.stores_offline, age=age(longest * 1000)), WARN
    if today.delay_p99_ms is None:
        return tr("no sales in 15 min"), CALM
    return tr("last 15 min"), WARN if today.delay_p99_ms > SLOW_DELAY_MS else CALM


def _hours(today: Today) -> str:
    unit = 10 ** exponent(today.currency)
    series = {
        "hours": [point.hour for point in today.hours],
        "stores": [point.store_minor / unit for point in today.hours],
        "collected": [point.collected_minor / unit for point in today.hours],
        "symbol": SYMBOLS.get(today.currency, today.currency),
    }
    return msgspec.json.encode(series).decode()


def _store(one: StoreToday) -> StoreRow:
    if one.age_s is None:
        link, tone = tr("never heard"), CALM
    elif one.live:
        link, tone = tr("live"), GOOD
    else:
        link, tone = tr("{age} ago").format(age=age(one.age_s * 1000)), WARN
    name = one.name if one.name.strip() else one.store
    return StoreRow(name, amount(one.sales_minor, one.currency), str(one.orders_open), link, tone, f"{one.queued:,}")


def _case(one: ExceptionCase, today: Today) -> CaseRow:
    label, tone = CASE_LABELS[one.kind]
    names = {store.store: store.name for store in today.stores}
    where = names.get(one.store, one.store)
    return CaseRow(tr(label), tone, f"{where}: {_about(one)}", age(today.as_of_ms - one.opened_ms))


def _about(one: ExceptionCase) -> str:
    code = str(one.evidence.get("code", ""))
    if one.kind is CaseKind.NEGATIVE_STOCK:
        left = one.evidence.get("sellable_milli", 0)
        shown = format_quantity(left) if isinstance(left, int) else str(left)
        return tr("{sku} is at {left}, count it").format(sku=one.subject, left=shown)
    if one.kind is CaseKind.COUNT_AGAIN:
        return tr("{sku} moved while it was counted, count it again").format(sku=one.subject)
    if one.kind is CaseKind.VALUE_CONFLICT:
        return f"{one.evidence.get('tail', '')}: {message(code, {})}"
    if one.kind in {CaseKind.MAIL_FAILED, CaseKind.RETURNED_TWICE, CaseKind.UNIT_TWICE}:
        return f"{one.evidence.get('receipt', '')}: {message(code, {})}"
    if one.kind in {CaseKind.REFUSED_INPUT, CaseKind.CLOCK_OFF, CaseKind.TILL_LOCKED}:
        return f"{one.evidence.get('register', '')}: {message(code, one.evidence)}"
    if one.kind in {CaseKind.BASKET_TWICE, CaseKind.CATALOGUE_SHRUNK}:
        return message(code, {})
    if one.kind is CaseKind.ORDER_CONFLICT:
        return f"{one.subject.split(' · ')[0]}: {message(code, {})}"
    if one.kind is CaseKind.FORKED_STREAM:
        return tr("a till went back in time")
    if one.kind is CaseKind.SAME_ID_DIFFERENT_CONTENT:
        return tr("two facts with one id")
    return tr("fact kept aside: {why}").format(why=code.rpartition(".")[2].replace("_", " "))


def _place(one: Available) -> PlaceLine:
    parts = {part.name: part.qty_milli for part in one.parts}
    on_hand = parts.get("sellable", 0) + parts.get("picked", 0)
    return PlaceLine(
        one.store_name, one.stale, one.recount, format_quantity(on_hand), format_quantity(-parts.get("committed", 0)),
        format_quantity(-parts.get("floor", 0)), format_quantity(one.atp_milli),
    )  # fmt: skip
