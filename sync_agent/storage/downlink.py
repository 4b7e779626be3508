"""Rows of the feed on their way into ref.db and link.db, always with their cursor in the same transaction."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable import customers, link
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.link import apply_store_row
from retail_core.durable.reference import apply_row, cursor_of, set_cursor
from retail_core.wire.messages import FeedRow
from sync_agent.storage.erasing import forget_details, forget_pages
from sync_agent.storage.files import Files

STALE = "feed.file_changed"
MAX_REV = 2**62
ACCEPTED, FILLING, SEEN = "accepted", "filling", "seen"
"""Notes of ours among the documents of link.db: in which versions a scope was pulled, that it is being pulled anew, and what
has come since. The till knows none of these kinds."""
_SWEEP = (
    "DELETE FROM orders WHERE 'order/' || order_id NOT IN (SELECT key FROM document WHERE kind = 'seen')",
    (
        "DELETE FROM staff WHERE 'staff/' || operator_id NOT IN (SELECT key FROM document WHERE kind = 'seen')"
        " AND EXISTS (SELECT 1 FROM document WHERE kind = 'seen' AND key LIKE 'staff/%')"
    ),
    "DELETE FROM customer WHERE 'customer/' || customer_id NOT IN (SELECT key FROM document WHERE kind = 'seen')",
    "DELETE FROM customer_key WHERE customer_id NOT IN (SELECT customer_id FROM customer)",
)
_SWEEP_DOCUMENTS = (
    "DELETE FROM document WHERE kind = ? AND kind || '/' || key NOT IN (SELECT key FROM document WHERE kind = 'seen')"
)


class SkippedRow(msgspec.Struct, frozen=True):
    """A row whose document this program cannot read; the feed goes on without it."""

    kind: str
    key: str
    why: str


def cursor(files: Files, scope: str) -> tuple[int, str]:
    """(rev, generation) as recorded beside the rows of `scope`; (0, "") when there are none."""
    conn = files.link if scope.startswith("store:") else files.reference
    return cursor_of(conn, scope) if conn is not None else (0, "")


def apply_reference(
    files: Files, scope: str, rows: Sequence[FeedRow], before: int, after: int, generation: str
) -> list[SkippedRow]:
    """One slice into the current reference file. Raises EnvironmentFault `feed.file_changed` when it is another file."""
    conn = files.reference
    if conn is None or cursor_of(conn, scope)[0] != before:
        raise EnvironmentFault(STALE, scope=scope)
    skipped: list[SkippedRow] = []
    with transaction(conn, files.home.home.reference(files.reference_name)):
        for row in rows:
            try:
                apply_row(conn, row)
            except (msgspec.ValidationError, RuleViolationError) as odd:
                skipped.append(SkippedRow(row.kind, row.key, str(odd)[:100]))
        set_cursor(conn, scope, after, generation)
    return skipped


def apply_store(
    files: Files, scope: str, rows: Sequence[FeedRow], before: int, after: int, generation: str, *, at_head: bool
) -> list[SkippedRow]:
    """One slice into link.db; PIN verifiers are keyed with this machine's secret before they are stored.

    `at_head`: with it the scope is whole; after being pulled anew, what did not come again goes.
    """
    conn, secret = files.link, files.home.home.keys.device_secret()
    if cursor_of(conn, scope)[0] != before:
        raise EnvironmentFault(STALE, scope=scope)
    skipped: list[SkippedRow] = []
    gone = {row.key for row in rows if row.kind == customers.KIND and row.op == "del"}
    if gone:  # first here: what is cut off by a crash is done again with the same rows
        forget_details(files.store, files.store_path, gone)
        forget_pages(files.store, files.store_path, scope, before)
    with transaction(conn, files.link_path):
        for row in rows:
            try:
                apply_store_row(conn, row, secret)
            except (msgspec.ValidationError, ValueError) as odd:
                skipped.append(SkippedRow(row.kind, row.key, str(odd)[:100]))
        if is_filling(files, scope):
            for row in rows:
                if row.op != "del":
                    link.put_document(conn, SEEN, f"{row.kind}/{row.key}", b"")
            if at_head:
                _sweep(conn)
        link.set_store_cursor(conn, scope, after, generation)
    return skipped


def begin_store_again(files: Files, scope: str) -> None:
    """HQ came back from a backup or forgot our position: the scope is pulled anew. No fact of ours is touched.

    What is here stays in use until everything has come, so that people can sign in even if the line breaks on the way.
    """
    with transaction(files.link, files.link_path):
        files.link.execute("DELETE FROM document WHERE kind = ?", (SEEN,))
        link.put_document(files.link, FILLING, scope, b"")
        link.set_store_cursor(files.link, scope, 0, "")


def is_filling(files: Files, scope: str) -> bool:
    """Whether a scope is being pulled anew and not whole yet."""
    return _note(files, FILLING, scope) is not None


def outdated(files: Files, scope: str, accepts: str) -> bool:
    """Whether a scope was pulled by a program that read other kinds or versions: what that skipped must come now."""
    known = _note(files, ACCEPTED, scope)
    if known is None and (cursor(files, scope)[0] == 0 or not scope.startswith("store:")):
        note_accepts(files, scope, accepts)
        return False
    if known == accepts.encode():
        return False
    forget_pages(
        files.store, files.store_path, scope, MAX_REV
    )  # kept in other versions, they are no use to a neighbour
    return True


def note_accepts(files: Files, scope: str, accepts: str) -> None:
    """From now on the scope is pulled in these versions."""
    with transaction(files.link, files.link_path):
        link.put_document(files.link, ACCEPTED, scope, accepts.encode())


def _note(files: Files, kind: str, scope: str) -> bytes | None:
    row = files.link.execute("SELECT doc FROM document WHERE kind = ? AND key = ?", (kind, scope)).fetchone()
    return row[0] if row else None


def _sweep(conn: Connection) -> None:
    """Everything has come again: what did not is gone. That nobody works here any more is most likely a mistake."""
    for statement in _SWEEP:
        conn.execute(statement)
    conn.executemany(_SWEEP_DOCUMENTS, [(kind,) for kind in link.DOCUMENT_KINDS])
    conn.execute("DELETE FROM document WHERE kind IN (?, ?)", (SEEN, FILLING))


def shut_out(rows: Sequence[FeedRow]) -> frozenset[str]:
    """Nodes that rows of the feed say are revoked."""
    named: set[str] = set()
    for row in rows:
        if row.kind != "node":
            continue
        try:
            doc = msgspec.json.decode(row.doc, type=link.NodeDoc) if row.op == "put" else None
        except msgspec.DecodeError:
            continue  # of a newer release: the feed says it in its own time
        if doc is None or doc.revoked:
            named.add(row.key)
    return frozenset(named)


def nodes(files: Files) -> dict[str, link.NodeDoc]:
    """This store's enrolled nodes that are not revoked, by id."""
    return {one.node_id: one for one in link.read_nodes(files.link) if not one.revoked}
