"""What the store role tells the store's tills: folded from every journal here into rows with a revision, and who claims what.

Row, revision and how far each journal was read are written in one transaction, so nothing is told twice or forgotten.
"""

import os
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from retail_core.domain.claims import ClaimKind, Held, Refused, decided
from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import FulfilmentEvent, SaleCompleted
from retail_core.domain.fulfilment import FINAL, OrderDoc
from retail_core.domain.origin import Origin
from retail_core.domain.shared import (
    Shared,
    SharedBasket,
    SharedKind,
    SharedReturns,
    SharedValue,
    key_of,
    merged,
    told_by,
)
from retail_core.domain.shared_drawer import SharedDrawer
from retail_core.domain.shared_order import stepped
from retail_core.durable import link
from retail_core.durable.engine import transaction
from retail_core.durable.shared import put_page, shared_cursor
from retail_core.wire.envelope import StreamEntry, StreamId
from retail_core.wire.events import decode_event
from retail_core.wire.messages import ClaimReply, ClaimRequest, SharedPage, SharedRow
from sync_agent.storage import drawers, retold, streams, units, unread, waiting_steps
from sync_agent.storage.files import Files
from sync_agent.storage.receipts import note_receipt
from sync_agent.storage.streams import Copy

READ_AT_ONCE = 500
PAGE_ROWS = 500
KEEP_DONE_MS = 2 * 24 * 3_600_000
MAX_REMEMBERED = 200
MAX_PAGES = 25
GONE = b"null"
KINDS: Mapping[SharedKind, type[Shared]] = MappingProxyType(
    {
        SharedKind.BASKET: SharedBasket,
        SharedKind.DRAWER: SharedDrawer,
        SharedKind.ORDER: OrderDoc,
        SharedKind.RETURNS: SharedReturns,
        SharedKind.VALUE: SharedValue,
    }
)
CLAIMED_AS = MappingProxyType(
    {
        SharedKind.BASKET: ClaimKind.SUSPENDED_SALE,
        SharedKind.ORDER: ClaimKind.PICKUP_ORDER,
        SharedKind.RETURNS: ClaimKind.RECEIPT_REFUND,
        SharedKind.VALUE: ClaimKind.GIFT_CARD,
    }
)
"""What was written down needs no claim any more. A drawer belongs to its till, so nobody claims one."""


# ── beginning ────────────────────────────────────────────────────────────────────────────────────


def begin(files: Files, now_ms: int) -> None:
    """Call when this machine begins to tell. The source is another one each time: our file may be an old copy of itself,
    and whoever followed it then tells us what it remembers and takes our word anew.
    """
    with transaction(files.store, files.store_path):
        files.store.execute(
            "INSERT OR REPLACE INTO told_head (one, source, rev) VALUES (1, ?, ?)",
            (os.urandom(8).hex(), head(files)[1]),
        )
        for drawer in drawers.told_by_journals(files, now_ms - KEEP_DONE_MS):
            taken = merged(_known(files, SharedKind.DRAWER, drawer.session_id), drawer)
            if taken is not None:
                _tell(files, SharedKind.DRAWER, drawer.session_id, msgspec.json.encode(taken), now_ms)
        for copy in _journals(files):
            for placed in unread.take(files, copy):
                _take(files, copy.source, placed, now_ms)


# ── folding ──────────────────────────────────────────────────────────────────────────────────────


def fold(files: Files, now_ms: int) -> bool:
    """Read on in every journal here; True when there is news for the tills."""
    news = False
    for copy in _journals(files):
        while (read := _read_on(files, copy, now_ms)) is not None:
            news = news or read
    return _catch_up(files, now_ms) or news


def _catch_up(files: Files, now_ms: int) -> bool:
    """Steps whose turn has come since they were read; True when that is news."""
    orders, news = waiting_steps.orders(files), False
    if not orders:
        return False
    with transaction(files.store, files.store_path):
        for order_id in orders:
            order = _known(files, SharedKind.ORDER, order_id)
            if not isinstance(order, OrderDoc):
                continue
            after, _ = stepped(order, waiting_steps.of(files, order_id))
            if after != order:
                _tell(files, SharedKind.ORDER, order_id, msgspec.json.encode(after), now_ms)
                news = True
            waiting_steps.reached(files, order_id, after.order_v)
        waiting_steps.bound(files, now_ms)
    return news


def _journals(files: Files) -> Sequence[Copy]:
    mine = streams.till_copy(files)
    return [*streams.own_copies(files), *([mine] if mine else []), *streams.kept_copies(files)]


def _read_on(files: Files, copy: Copy, now_ms: int) -> bool | None:
    """One slice of one journal; None when there was nothing to read."""
    after = max(_through(files, copy.source), copy.base.seq)
    if after >= copy.head.seq:
        return None
    history = streams.history_of(files, copy)
    entries = history.entries_after(copy.source, after, READ_AT_ONCE) if history else ()
    if not entries:
        return None
    with transaction(files.store, files.store_path):
        news = [_take(files, copy.source, placed, now_ms) for placed in entries]
        files.store.execute(
            "INSERT OR REPLACE INTO told_through (node, epoch, seq) VALUES (?,?,?)",
            (copy.source.node, copy.source.epoch, entries[-1].seq),
        )
    return any(news)


def _take(files: Files, source: StreamId, placed: StreamEntry, now_ms: int) -> bool:
    entry = placed.entry
    try:
        event = decode_event(entry.type, entry.v, entry.body)
    except RuleViolationError:  # a kind or shape of a newer program
        unread.keep(files, source, placed.seq)
        return False
    if isinstance(event, SaleCompleted):
        note_receipt(files.store, event.receipt, entry.id)
        units.note(files.store, event, entry.node, entry.at, lambda receipt: _came_back(files, receipt))
    stream = f"{entry.node}/{entry.epoch}"
    origin = Origin(entry.node, entry.actor, stream, entry.seq, entry.at, entry.biz_date)
    told = told_by(event, origin, lambda kind, key: _known(files, kind, key))
    for one in told:
        kind, key = key_of(one)
        _tell(files, kind, key, msgspec.json.encode(one), now_ms)
        _release(files, kind, key, entry.node)
    if isinstance(event, FulfilmentEvent) and not told and entry.at + entry.clock > now_ms - waiting_steps.KEEP_MS:
        waiting_steps.keep(files, entry.id, event, now_ms)  # until the next look, if it has had its turn
    return bool(told)


def _release(files: Files, kind: SharedKind, key: str, node: str) -> None:
    """The machine that claimed it has done what it claimed it for."""
    if kind is SharedKind.ORDER or kind not in CLAIMED_AS:
        return  # picking goes on; the claim is for handing over
    by_id = {one.node_id: one.register for one in link.read_nodes(files.link)}
    row = files.store.execute("SELECT holder FROM claim WHERE kind = ? AND key = ?", (CLAIMED_AS[kind], key)).fetchone()
    if row and by_id.get(row[0]) == by_id.get(node):
        files.store.execute("DELETE FROM claim WHERE kind = ? AND key = ?", (CLAIMED_AS[kind], key))


def _came_back(files: Files, receipt: str) -> set[int]:
    """Lines of a receipt that came back on any till of the store."""
    told = _known(files, SharedKind.RETURNS, receipt)
    return {part.n for part in told.parts} if isinstance(told, SharedReturns) else set()


def _known(files: Files, kind: SharedKind, key: str) -> Shared | None:
    row = files.store.execute(
        "SELECT doc FROM told WHERE kind = ? AND key = ? AND doc <> ?", (kind, key, GONE)
    ).fetchone()
    here = _read(kind, row[0]) if row else None
    return _newest_order(files, key, here) if kind is SharedKind.ORDER else here


def _read(kind: SharedKind, doc: bytes) -> Shared:
    return msgspec.json.decode(doc, type=KINDS[kind])


def _newest_order(files: Files, key: str, here: Shared | None) -> Shared | None:
    sent = link.read_order(files.link, key)
    return sent if sent and (not isinstance(here, OrderDoc) or sent.order_v >= here.order_v) else here


def _tell(files: Files, kind: SharedKind, key: str, doc: bytes, now_ms: int) -> None:
    source, rev = head(files)
    files.store.execute("INSERT OR REPLACE INTO told_head (one, source, rev) VALUES (1, ?, ?)", (source, rev + 1))
    files.store.execute(
        "INSERT OR REPLACE INTO told (kind, key, rev, at_ms, doc) VALUES (?,?,?,?,?)", (kind, key, rev + 1, now_ms, doc)
    )


def _through(files: Files, source: StreamId) -> int:
    row = files.store.execute(
        "SELECT seq FROM told_through WHERE node = ? AND epoch = ?", (source.node, source.epoch)
    ).fetchone()
    return row[0] if row else 0


def tidy(files: Files, now_ms: int) -> bool:
    """Take back what nobody needs any more: baskets taken up, orders ended and drawers closed, two days ago. True when
    something went. An open drawer stays, however old.
    """
    old = files.store.execute(
        "SELECT kind, key, doc FROM told WHERE at_ms < ? AND doc <> ? LIMIT ?", (now_ms - KEEP_DONE_MS, GONE, PAGE_ROWS)
    ).fetchall()
    done = [(SharedKind(kind), key) for kind, key, doc in old if _is_done(files, SharedKind(kind), doc)]
    with transaction(files.store, files.store_path):
        for kind, key in done:
            _tell(files, kind, key, GONE, now_ms)
        files.store.execute("DELETE FROM claim WHERE until_ms < ?", (now_ms,))
        units.tidy(files.store, now_ms)
        files.store.execute("DELETE FROM told WHERE doc = ? AND at_ms < ?", (GONE, now_ms - 2 * KEEP_DONE_MS))
    return bool(done)


def _is_done(files: Files, kind: SharedKind, doc: bytes) -> bool:
    told = msgspec.json.decode(doc, type=KINDS[kind])
    match told:
        case SharedBasket():
            return bool(told.taken_by)
        case OrderDoc():
            return told.state in FINAL
        case SharedDrawer():
            return drawers.is_over(files, told, _drawers(files))
        case SharedReturns() | SharedValue():
            return True  # HQ knows it by now, and the receipt's own till for ever


def _drawers(files: Files) -> Sequence[SharedDrawer]:
    docs = files.store.execute("SELECT doc FROM told WHERE kind = ? AND doc <> ?", (SharedKind.DRAWER, GONE))
    return [msgspec.json.decode(doc, type=SharedDrawer) for (doc,) in docs]


def remember(files: Files, rows: Sequence[SharedRow], now_ms: int) -> bool:
    """Take what a neighbour remembers of an earlier store role's word; True when something of it was news."""
    news = False
    with transaction(files.store, files.store_path):
        for row in rows[:MAX_REMEMBERED]:
            try:
                kind = SharedKind(row.kind)
                offered = msgspec.json.decode(row.doc, type=KINDS[kind])
            except (ValueError, msgspec.DecodeError):  # of a newer program, or gone
                continue
            taken = merged(_known(files, kind, row.key), offered)
            if taken is not None and key_of(taken) == (kind, row.key):
                _tell(files, kind, row.key, msgspec.json.encode(taken), now_ms)
                news = True
    return news


def remembered(files: Files, now_ms: int) -> Sequence[SharedPage]:
    """For the machine that has the store role now: what link.db has of the earlier one's word, and what the till beside us wrote
    down since, in pages it takes.
    """
    source, rev = shared_cursor(files.link)
    asked = "SELECT kind, key, doc FROM shared LIMIT ?"
    docs = {(kind, key): doc for kind, key, doc in files.link.execute(asked, (MAX_REMEMBERED * MAX_PAGES,))}

    def known(kind: SharedKind, key: str) -> Shared | None:
        doc = docs.get((kind, key))
        return (
            _newest_order(files, key, doc and _read(kind, doc))
            if kind is SharedKind.ORDER
            else doc and _read(kind, doc)
        )

    for one in retold.lately(files, known, now_ms - KEEP_DONE_MS):
        docs[key_of(one)] = msgspec.json.encode(one)
    rows = [SharedRow(kind, key, 0, msgspec.Raw(doc)) for (kind, key), doc in docs.items()][
        : MAX_REMEMBERED * MAX_PAGES
    ]
    pages = (rows[at : at + MAX_REMEMBERED] for at in range(0, len(rows), MAX_REMEMBERED))
    return [SharedPage(source, rev, tuple(page)) for page in pages]


# ── telling ──────────────────────────────────────────────────────────────────────────────────────


def head(files: Files) -> tuple[str, int]:
    """(source, revision). The source is drawn anew by `begin`, so that no other copy of the file is taken for this one."""
    row = files.store.execute("SELECT source, rev FROM told_head").fetchone()
    return (row[0], row[1]) if row else ("", 0)


def page(files: Files, source: str, cursor: int) -> SharedPage | None:
    """Rows above `cursor`, or everything for who knows another source; None when there is nothing new."""
    here, rev = head(files)
    if source == here and cursor >= rev:
        return None
    whole = source != here
    rows = files.store.execute(
        "SELECT kind, key, rev, doc FROM told WHERE rev > ? ORDER BY rev LIMIT ?", (0 if whole else cursor, PAGE_ROWS)
    ).fetchall()
    found = tuple(SharedRow(kind, key, at, msgspec.Raw(doc)) for kind, key, at, doc in rows)
    return SharedPage(here, found[-1].rev if len(found) == PAGE_ROWS else rev, found, whole)


def apply(files: Files, told: SharedPage) -> None:
    """What the store role told, into link.db for the till beside us."""
    with transaction(files.link, files.link_path):
        put_page(files.link, told)


def cursor(files: Files) -> tuple[str, int]:
    return shared_cursor(files.link)


# ── claims ───────────────────────────────────────────────────────────────────────────────────────


def claim(files: Files, holder: str, request: ClaimRequest, now_ms: int) -> ClaimReply:
    """Give the thing to `holder` unless another machine has it, inside the caller's transaction. What was taken up for
    good is refused for ever.
    """
    basket = _known(files, SharedKind.BASKET, request.key) if request.kind is ClaimKind.SUSPENDED_SALE else None
    if isinstance(basket, SharedBasket) and basket.taken_by:
        return ClaimReply(granted=False, holder=basket.taken_by)
    conn = files.store
    row = conn.execute(
        "SELECT holder, until_ms FROM claim WHERE kind = ? AND key = ?", (request.kind, request.key)
    ).fetchone()
    given = decided(Held(*row) if row else None, holder, request.for_ms, now_ms)
    if isinstance(given, Refused):
        return ClaimReply(granted=False, holder=given.by)
    if given.until_ms == now_ms:  # it was not needed after all
        conn.execute("DELETE FROM claim WHERE kind = ? AND key = ?", (request.kind, request.key))
        return ClaimReply(granted=True, holder=holder)
    conn.execute(
        "INSERT OR REPLACE INTO claim (kind, key, holder, until_ms) VALUES (?,?,?,?)",
        (request.kind, request.key, holder, given.until_ms),
    )
    return ClaimReply(granted=True, holder=holder, for_ms=given.until_ms - now_ms, told=_newest(files, request))


def _newest(files: Files, request: ClaimRequest) -> SharedPage | None:
    """What is told of a thing that is claimed."""
    kind = next((shared for shared, claimed in CLAIMED_AS.items() if claimed is request.kind), None)
    row = files.store.execute("SELECT rev, doc FROM told WHERE kind = ? AND key = ?", (kind, request.key)).fetchone()
    if kind is None or row is None:
        return None
    return SharedPage(*head(files), (SharedRow(kind, request.key, row[0], msgspec.Raw(row[1])),))
