"""Streams as the agent sends them: where its own copy lies, how far each peer has it, and how a neighbour's batch lands."""

from collections.abc import Sequence

import msgspec

from retail_core.durable import inbox, link
from retail_core.durable.engine import Connection, transaction
from retail_core.durable.inbox import append_received, begin_stream, inbox_head, inbox_streams, note_hq
from retail_core.durable.segments import History
from retail_core.sync.inbox import Accept, Keeper, answer_of, decide
from retail_core.sync.push import Checked, Loaded, Record
from retail_core.sync.sender import HQ_PEER
from retail_core.wire.envelope import Head, StreamEntry, StreamId
from retail_core.wire.messages import DamagedAnswer, ForkAnswer, GapAnswer, PushAnswer, PushHeader
from sync_agent.storage.files import Files

Answer = PushAnswer | GapAnswer | ForkAnswer | DamagedAnswer


class Copy(msgspec.Struct, frozen=True):
    """A stream that lies in one of our files: its head here, where our copy begins, and how far HQ is known to be."""

    source: StreamId
    head: Head
    base: Head = Head()
    hq: Head = Head()
    in_till: bool = False


# ── what there is ────────────────────────────────────────────────────────────────────────────────


def till_copy(files: Files) -> Copy | None:
    """The stream the till beside us writes now; None while there is none."""
    conn = files.till()
    if conn is None or not files.config.till_node:
        return None
    row = conn.execute(
        "SELECT epoch FROM epoch WHERE node = ? ORDER BY n DESC LIMIT 1", (files.config.till_node,)
    ).fetchone()
    if row is None:
        return None
    source = StreamId(files.config.till_node, row[0])
    history = files.till_history()
    return Copy(source, history.head(source) if history else Head(), in_till=True)


def own_copies(files: Files) -> Sequence[Copy]:
    """The agent's own journal, oldest epoch first."""
    node = files.config.agent_node
    rows = files.store.execute("SELECT epoch FROM epoch WHERE node = ? ORDER BY n", (node,)).fetchall()
    return [Copy(StreamId(node, epoch), files.history.head(StreamId(node, epoch))) for (epoch,) in rows]


def kept_copies(files: Files) -> Sequence[Copy]:
    """Other machines' streams, oldest epoch first."""
    found: list[Copy] = []
    for source, head, hq in inbox_streams(files.store):
        row = files.store.execute(
            "SELECT base_seq, base_hash FROM inbox WHERE node = ? AND epoch = ?", (source.node, source.epoch)
        ).fetchone()
        found.append(Copy(source, head, Head(*row), hq))
    return found


# ── sending ──────────────────────────────────────────────────────────────────────────────────────


def load(files: Files, copy: Copy, check: Sequence[int], after: int, limit: int) -> Loaded:
    """Answer to a sender's `Load`; a copy that has gone has nothing."""
    history = history_of(files, copy)
    if history is None:
        return Loaded(tuple(None for _ in check), ())
    return Loaded(own_hashes(files, copy, check).own, history.entries_after(copy.source, after, limit))


def own_hashes(files: Files, copy: Copy, seqs: Sequence[int]) -> Checked:
    """Answer to a sender's `Check`."""
    history = history_of(files, copy)
    if history is None:
        return Checked(tuple(None for _ in seqs))
    return Checked(tuple(_hash_at(history, copy.source, copy.base, seq) for seq in seqs))


def known_at(files: Files, peer: str, copy: Copy) -> tuple[Head, Head]:
    """Where to go on towards `peer`, and where HQ is, as far as we know. Wrong guesses are found out by the sender."""
    (there, hq), (at_hq, _) = sent_to(files, peer, copy.source), sent_to(files, HQ_PEER, copy.source)
    known_hq = max(hq, at_hq, copy.hq, copy.base, key=lambda head: head.seq)
    return (there if there.seq > copy.base.seq else known_hq), known_hq


def sent_to(files: Files, peer: str, source: StreamId) -> tuple[Head, Head]:
    """(peer's head, HQ's head) as last recorded for this peer."""
    row = files.store.execute(
        "SELECT through, through_hash, hq_through, hq_hash FROM sent WHERE peer = ? AND node = ? AND epoch = ?",
        (peer, source.node, source.epoch),
    ).fetchone()
    return (Head(row[0], row[1]), Head(row[2], row[3])) if row else (Head(), Head())


def record(files: Files, copy: Copy, peer: str, done: Record, now_ms: int) -> None:
    """Remember how far a peer has a stream, and tell the till beside us about its own."""
    with transaction(files.store, files.store_path):
        files.store.execute(
            "INSERT OR REPLACE INTO sent (peer, node, epoch, through, through_hash, hq_through, hq_hash)"
            " VALUES (?,?,?,?,?,?,?)",
            (
                peer, copy.source.node, copy.source.epoch, done.through.seq, done.through.chain_hash,
                done.hq.seq, done.hq.chain_hash,
            ),
        )  # fmt: skip
        if not copy.in_till:
            note_hq(files.store, copy.source, done.hq)
    if copy.in_till:
        tell_till(files, copy.source, peer, done.through, done.hq, now_ms)


def tell_till(files: Files, source: StreamId, peer: str, through: Head, hq: Head, now_ms: int) -> None:
    """Write the till's own acknowledgements into link.db."""
    with transaction(files.link, files.link_path):
        if hq.seq or peer == link.HQ_PEER:
            link.note_peer(files.link, link.HQ_PEER, source, hq, now_ms)
        if peer != link.HQ_PEER:
            link.note_peer(files.link, peer.partition(":")[0], source, through, now_ms)


def tell_fork(files: Files, source: StreamId, theirs: Head, now_ms: int) -> None:
    """The till went back in time: it must begin a new epoch, and publish again whatever HQ may lack of this branch.

    What was recorded as acknowledged belongs to the other branch, even where its numbers fit; so nothing is known.
    """
    with transaction(files.link, files.link_path):
        link.note_peer(files.link, link.HQ_PEER, source, Head(), now_ms)
        link.note_fork(files.link, source.epoch, f"{theirs.seq} {theirs.chain_hash.hex()}", now_ms)


# ── receiving ────────────────────────────────────────────────────────────────────────────────────


def receive(files: Files, header: PushHeader, entries: Sequence[StreamEntry], now_ms: int) -> Answer:
    """Take a neighbour's batch in, byte for byte, in one transaction; the answer is durable when this returns."""
    try:
        return _receive(files, header, entries, now_ms)
    except OverflowError:  # a number no file can hold: the sender will wrap the entry as damaged, and go on
        return DamagedAnswer()


def _receive(files: Files, header: PushHeader, entries: Sequence[StreamEntry], now_ms: int) -> Answer:
    source, conn = header.stream, files.store
    with transaction(conn, files.store_path):
        here = inbox_head(conn, source)
        base = _base_of(conn, source)
        decision = decide(Keeper.RELAY, here, lambda seq: _hash_at(files.history, source, base, seq), header, entries)
        if not isinstance(decision, Accept):
            return answer_of(decision)
        if decision.begin_at is not None:
            begin_stream(conn, source, decision.begin_at)
        clashes = append_received(conn, source, entries[decision.skip :], files.history.known)
        acked = Head(header.acked_seq, header.acked_hash)
        if acked.seq and _hash_at(files.history, source, _base_of(conn, source), acked.seq) == acked.chain_hash:
            note_hq(conn, source, acked)
        return _answer(conn, source, tuple(clashes), header.clock_ms, now_ms)


def witnessed(files: Files, source: StreamId) -> PushAnswer | None:
    """What we have of a stream and what HQ has, as we know it."""
    if inbox_head(files.store, source) is None:
        return None
    return _answer(files.store, source, (), 0, 0)


def _answer(conn: Connection, source: StreamId, clashes: tuple[int, ...], clock_ms: int, now_ms: int) -> PushAnswer:
    here, hq = inbox_head(conn, source) or Head(), inbox.hq_head(conn, source)
    return PushAnswer(
        here.seq, here.chain_hash.hex(), hq.seq, hq.chain_hash.hex(), clashes, now_ms - clock_ms if clock_ms else 0
    )


def _base_of(conn: Connection, source: StreamId) -> Head:
    row = conn.execute(
        "SELECT base_seq, base_hash FROM inbox WHERE node = ? AND epoch = ?", (source.node, source.epoch)
    ).fetchone()
    return Head(*row) if row else Head()


def _hash_at(history: History, source: StreamId, base: Head, seq: int) -> bytes | None:
    return base.chain_hash if seq == base.seq else history.chain_hash_at(source, seq)


def history_of(files: Files, copy: Copy) -> History | None:
    return files.till_history() if copy.in_till else files.history
