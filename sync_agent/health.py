"""What this agent knows of the way up and down, for people and programs on this machine: GET /health on loopback."""

from collections.abc import Callable

import msgspec
from litestar import Litestar, get


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


class AgentHealth(msgspec.Struct, frozen=True):
    """The whole of it. `queued` entries are not known to be at HQ, the oldest since `oldest_ms`.

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


def health_app(read: Callable[[], AgentHealth]) -> Litestar:
    """Served on 127.0.0.1 only; it names nodes and figures, no secret and no person."""

    @get("/health", sync_to_thread=False)
    def health() -> AgentHealth:
        return read()

    return Litestar(route_handlers=[health], openapi_config=None, logging_config=None)
