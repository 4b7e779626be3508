"""Rows of the feed on their way into ref.db and link.db, always with their cursor in the same transaction."""

from collections.abc import Sequence

import msgspec

from retail_core.domain.errors import EnvironmentFault, RuleViolationError
from retail_core.durable import customers, link
from retail_core.durable.engine import transaction
from retail_core.durable.link import apply_store_row
from retail_core.durable.reference import apply_row, cursor_of, set_cursor
from retail_core.wire.messages import FeedRow
from sync_agent.storage.erasing import forget_details, forget_pages
from sync_agent.storage.files import Files

STALE = "feed.file_changed"


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
    files: Files, scope: str, rows: Sequence[FeedRow], before: int, after: int, generation: str
) -> list[SkippedRow]:
    """One slice into link.db; PIN verifiers are keyed with this machine's secret before they are stored."""
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
        link.set_store_cursor(conn, scope, after, generation)
    return skipped


def begin_store_again(files: Files, scope: str) -> None:
    """HQ came back from a backup or forgot our position: the scope is loaded anew. No fact of ours is touched."""
    with transaction(files.link, files.link_path):
        files.link.execute("DELETE FROM orders")
        files.link.execute("DELETE FROM staff")
        for table in customers.TABLES:
            files.link.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables
        files.link.executemany("DELETE FROM document WHERE kind = ?", [(kind,) for kind in link.DOCUMENT_KINDS])
        link.set_store_cursor(files.link, scope, 0, "")


def nodes(files: Files) -> dict[str, link.NodeDoc]:
    """This store's enrolled nodes that are not revoked, by id."""
    return {one.node_id: one for one in link.read_nodes(files.link) if not one.revoked}
