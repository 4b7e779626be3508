"""The stand-in for an entry whose bytes no longer match its chain, so that the stream never stops.

It is sent under the same position and keeps the place in both chains: the entry hash is the one the origin once signed,
and the signature of a following entry vouches for it. What is left of the content goes along for people to look at.
"""

import base64
import hashlib

import msgspec

from retail_core.domain.events import SyncDamaged
from retail_core.wire.envelope import StreamEntry
from retail_core.wire.events import encode_event

MAX_RAW_BYTES = 64 * 1024
ID_PREFIX = "damaged-"


def stand_in(placed: StreamEntry) -> StreamEntry:
    """`sync.damaged` in the place of an entry: same position and hashes, another id, no signature of its own.

    The id follows from what is left, so the same stand-in made twice is one event.
    """
    entry = placed.entry
    digest = hashlib.sha256(entry.body).hexdigest()
    raw = base64.b64encode(entry.body[:MAX_RAW_BYTES]).decode("ascii")
    type_, version, body = encode_event(SyncDamaged(digest, raw, entry.id))
    mark = hashlib.sha256(entry.entry_hash + entry.body).hexdigest()[:32]
    replaced = msgspec.structs.replace(
        entry, id=ID_PREFIX + mark, type=type_, v=version, body=body, private=None, sig=b""
    )
    return msgspec.structs.replace(placed, entry=replaced)
