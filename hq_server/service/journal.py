"""HQ's own facts, written like everybody else's: a signed, hash-chained stream of each store, by the node "hq"."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hq_server.service.context import Hq
from hq_server.storage import catalogue, streams
from hq_server.storage.database import Unit
from retail_core.domain.businessdate import BusinessDate, business_date
from retail_core.domain.events import Event
from retail_core.wire.envelope import Draft, Head, StreamEntry, StreamId, place, seal_entry
from retail_core.wire.events import encode_event

HQ_NODE = "hq"


def write(hq: Hq, unit: Unit, store: str, events: Sequence[Event], actor: str) -> list[StreamEntry]:
    """Append facts about `store` in the caller's transaction; the caller applies what they change."""
    now_ms = hq.clock.now_ms()
    stream = stream_at(hq)
    state = streams.lock_stream(unit, store, stream) or streams.begin_stream(unit, store, stream, Head(), now_ms)
    day = today_at(unit, store, now_ms)
    head, prev = state.head, state.last_entry_hash
    placed: list[StreamEntry] = []
    for event in events:
        type_, version, body = encode_event(event)
        draft = Draft(hq.ids.next(), HQ_NODE, hq.generation, type_, version, now_ms, day, actor, body)
        entry = seal_entry(draft, head.seq + 1, prev, hq.key.sign)
        placed.append(place(entry, head))
        head, prev = Head(placed[-1].seq, placed[-1].chain_hash), entry.entry_hash
    if placed:
        streams.append(unit, store, stream, placed, now_ms)
        streams.advance(unit, store, stream, placed[-1], now_ms)
    return placed


def stream_at(hq: Hq) -> StreamId:
    """HQ's own stream of every store."""
    return StreamId(HQ_NODE, hq.generation)


def today_at(unit: Unit, store: str, now_ms: int) -> BusinessDate:
    """The business date of a place; UTC for a place nobody described yet."""
    found = catalogue.place_of(unit.conn, store)
    return business_date(now_ms, zone_of(found.timezone if found else "UTC"))


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name, or UTC when this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
