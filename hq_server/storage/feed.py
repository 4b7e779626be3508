"""The feed: one row per (scope, kind, key) with the revision of its last change.

The head of a scope is moved by `UPDATE … RETURNING` in the writer's own transaction: its row lock makes the order of
commits the order of revisions, so a reader's cursor never passes a row that commits later.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec
from sqlalchemy import Connection, delete, func, select, update

from hq_server.storage import bulk
from hq_server.storage.database import Unit
from hq_server.storage.tables import feed, feed_head
from retail_core.wire.messages import FeedRow

T = TypeVar("T")
CATALOGUE = "catalogue"
STREAM_ROWS = 2_000
NULL_DOC = b"null"
_ENCODE = msgspec.json.Encoder(order="deterministic").encode


class Change(msgspec.Struct, frozen=True):
    """A row to publish; `doc` None takes the key away."""

    kind: str
    key: str
    doc: object | None
    v: int = 1


class Page(msgspec.Struct, frozen=True):
    """Rows above a cursor, in order of revision, and where the scope stood when they were read."""

    head: int
    horizon: int
    rows: tuple[FeedRow, ...]


def store_scope(store: str) -> str:
    return f"store:{store}"


def price_scope(zone: str) -> str:
    return f"price:{zone}"


def publish(unit: Unit, scope: str, changes: Sequence[Change], now_ms: int) -> int:
    """Put changes into a scope; returns its new head. Readers are told after the commit."""
    bulk.insert_new(unit, feed_head, [{"scope": scope, "rev": 0, "horizon": 0}])
    moved = update(feed_head).where(feed_head.c.scope == scope).values(rev=feed_head.c.rev + len(changes))
    head = int(unit.conn.execute(moved.returning(feed_head.c.rev)).scalar_one())
    bulk.put(
        unit,
        feed,
        [
            {
                "scope": scope,
                "kind": change.kind,
                "key": change.key,
                "rev": rev,
                "op": "put" if change.doc is not None else "del",
                "v": change.v,
                "doc": NULL_DOC if change.doc is None else _ENCODE(change.doc),
                "changed_ms": now_ms,
            }
            for rev, change in enumerate(changes, start=head - len(changes) + 1)
        ],
    )
    unit.changed.add(scope)
    return head


def page(conn: Connection, scope: str, cursor: int, limit: int) -> Page:
    """At most `limit` rows above `cursor`. A page shorter than the limit reaches the head."""
    found = conn.execute(select(feed_head.c.rev, feed_head.c.horizon).where(feed_head.c.scope == scope)).one_or_none()
    head, horizon = (int(found.rev), int(found.horizon)) if found else (0, 0)
    rows = conn.execute(
        select(feed.c.rev, feed.c.kind, feed.c.key, feed.c.op, feed.c.v, feed.c.doc)
        .where(feed.c.scope == scope, feed.c.rev > cursor, feed.c.rev <= head)
        .order_by(feed.c.rev)
        .limit(limit)
    )
    return Page(
        head, horizon, tuple(FeedRow(row.rev, row.kind, row.key, row.op, row.v, msgspec.Raw(row.doc)) for row in rows)
    )


def head_of(conn: Connection, scope: str) -> int:
    """The newest revision of a scope; 0 when it has none."""
    return int(conn.execute(select(func.max(feed_head.c.rev)).where(feed_head.c.scope == scope)).scalar() or 0)


def behind(conn: Connection, cursors: Mapping[str, int]) -> int | None:
    """How many changes a reader with these cursors lacks; None when one of them is older than what is remembered."""
    asked = select(feed_head.c.scope, feed_head.c.rev, feed_head.c.horizon).where(feed_head.c.scope.in_(cursors))
    heads = conn.execute(asked).all()
    if any(cursors[head.scope] < head.horizon for head in heads):
        return None
    return sum(head.rev - cursors[head.scope] for head in heads)


def doc_of(conn: Connection, scope: str, kind: str, key: str) -> bytes | None:
    """What is published under a key now."""
    found = select(feed.c.doc).where(feed.c.scope == scope, feed.c.kind == kind, feed.c.key == key, feed.c.op == "put")
    doc = conn.execute(found).scalar_one_or_none()
    return None if doc is None else bytes(doc)


def docs_of(conn: Connection, scope: str, kind: str) -> dict[str, bytes]:
    """Everything of a kind that is published in a scope now, by key."""
    here = (feed.c.scope == scope) & (feed.c.kind == kind) & (feed.c.op == "put")
    return {row.key: bytes(row.doc) for row in conn.execute(select(feed.c.key, feed.c.doc).where(here))}


def every_doc(conn: Connection, scope: str, kind: str, doc: type[T]) -> Iterator[tuple[int, T]]:
    """(revision, document) of all of a kind that is published in a scope now, oldest change first, a few at a time."""
    here = (feed.c.scope == scope) & (feed.c.kind == kind) & (feed.c.op == "put")
    asked = select(feed.c.rev, feed.c.doc).where(here).order_by(feed.c.rev)
    decode = msgspec.json.Decoder(doc).decode
    for row in conn.execution_options(yield_per=STREAM_ROWS).execute(asked):
        yield row.rev, decode(row.doc)


def scopes_with(conn: Connection, kind: str, key: str) -> Sequence[str]:
    """Scopes in which this key is published now, in one order for every writer."""
    here = (feed.c.kind == kind) & (feed.c.key == key) & (feed.c.op == "put")
    return conn.execute(select(feed.c.scope).where(here).order_by(feed.c.scope)).scalars().all()


def scopes(conn: Connection) -> Sequence[str]:
    """All scopes, in one order for every writer."""
    return conn.execute(select(feed_head.c.scope).order_by(feed_head.c.scope)).scalars().all()


def drop_tombstones(unit: Unit, scope: str, before_ms: int) -> int:
    """Forget deletions older than `before_ms`; readers behind them must load a snapshot. Returns how many went."""
    old = (feed.c.scope == scope) & (feed.c.op == "del") & (feed.c.changed_ms < before_ms)
    newest = unit.conn.execute(select(func.max(feed.c.rev)).where(old)).scalar()
    if newest is None:
        return 0
    gone = unit.conn.execute(delete(feed).where(old)).rowcount
    unit.conn.execute(update(feed_head).where(feed_head.c.scope == scope).values(horizon=newest))
    return gone
