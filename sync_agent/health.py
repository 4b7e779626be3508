"""What this agent knows of the way up and down, for programs on this machine: GET /health and /metrics, on loopback only."""

from collections.abc import Callable

import msgspec
from litestar import Litestar, Response, get
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from retail_core.sync.alone import TRUST_ALONE_MS, WARN_ALONE_MS
from sync_agent.storage.sealing import SealedHealth


class HopHealth(msgspec.Struct, frozen=True):
    """One hop: `state` is "up", "down" or "unused"; times are wall milliseconds, 0 for never."""

    state: str
    peer: str = ""
    last_contact_ms: int = 0
    clock_offset_ms: int = 0
    error: str = ""


class StreamHealth(msgspec.Struct, frozen=True):
    """One stream on its way to HQ."""

    node: str
    epoch: str
    here: int
    peer: str
    at_peer: int
    at_hq: int
    phase: str


class FeedHealth(msgspec.Struct, frozen=True):
    """One scope of the feed as applied here."""

    cursor: int
    contact_ms: int
    error: str = ""


class PushLine(msgspec.Struct, frozen=True):
    """Neighbours' batches: in line now, the most there were since the start, and how many were told to come again."""

    in_line: int = 0
    most: int = 0
    turned_away: int = 0


READY, DEGRADED = "ready", "degraded"
OLD_MS = 300_000
CLOCK_OFF_MS = 60_000
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class AgentHealth(msgspec.Struct, frozen=True):
    """The whole of it. `state` is "ready", or "degraded" with `reasons` that name what is wrong. `queued` entries are not known to be at HQ, the oldest since `oldest_ms`.

    `faults`: codes of what keeps a part of the agent from working now, such as `disk.full`. `refused`: how often input
    from the store's network was refused since the start, by code.
    """

    store: str
    register: str
    node: str
    store_role: bool
    term: str
    hq: HopHealth
    lan: HopHealth
    queued: int
    oldest_ms: int
    streams: tuple[StreamHealth, ...]
    feeds: dict[str, FeedHealth]
    reference: str
    second_copy_at: tuple[str, ...]
    neighbours: tuple[str, ...]
    faults: tuple[str, ...]
    refused: dict[str, int]
    silent: tuple[str, ...] = ()
    state: str = READY
    reasons: tuple[str, ...] = ()
    sealed: dict[str, SealedHealth] = {}
    alone_ms: int = 0  # since head office's word
    pushes: PushLine = PushLine()
    restarts: dict[str, int] = {}  # of the agent's own lines since its start
    segments_bad: dict[str, int] = {}  # sealed files that are missing or damaged, by database


def judged(health: AgentHealth, now_ms: int) -> AgentHealth:
    """With its state: a till sells in each of them, so "degraded" calls a person and restarts nothing."""
    reasons = [*health.faults]
    if health.hq.error:
        reasons.append(health.hq.error)
    reasons += [f"neighbour.silent:{node}" for node in health.silent]
    if health.alone_ms >= WARN_ALONE_MS:
        reasons.append("trust.alone_too_long" if health.alone_ms >= TRUST_ALONE_MS else "trust.alone_long")
    if health.oldest_ms and now_ms - health.oldest_ms > OLD_MS:
        reasons.append("queue.old")
    if abs(health.hq.clock_offset_ms) >= CLOCK_OFF_MS:
        reasons.append("clock.off")
    state = DEGRADED if reasons else READY
    return msgspec.structs.replace(health, state=state, reasons=tuple(reasons))


def metrics_text(health: AgentHealth, now_ms: int) -> bytes:
    """The same figures in Prometheus' format. Seconds since a contact that never was are absent."""
    registry = CollectorRegistry()

    def gauge(name: str, about: str, value: float, **labels: str) -> None:
        known = made.get(name)
        if known is None:
            known = made[name] = Gauge(f"omnitill_agent_{name}", about, list(labels), registry=registry)
        (known.labels(**labels) if labels else known).set(value)

    made: dict[str, Gauge] = {}
    gauge("ready", "1 when nothing is wrong", health.state == READY)
    gauge("store_role", "1 on the machine that ties the store together", health.store_role)
    gauge("queued", "Entries not known to be at head office", health.queued)
    gauge("oldest_seconds", "Age of the oldest of them", _ago(health.oldest_ms, now_ms) or 0)
    gauge("clock_offset_seconds", "How far head office's clock is ahead", health.hq.clock_offset_ms / 1000)
    gauge("neighbours", "Machines of the store that answer", len(health.neighbours) - len(health.silent))
    gauge("neighbours_silent", "Those known that do not", len(health.silent))
    gauge("alone_seconds", "Since head office's word", health.alone_ms / 1000)
    gauge("second_copies", "Machines that hold everything of this one", len(health.second_copy_at))
    gauge("pushes_in_line", "Batches of neighbours that wait or are being written", health.pushes.in_line)
    gauge("pushes_turned_away", "Batches told to come again since the start", health.pushes.turned_away)
    for name, sealed in health.sealed.items():
        gauge("segments", "Sealed files of old days", sealed.segments, database=name)
    for name, bad in health.segments_bad.items():
        gauge("segments_bad", "Of them missing or damaged", bad, database=name)
    for name, hop in (("hq", health.hq), ("store", health.lan)):
        gauge("hop_up", "1 when this hop answers", hop.state == "up", hop=name)
        contact = _ago(hop.last_contact_ms, now_ms)
        if contact is not None:
            gauge("hop_contact_age_seconds", "Since it last answered", contact, hop=name)
    for line, times in health.restarts.items():
        gauge("line_restarts", "How often a part of the agent had to begin again", times, line=line)
    for scope, feed in health.feeds.items():
        gauge("feed_cursor", "Revision of the feed applied here", feed.cursor, scope=scope)
    return generate_latest(registry)


def _ago(at_ms: int, now_ms: int) -> float | None:
    return max(0, now_ms - at_ms) / 1000 if at_ms else None


def health_app(read: Callable[[], AgentHealth], now_ms: Callable[[], int]) -> Litestar:
    """Served on 127.0.0.1 only; it names nodes and figures, no secret and no person."""

    @get("/health", sync_to_thread=False)
    def health() -> AgentHealth:
        return judged(read(), now_ms())

    @get("/metrics", sync_to_thread=False, media_type="text/plain")
    def metrics() -> Response[bytes]:
        now = now_ms()
        return Response(metrics_text(judged(read(), now), now), media_type=METRICS_TYPE)

    return Litestar(route_handlers=[health, metrics], openapi_config=None, logging_config=None)
