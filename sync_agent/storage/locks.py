"""Locks of other tills: those the till beside us decided, from its journal, and all that are known, in link.db."""

from collections.abc import Mapping, Sequence

import msgspec

from retail_core.domain.errors import RuleViolationError
from retail_core.domain.events import TillLocked
from retail_core.durable.engine import transaction
from retail_core.durable.locks import put_locks, read_locks
from retail_core.trust.locks import TillLock
from retail_core.wire.events import decode_event
from sync_agent.storage.files import Files

READ_AT_ONCE = 100
NOTE_EVERY = 500
"""Entries read again after a restart, so that not every sale costs a note of how far was read."""


class OwnAct(msgspec.Struct, frozen=True):
    """One act of the till beside us, and where it stands."""

    n: int
    at_ms: int
    event: TillLocked


def known(files: Files) -> Mapping[str, TillLock]:
    return read_locks(files.link)


def keep(files: Files, locks: Sequence[TillLock]) -> None:
    with transaction(files.link, files.link_path):
        put_locks(files.link, locks)


def own_acts(files: Files) -> Sequence[OwnAct]:
    """What the till beside us decided and nobody was told yet, in order. A till put back from a copy is read anew."""
    conn = files.till()
    if conn is None or not files.config.till_node:
        return ()
    read = files.store.execute("SELECT n FROM lock_read").fetchone()
    head = conn.execute("SELECT max(n) FROM event").fetchone()[0] or 0
    after = read[0] if read and read[0] <= head else 0
    rows = conn.execute(
        "SELECT n, type, v, at, body FROM event WHERE n > ? AND n <= ? AND type = 'till.locked' AND node = ? ORDER BY n LIMIT ?",
        (after, head, files.config.till_node, READ_AT_ONCE),
    ).fetchall()
    found: list[OwnAct] = []
    for n, type_, v, at_ms, body in rows:
        try:
            event = decode_event(type_, v, bytes(body))
        except RuleViolationError:  # of a newer till
            continue
        if isinstance(event, TillLocked) and event.nodes:
            found.append(OwnAct(n, at_ms, event))
    if not found and head - after >= NOTE_EVERY:
        note_read(files, head)
    return found


def note_read(files: Files, n: int) -> None:
    """What stands up to `n` is known here."""
    with transaction(files.store, files.store_path):
        files.store.execute("INSERT OR REPLACE INTO lock_read (one, n) VALUES (1, ?)", (n,))
