"""What client and server say to each other on both hops, apart from the batches themselves."""

import hashlib
from typing import Annotated

import msgspec

from retail_core.domain.claims import ClaimKind
from retail_core.domain.errors import Fact
from retail_core.wire.envelope import GENESIS, StreamId

MAX_EVENTS_PER_BATCH = 500
MAX_COMPRESSED_BYTES = 1024 * 1024
MAX_EXPANDED_BYTES = 16 * 1024 * 1024
MAX_PULL_LIMIT = 5_000
MAX_PULL_WAIT_S = 25
MAX_ACCEPTS_CHARS = 4_000
"""Room for the kinds of many releases to come: a reader that knows more than its peer is not turned away for it."""
MAX_SEQ = 2**53 - 1  # every database and every JSON reader can hold it
CONTENT_TYPE = "application/x-ndjson"
WORD_HEADER = "Sync-Word"
"""On HQ's pages of a store's scope: that it spoke just now, signed, for whoever hears of it by way of a neighbour."""


class PushHeader(msgspec.Struct, frozen=True):
    """The head of one push: which stream, what comes before the batch, and what the sender knows HQ has."""

    node: str
    epoch: str
    from_seq: int
    prev_hash: bytes = GENESIS
    clock_ms: int = 0
    acked_seq: int = 0
    acked_hash: bytes = GENESIS

    @property
    def stream(self) -> StreamId:
        return StreamId(self.node, self.epoch)

    def to_http(self) -> dict[str, str]:
        """The `Sync-*` headers of a push."""
        return {
            "Sync-Node": self.node,
            "Sync-Epoch": self.epoch,
            "Sync-From": str(self.from_seq),
            "Sync-Prev": self.prev_hash.hex(),
            "Sync-Clock": str(self.clock_ms),
            "Sync-Acked": f"{self.acked_seq} {self.acked_hash.hex()}",
        }

    @classmethod
    def from_http(cls, get: "dict[str, str]") -> "PushHeader":
        """From lower-case header names. Raises ValueError or KeyError for anything malformed."""
        acked_seq, _, acked_hash = get.get("sync-acked", f"0 {GENESIS.hex()}").partition(" ")
        header = cls(
            get["sync-node"][:80], get["sync-epoch"][:40], int(get["sync-from"]), bytes.fromhex(get["sync-prev"]),
            int(get.get("sync-clock", "0")), int(acked_seq), bytes.fromhex(acked_hash),
        )  # fmt: skip
        if len(header.prev_hash) != 32 or len(header.acked_hash) != 32:
            raise ValueError("not a hash")
        if not (
            0 <= header.from_seq <= MAX_SEQ and 0 <= header.acked_seq <= MAX_SEQ and abs(header.clock_ms) <= MAX_SEQ
        ):
            raise ValueError("impossible position")
        return header


class Pace(msgspec.Struct, frozen=True):
    """How the receiver would like the next batch."""

    max_events: int = MAX_EVENTS_PER_BATCH
    delay_ms: int = 0


class PushAnswer(msgspec.Struct, frozen=True):
    """200: everything up to `through` is durable here; `hq_through` is what HQ has of this stream."""

    through: int
    through_hash: str
    hq_through: int = 0
    hq_through_hash: str = ""
    quarantined: tuple[int, ...] = ()
    clock_offset_ms: int = 0
    next: Pace = Pace()


class GapAnswer(msgspec.Struct, frozen=True, tag_field="code", tag="gap"):
    """409: the receiver lacks what comes before; resend from `expected` (seq of the first entry wanted)."""

    expected: int


class ForkAnswer(msgspec.Struct, frozen=True, tag_field="code", tag="fork"):
    """409: the receiver has other facts at these positions; nothing was stored."""

    through: int
    through_hash: str


class DamagedAnswer(msgspec.Struct, frozen=True, tag_field="code", tag="damaged"):
    """422: the bytes do not fit their chain or signature; `seq` is the first bad one when it can be told."""

    seq: int | None = None


class FeedRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change of the feed. `doc` is absent on a deletion."""

    rev: int
    kind: str
    key: str
    op: str = "put"
    v: int = 1
    doc: msgspec.Raw = msgspec.Raw(b"null")


class PageHead(msgspec.Struct, frozen=True):
    """What HQ signs of a page, and what travels in its headers."""

    scope: str
    from_rev: int
    to_rev: int
    head: int
    generation: str

    def signed_bytes(self, body: bytes) -> bytes:
        """The text under the signature; `body` is the uncompressed NDJSON."""
        digest = hashlib.sha256(body).hexdigest()
        return (
            f"tillsync-page\n{self.scope}\n{self.from_rev}\n{self.to_rev}\n{self.head}\n{self.generation}\n{digest}"
        ).encode()


class SnapshotManifest(msgspec.Struct, frozen=True):
    """A prebuilt reference database: what it is, how to check it, and its key sealed to the node that asks."""

    id: str
    zone: str
    file: str
    size: int
    sha256: str
    schema: int
    generation: str
    cursors: dict[str, int]
    sealed_key: str
    signature: str = ""
    fewer_on_purpose: bool = False
    """Somebody at head office said that it may have far fewer items than the one before."""

    def signed_bytes(self) -> bytes:
        """The text under HQ's signature; the sealed key differs by reader and is left out."""
        cursors = ",".join(f"{scope}={rev}" for scope, rev in sorted(self.cursors.items()))
        purpose = "\nfewer" if self.fewer_on_purpose else ""
        return (
            f"tillsync-snapshot\n{self.id}\n{self.zone}\n{self.file}\n{self.size}\n{self.sha256}\n"
            f"{self.schema}\n{self.generation}\n{cursors}{purpose}"
        ).encode()


class EnrolRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine asks to belong to a store. Keys are public ones; the private keys never leave the machine."""

    code: str
    agent_public_key: str
    tls_csr_pem: str
    till_public_key: str | None = None


class CertificateRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An agent wants a newer certificate for its LAN server; its key stays the same."""

    tls_csr_pem: str


class CertificateAnswer(msgspec.Struct, frozen=True):
    tls_cert_pem: str


class EnrolAnswer(msgspec.Struct, frozen=True):
    """What the machine needs to know from now on."""

    store: str
    store_name: str
    zone: str
    timezone: str
    currency: str
    register: str
    role: str
    agent_node: str
    till_node: str | None
    series: tuple[str, ...]
    ca_pem: str
    tls_cert_pem: str
    feed_public_key: str
    store_role: bool = False
    peers: tuple[str, ...] = ()


class SharedRow(msgspec.Struct, frozen=True):
    """The newest state of one thing the tills of a store tell one another; `null` when it is gone."""

    kind: str
    key: str
    rev: int
    doc: msgspec.Raw


class SharedPage(msgspec.Struct, frozen=True):
    """What is new since a revision. `whole`: the asker knew another source, and this replaces all it has."""

    source: str
    rev: int
    rows: tuple[SharedRow, ...]
    whole: bool = False


class ClaimRequest(msgspec.Struct, frozen=True):
    """ "I am working on this", for so long. A duration, because clocks in shops differ. A newer machine may say more."""

    kind: ClaimKind
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    for_ms: int


class ClaimReply(msgspec.Struct, frozen=True):
    """Granted for so long, or who has it. `told`: the newest state of the thing, so that nobody goes by an older one."""

    granted: bool
    holder: str = ""
    for_ms: int = 0
    told: SharedPage | None = None


class ErrorBody(msgspec.Struct, frozen=True):
    """Every error of every API: a stable code, a plain English message, and the facts."""

    code: str
    message: str
    facts: dict[str, Fact] = {}
