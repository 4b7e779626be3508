"""What of this till's journal may leave till.db for sealed segments now."""

from collections.abc import Sequence

from pos_app.storage import drawer
from pos_app.storage.store import TillStore
from retail_core.durable.engine import Connection
from retail_core.durable.retention import Duties, Duty, below_the_last, note_acked, ripe_through
from retail_core.wire.envelope import StreamId


def seal_a_slice(store: TillStore, drop_before: int) -> bool:
    """One slice of sealing; False when nothing is left to do for now. Files of years before `drop_before` go (0: none)."""
    return store.sealer.step(lambda: _duties(store, drop_before), store.now_ms())


def _duties(store: TillStore, drop_before: int) -> Duties:
    stream, conn, now_ms = store.journal.stream, store.conn, store.now_ms()
    acked = store.acked_by_hq()
    with store.unit():
        note_acked(conn, stream, acked, now_ms)
        ripe = ripe_through(conn, stream, now_ms)
    opened_n = drawer.opened_n(conn, store.session.session_id) if store.session else 0
    newest = Duty(stream, min(ripe, below_the_last(conn, stream, store.journal.head.seq)), before_n=opened_n)
    older = _older(store) if ripe >= _said_again(conn, stream, store.journal.head.seq) else ()
    return Duties((*older, newest), drop_before)


def _older(store: TillStore) -> Sequence[Duty]:
    """Streams of earlier epochs, which nothing follows: what of them head office lacked was said again in the newest."""
    rows = store.conn.execute(
        "SELECT epoch FROM epoch WHERE node = ? AND epoch <> ? ORDER BY n", (store.journal.node, store.journal.epoch)
    )
    streams = [StreamId(store.journal.node, epoch) for (epoch,) in rows]
    return [Duty(one, store.history.head(one).seq, final=True) for one in streams]


def _said_again(conn: Connection, stream: StreamId, head_seq: int) -> int:
    """The last position of the entries that the newest epoch took over from earlier ones, behind its first."""
    row = conn.execute(
        "SELECT s.seq FROM stream s JOIN event e ON e.id = s.id WHERE s.node = ? AND s.epoch = ? AND s.seq > 1"
        " AND e.epoch = s.epoch ORDER BY s.seq LIMIT 1",
        (stream.node, stream.epoch),
    ).fetchone()
    return row[0] - 1 if row else head_seq
