"""Entries of the journals here that the store role read and could make nothing of: a till of a newer release wrote them.

They are read again by the first program that understands them. In which order facts are folded does not matter.
Everything belongs into the caller's transaction.
"""

from collections.abc import Sequence

from retail_core.wire.envelope import StreamEntry, StreamId
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Copy, history_of

MAX_UNREAD = 10_000
"""In all; of more the store role does not hear after an upgrade, and head office does."""


def keep(files: Files, source: StreamId, seq: int) -> None:
    """This program does not understand it."""
    files.store.execute(
        "INSERT OR IGNORE INTO unread (node, epoch, seq) SELECT ?, ?, ? WHERE (SELECT count(*) FROM unread) < ?",
        (source.node, source.epoch, seq, MAX_UNREAD),
    )


def take(files: Files, copy: Copy) -> Sequence[StreamEntry]:
    """Those of a journal, to be read again; one that still nobody understands is kept anew."""
    where = copy.source.node, copy.source.epoch
    seqs = files.store.execute("SELECT seq FROM unread WHERE node = ? AND epoch = ? ORDER BY seq", where).fetchall()
    history = history_of(files, copy)
    if history is None:
        return ()
    files.store.execute("DELETE FROM unread WHERE node = ? AND epoch = ?", where)
    return [placed for (seq,) in seqs for placed in history.entries_after(copy.source, seq - 1, 1)]
