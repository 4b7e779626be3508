"""Drawers as the journals on this machine have them: read again each time this machine begins to tell, so that a drawer that was
opened before a take-over, before an upgrade or before our file was put back is known all the same.
"""

from collections.abc import Sequence

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import DrawerClosed, DrawerCounted, DrawerMoved, DrawerOpened
from retail_core.domain.origin import Origin
from retail_core.domain.shared_drawer import SharedDrawer, drawer_merged, drawer_told, is_left_behind
from retail_core.durable import link
from retail_core.durable.engine import Connection
from retail_core.wire.events import decode_event
from sync_agent.storage.files import Files

READ_BACK = 100_000
"""The newest entries of each file: days of a large store, months of a small one. A quarter of a second of one core."""
_NEWEST = (
    "SELECT node, actor, epoch, seq, at, biz_date, type, v, body FROM event"
    " WHERE n > (SELECT coalesce(max(n), 0) FROM event) - ?"
    " AND type IN ('drawer.opened', 'drawer.moved', 'drawer.counted', 'drawer.closed')"
)


def told_by_journals(files: Files, closed_since_ms: int) -> Sequence[SharedDrawer]:
    """Drawers that are open, and those closed since then."""
    found: dict[str, SharedDrawer] = {}
    for conn in (files.store, files.till()):
        for news in _newest(conn) if conn else ():
            found[news.session_id] = drawer_merged(found.get(news.session_id), news) or found[news.session_id]
    return [one for one in found.values() if one.end is None or one.end.at_ms >= closed_since_ms]


def _newest(conn: Connection) -> Sequence[SharedDrawer]:
    told: list[SharedDrawer] = []
    for node, actor, epoch, seq, at, biz_date, kind, v, body in conn.execute(_NEWEST, (READ_BACK,)):
        try:
            event = decode_event(kind, v, body)
        except RuleViolationError:  # a shape of a newer program
            continue
        if isinstance(event, DrawerOpened | DrawerMoved | DrawerCounted | DrawerClosed):
            news = drawer_told(event, Origin(node, actor, f"{node}/{epoch}", seq, at, biz_date))
            told += [news] if news else []
    return told


def is_over(files: Files, drawer: SharedDrawer, everybody: Sequence[SharedDrawer]) -> bool:
    """Closed, or open and nobody will close it any more. `everybody` are the drawers that are told."""
    nodes = link.read_nodes(files.link)
    registers = {one.node_id: one.register for one in nodes}
    revoked = {one.node_id for one in nodes if one.revoked}
    return drawer.end is not None or is_left_behind(drawer, everybody, registers, revoked)
