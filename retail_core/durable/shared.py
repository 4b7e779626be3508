"""What a store's machines tell one another, as link.db has it: baskets, drawers, orders and what came back, and answers to claims.

The agent writes, the till beside it reads. Rows are the newest state of a thing; what is gone is not there.
"""

from collections.abc import Mapping, Sequence

import msgspec

from retail_core.domain.claims import ClaimAnswer, Granted, NobodyAnswered, Refused
from retail_core.domain.fulfilment import OrderDoc
from retail_core.domain.ids import InstrumentId
from retail_core.domain.shared import SharedBasket, SharedKind, SharedReturns, SharedValue
from retail_core.domain.shared_drawer import SharedDrawer
from retail_core.durable.engine import Connection
from retail_core.durable.migrate import Step
from retail_core.wire.messages import ClaimReply, SharedPage, SharedRow

SHARED_STEP: Step = (
    "CREATE TABLE shared (kind TEXT NOT NULL, key TEXT NOT NULL, doc BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID",
    """CREATE TABLE shared_cursor (
        one INTEGER PRIMARY KEY CHECK (one = 1), source TEXT NOT NULL, rev INTEGER NOT NULL)""",
    """CREATE TABLE claim_answer (
        ask_id TEXT PRIMARY KEY, answer TEXT NOT NULL, holder TEXT NOT NULL, until_ms INTEGER NOT NULL,
        at_ms INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX claim_answer_at ON claim_answer (at_ms)",
)
KEEP_ANSWERS_MS = 3_600_000
MIXED = "mixed"
"""The source of what is here when it is more than one machine's word."""
NOBODY = "nobody"
GRANTED = "granted"
REFUSED = "refused"


# ── the agent writes ─────────────────────────────────────────────────────────────────────────────


def shared_cursor(conn: Connection) -> tuple[str, int]:
    """(source, revision) of what is here; ("", 0) when there is nothing."""
    row = conn.execute("SELECT source, rev FROM shared_cursor").fetchone()
    return (row[0], row[1]) if row else ("", 0)


def put_page(conn: Connection, page: SharedPage) -> None:
    """Rows and cursor, inside the caller's transaction. A page of another source replaces everything."""
    if page.whole:
        conn.execute("DELETE FROM shared")
    _put(conn, page.rows)
    conn.execute("INSERT OR REPLACE INTO shared_cursor (one, source, rev) VALUES (1, ?, ?)", (page.source, page.rev))


def put_news(conn: Connection, news: SharedPage) -> None:
    """A few rows ahead of the page that will bring them, inside the caller's transaction; what was read already stays.

    After another machine's word than what is here, everything is to be read again.
    """
    source, rev = shared_cursor(conn)
    _put(conn, [row for row in news.rows if source != news.source or row.rev > rev])
    if source != news.source:
        conn.execute("INSERT OR REPLACE INTO shared_cursor (one, source, rev) VALUES (1, ?, 0)", (MIXED,))


def _put(conn: Connection, rows: Sequence[SharedRow]) -> None:
    for row in rows:
        if bytes(row.doc) == b"null":
            conn.execute("DELETE FROM shared WHERE kind = ? AND key = ?", (row.kind, row.key))
        else:
            conn.execute(
                "INSERT OR REPLACE INTO shared (kind, key, doc) VALUES (?,?,?)", (row.kind, row.key, bytes(row.doc))
            )


def put_claim_answer(conn: Connection, ask_id: str, reply: ClaimReply | None, now_ms: int) -> None:
    """What the store role said; None when nobody could be asked."""
    said = NOBODY if reply is None else GRANTED if reply.granted else REFUSED
    conn.execute(
        "INSERT OR REPLACE INTO claim_answer (ask_id, answer, holder, until_ms, at_ms) VALUES (?,?,?,?,?)",
        (ask_id, said, reply.holder if reply else "", now_ms + (reply.for_ms if reply else 0), now_ms),
    )
    conn.execute("DELETE FROM claim_answer WHERE at_ms < ?", (now_ms - KEEP_ANSWERS_MS,))


# ── the till reads ───────────────────────────────────────────────────────────────────────────────


def claim_answers(conn: Connection, ask_ids: Sequence[str]) -> Mapping[str, ClaimAnswer]:
    """The answers there are by now."""
    rows = conn.execute(
        "SELECT ask_id, answer, holder, until_ms FROM claim_answer WHERE ask_id IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(ask_ids).decode(),),
    )
    return {ask_id: _answer(answer, holder, until_ms) for ask_id, answer, holder, until_ms in rows}


def _answer(answer: str, holder: str, until_ms: int) -> ClaimAnswer:
    if answer == GRANTED:
        return Granted(until_ms)
    return Refused(holder) if answer == REFUSED else NobodyAnswered()


def shared_baskets(conn: Connection) -> Sequence[SharedBasket]:
    """Baskets put aside in this store, those taken up again too, the oldest first."""
    found = (msgspec.json.decode(doc, type=SharedBasket) for doc in _docs(conn, SharedKind.BASKET))
    return sorted(found, key=lambda basket: (basket.put_ms, basket.sale_id))


def shared_drawers(conn: Connection) -> Sequence[SharedDrawer]:
    """Drawer sessions of this store's tills, this one's too, the oldest first."""
    found = (msgspec.json.decode(doc, type=SharedDrawer) for doc in _docs(conn, SharedKind.DRAWER))
    return sorted(found, key=lambda drawer: (drawer.since_ms, drawer.session_id))


def shared_orders(conn: Connection) -> Sequence[OrderDoc]:
    """Orders as the tills of this store left them."""
    return [msgspec.json.decode(doc, type=OrderDoc) for doc in _docs(conn, SharedKind.ORDER)]


def shared_order(conn: Connection, order_id: str) -> OrderDoc | None:
    """One order, when a till of this store touched it."""
    doc = _doc(conn, SharedKind.ORDER, order_id)
    return msgspec.json.decode(doc, type=OrderDoc) if doc else None


def shared_returns(conn: Connection, receipt: str) -> SharedReturns | None:
    """What came back of a receipt anywhere in the store."""
    doc = _doc(conn, SharedKind.RETURNS, receipt)
    return msgspec.json.decode(doc, type=SharedReturns) if doc else None


def shared_value(conn: Connection, instrument: InstrumentId) -> SharedValue | None:
    """The newest moves of an instrument anywhere in the store."""
    doc = _doc(conn, SharedKind.VALUE, instrument)
    return msgspec.json.decode(doc, type=SharedValue) if doc else None


def _doc(conn: Connection, kind: SharedKind, key: str) -> bytes | None:
    row = conn.execute("SELECT doc FROM shared WHERE kind = ? AND key = ?", (kind.value, key)).fetchone()
    return row[0] if row else None


def _docs(conn: Connection, kind: SharedKind) -> Sequence[bytes]:
    return [doc for (doc,) in conn.execute("SELECT doc FROM shared WHERE kind = ? ORDER BY key", (kind.value,))]
