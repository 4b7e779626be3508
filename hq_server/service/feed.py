"""Pages of the feed, signed by HQ, in the versions a reader says it understands."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from hq_server.service.context import Hq
from hq_server.storage import access, catalogue, feed
from hq_server.storage.database import Unit
from retail_core.domain.errors import RuleViolationError
from retail_core.durable.taxes import DOC_VERSION, TaxDoc
from retail_core.trust.keys import b64
from retail_core.trust.word import HqWord, speak
from retail_core.wire.messages import MAX_PULL_LIMIT, FeedRow, PageHead

KEEP_DELETIONS_MS = 60 * 86_400_000
STORE_SCOPES = "store:"
_ENCODE = msgspec.json.Encoder().encode

Downcast = Callable[[FeedRow], FeedRow]


def _without_days(row: FeedRow) -> FeedRow:
    """The rate of now alone."""
    doc = msgspec.structs.replace(msgspec.json.decode(row.doc, type=TaxDoc), dated=())
    return msgspec.structs.replace(row, v=row.v - 1, doc=msgspec.Raw(_ENCODE(doc)))


DOWNCASTS: Mapping[tuple[str, int], Downcast] = MappingProxyType({("tax", DOC_VERSION): _without_days})
"""(kind, version) → function that lowers a row by one version, for readers not yet upgraded."""


class SignedPage(msgspec.Struct, frozen=True):
    """One answer to a pull: uncompressed NDJSON and what its headers say."""

    head: PageHead
    body: bytes
    signature: str
    empty: bool
    word: str = ""  # that HQ spoke just now; of a store's scope only


def check_scope(hq: Hq, asking: access.Node, scope: str) -> None:
    """A node may read its own store, its price zone and the catalogue. Raises `feed.scope_denied`."""
    place = hq.database.read(lambda conn: catalogue.place_of(conn, asking.store))
    allowed = [feed.CATALOGUE, feed.store_scope(asking.store)]
    if place is not None:
        allowed.append(feed.price_scope(place.zone))
    if scope not in allowed:
        raise RuleViolationError("feed.scope_denied", scope=scope[:60])


def parse_accepts(text: str) -> dict[str, int]:
    """`product:3,order:5` → versions by kind; empty means "everything, as it is". Raises `feed.bad_accepts`."""
    found: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        kind, _, version = part.partition(":")
        if not kind or not version.isascii() or not version.isdigit() or len(version) > 4:
            raise RuleViolationError("feed.bad_accepts", part=part[:40])
        found[kind] = int(version)
    return found


def signed_page(
    hq: Hq, scope: str, cursor: int, limit: int, accepts: Mapping[str, int], *, fresh: bool = False
) -> SignedPage:
    """The rows above `cursor`. Raises RuleViolationError `feed.cursor_too_old`: load a snapshot.

    `fresh`: the reader began at 0 and has not come to the head yet, so it has nothing that was taken away meanwhile.
    """
    limit = max(1, min(limit, MAX_PULL_LIMIT))
    now_ms = hq.clock.now_ms()  # first: what is written from now on is no part of the word
    page = hq.database.read(lambda conn: feed.page(conn, scope, cursor, limit))
    if 0 < cursor < page.horizon and not fresh:
        raise RuleViolationError("feed.cursor_too_old", scope=scope, horizon=page.horizon)
    to_rev = page.rows[-1].rev if len(page.rows) == limit else page.head
    rows = [row for row in (lowered(row, accepts, DOWNCASTS) for row in page.rows) if row is not None]
    body = b"".join(_ENCODE(row) + b"\n" for row in rows)
    head = PageHead(scope, cursor, to_rev, page.head, hq.generation)
    spoken = HqWord(scope, page.head, now_ms)
    word = speak(hq.key, spoken) if scope.startswith(STORE_SCOPES) else ""
    return SignedPage(head, body, b64(hq.key.sign(head.signed_bytes(body))), not page.rows, word)


def forget_deletions(hq: Hq) -> int:
    """Housekeeping: drop deletions nobody is expected to need any more. Returns how many rows went."""
    before_ms = hq.clock.now_ms() - KEEP_DELETIONS_MS

    def work(unit: Unit) -> int:
        return sum(feed.drop_tombstones(unit, scope, before_ms) for scope in feed.scopes(unit.conn))

    return hq.database.write(work)


def lowered(row: FeedRow, accepts: Mapping[str, int], downcasts: Mapping[tuple[str, int], Downcast]) -> FeedRow | None:
    """A row as its reader can read it; None when it cannot, because it does not know the kind or only older versions."""
    if not accepts:
        return row
    known = accepts.get(row.kind)
    while known is not None and row.v > known:
        lower = downcasts.get((row.kind, row.v))
        if lower is None:
            return None
        row = lower(row)
    return None if known is None else row
