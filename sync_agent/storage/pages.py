"""Signed pages of the feed as they came from HQ, kept to serve them to neighbours unchanged. Bounded per scope."""

import msgspec

from retail_core.durable.engine import transaction
from retail_core.wire.messages import PageHead
from sync_agent.storage.files import Files

KEPT_PAGES = 64


class PulledPage(msgspec.Struct, frozen=True):
    """A page as it came: compressed body, the head its signature covers, and the signature."""

    head: PageHead
    packed: bytes
    signature: bytes


def keep(files: Files, page: PulledPage, now_ms: int) -> None:
    """Keep a page whose signature was checked; pages of another generation and the oldest beyond the bound go."""
    head, conn = page.head, files.store
    with transaction(conn, files.store_path):
        conn.execute("DELETE FROM page WHERE scope = ? AND generation <> ?", (head.scope, head.generation))
        conn.execute(
            "INSERT OR REPLACE INTO page (scope, from_rev, to_rev, head, generation, packed, signature, at_ms)"
            " VALUES (?,?,?,?,?,?,?,?)",
            (
                head.scope, head.from_rev, head.to_rev, head.head, head.generation, page.packed, page.signature,
                now_ms,
            ),
        )  # fmt: skip
        conn.execute(
            "DELETE FROM page WHERE scope = ?1 AND from_rev NOT IN"
            " (SELECT from_rev FROM page WHERE scope = ?1 ORDER BY from_rev DESC LIMIT ?2)",
            (head.scope, KEPT_PAGES),
        )


def page_from(files: Files, scope: str, cursor: int) -> PulledPage | None:
    """The kept page that begins at `cursor` and brings something, or None."""
    row = files.store.execute(
        "SELECT to_rev, head, generation, packed, signature FROM page WHERE scope = ? AND from_rev = ? AND to_rev > ?",
        (scope, cursor, cursor),
    ).fetchone()
    if row is None:
        return None
    to_rev, head, generation, packed, signature = row
    return PulledPage(PageHead(scope, cursor, to_rev, head, generation), packed, signature)
