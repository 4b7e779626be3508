"""What of the journals in store.db may leave it for sealed segments now: head office's word alone counts."""

from collections.abc import Mapping, Sequence

import msgspec

from retail_core.durable.engine import transaction
from retail_core.durable.link import read_settings, read_status
from retail_core.durable.retention import Duties, Duty, below_the_last, drop_before_year, note_acked, ripe_through
from retail_core.durable.sealing import Sealer
from retail_core.durable.segments import Anchor, anchors
from retail_core.sync.sender import HQ_PEER
from sync_agent.storage import streams
from sync_agent.storage.files import Files
from sync_agent.storage.streams import Copy


class SealedHealth(msgspec.Struct, frozen=True):
    """Sealed segments beside one database: files still kept, their entries and bytes, and the last day in them."""

    segments: int = 0
    entries: int = 0
    size: int = 0
    last_day: str = ""


def seal_a_slice(files: Files, sealer: Sealer, now_ms: int) -> bool:
    """One slice of sealing; False when nothing is left to do for now."""
    return sealer.step(lambda: _duties(files, now_ms), now_ms)


def sealed_files(files: Files) -> Mapping[str, SealedHealth]:
    """What lies in sealed files of this machine, by database."""
    till = files.till()
    conns = {"store.db": files.store} if till is None else {"store.db": files.store, "till.db": till}
    return {name: _sum(anchors(conn)) for name, conn in conns.items()}


def _sum(found: Sequence[Anchor]) -> SealedHealth:
    kept = [one for one in found if not one.dropped_ms]
    entries = sum(one.last_seq - one.first_seq + 1 for one in kept)
    return SealedHealth(
        len(kept), entries, sum(one.size for one in kept), max((one.last_day for one in kept), default="")
    )


def _duties(files: Files, now_ms: int) -> Duties:
    found = tuple(_duty(files, copy, now_ms) for copy in (*streams.own_copies(files), *streams.kept_copies(files)))
    return Duties(found, drop_before_year(read_status(files.link), read_settings(files.link), now_ms))


def _duty(files: Files, copy: Copy, now_ms: int) -> Duty:
    _, hq = streams.known_at(files, HQ_PEER, copy)
    ours = hq.seq <= copy.head.seq and streams.own_hashes(files, copy, (hq.seq,)).own[0] == hq.chain_hash
    with transaction(files.store, files.store_path):
        note_acked(files.store, copy.source, hq.seq if ours else 0, now_ms)
        ripe = ripe_through(files.store, copy.source, now_ms)
    return Duty(copy.source, min(ripe, below_the_last(files.store, copy.source, copy.head.seq)), copy.base)
