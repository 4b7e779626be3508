"""The store role's copy of other machines' streams: the journal's own tables, byte for byte, plus how far each came.

Also used by any agent that keeps the second copy of a neighbour. Appending is idempotent: an id already here is not
written again, whichever stream it comes by.
"""

from collections.abc import Callable, Sequence

import msgspec

from retail_core.durable.engine import Connection
from retail_core.durable.journal import INSERT_STREAM, TWIN_MARK, insert_event, place_again
from retail_core.wire.envelope import Entry, Head, StreamEntry, StreamId

INBOX_TABLES = (
    """CREATE TABLE inbox (
        node TEXT NOT NULL, epoch TEXT NOT NULL, base_seq INTEGER NOT NULL, base_hash BLOB NOT NULL,
        through INTEGER NOT NULL, through_hash BLOB NOT NULL,
        hq_through INTEGER NOT NULL DEFAULT 0, hq_hash BLOB NOT NULL DEFAULT x'',
        PRIMARY KEY (node, epoch)) WITHOUT ROWID""",
)

Known = Callable[[str], tuple[bytes, bytes, bytes] | None]
"""(body, entry hash, signature) of an id, if it is known."""


def inbox_head(conn: Connection, stream: StreamId) -> Head | None:
    """How far a stream is durable here, or None for a stream never seen."""
    row = conn.execute(
        "SELECT through, through_hash FROM inbox WHERE node = ? AND epoch = ?", (stream.node, stream.epoch)
    ).fetchone()
    return Head(*row) if row else None


def begin_stream(conn: Connection, stream: StreamId, base: Head) -> None:
    """Start keeping a stream above `base`, which HQ already has."""
    conn.execute(
        "INSERT OR IGNORE INTO inbox (node, epoch, base_seq, base_hash, through, through_hash, hq_through, hq_hash)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (stream.node, stream.epoch, base.seq, base.chain_hash, base.seq, base.chain_hash, base.seq, base.chain_hash),
    )


def append_received(
    conn: Connection, stream: StreamId, entries: Sequence[StreamEntry], sealed: Known = lambda _: None
) -> list[int]:
    """Append entries in the caller's transaction; returns positions whose id is known with other content.

    Both contents are kept, so the stream goes on and travels up as it came; HQ opens a case for the second one. `sealed`
    knows entries that have left the file.
    """
    clashes: list[int] = []
    for placed in entries:
        entry = placed.entry
        known = conn.execute("SELECT body, entry_hash, sig FROM event WHERE id = ?", (entry.id,)).fetchone()
        known = known or sealed(entry.id)
        kept_as = entry.id
        if known is None:
            insert_event(conn, entry)
        elif known[1] != entry.entry_hash:
            kept_as = _keep_twin(conn, entry)
            if known[0] != entry.body:
                clashes.append(placed.seq)
        else:
            place_again(conn, entry)
            if entry.sig and not known[2]:  # it came first in the middle of a batch, whose end was signed for it
                conn.execute("UPDATE event SET sig = ? WHERE id = ? AND sig = x''", (entry.sig, entry.id))
        conn.execute(INSERT_STREAM, (stream.node, stream.epoch, placed.seq, kept_as, placed.chain_hash))
    if entries:
        last = entries[-1]
        conn.execute(
            "UPDATE inbox SET through = ?, through_hash = ? WHERE node = ? AND epoch = ?",
            (last.seq, last.chain_hash, stream.node, stream.epoch),
        )
    return clashes


def _keep_twin(conn: Connection, entry: Entry) -> str:
    """Keep a second content of an id under a name of its own; returns the name."""
    kept_as = f"{entry.id}{TWIN_MARK}{entry.entry_hash.hex()}"
    if conn.execute("SELECT 1 FROM event WHERE id = ?", (kept_as,)).fetchone() is None:
        insert_event(conn, msgspec.structs.replace(entry, id=kept_as))
    else:
        place_again(conn, entry, kept_as)
    return kept_as


def note_hq(conn: Connection, stream: StreamId, at: Head) -> None:
    """Remember how far HQ has a stream; never goes back."""
    conn.execute(
        "UPDATE inbox SET hq_through = ?, hq_hash = ? WHERE node = ? AND epoch = ? AND hq_through < ?",
        (at.seq, at.chain_hash, stream.node, stream.epoch, at.seq),
    )


def hq_head(conn: Connection, stream: StreamId) -> Head:
    """How far HQ is known to have a stream."""
    row = conn.execute(
        "SELECT hq_through, hq_hash FROM inbox WHERE node = ? AND epoch = ?", (stream.node, stream.epoch)
    ).fetchone()
    return Head(row[0], row[1] or Head().chain_hash) if row else Head()


def inbox_streams(conn: Connection) -> tuple[tuple[StreamId, Head, Head], ...]:
    """Every stream kept here with (through, HQ's through), oldest epoch first."""
    rows = conn.execute(
        "SELECT node, epoch, through, through_hash, hq_through, hq_hash FROM inbox ORDER BY epoch, node"
    )
    return tuple(
        (StreamId(node, epoch), Head(seq, hashed), Head(hq_seq, hq_hash or Head().chain_hash))
        for node, epoch, seq, hashed, hq_seq, hq_hash in rows
    )
