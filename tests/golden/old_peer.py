"""A head office, or a machine with the store role, that answers exactly as a version of yesterday did, over TLS.

What it says is taken from the recording. It makes up nothing but positions of a stream, in the recorded shape: a machine
of today pushes its own journal, which no recording can foresee.
"""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zstandard

from retail_core.trust.keys import b64
from retail_core.trust.seal import seal
from retail_core.wire.batch import decode_batch, expand
from retail_core.wire.envelope import Head, StreamEntry, StreamId
from retail_core.wire.messages import PushHeader
from tests.golden.releases import Release
from tests.support.https import Answer, Asked, answering

LONGEST_WAIT_S = 0.5


@dataclass
class OldPeer:
    """`asks` is the public key snapshots are sealed to; `hello` what `/health` of a store role says."""

    release: Release
    port: int
    asks: str = ""
    hello: Mapping[str, Any] = field(default_factory=dict[str, Any])
    streams: dict[StreamId, list[StreamEntry]] = field(default_factory=dict[StreamId, list[StreamEntry]])
    closing: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def types(self, node: str) -> list[str]:
        """What was pushed of a node, in order."""
        with self.guard:
            return [at.entry.type for source, took in self.streams.items() if source.node == node for at in took]

    def answer(self, request: Asked) -> Answer:
        path, asked, body = request.path, request.query, request.body
        match request.method, path:
            case "GET", "/health":
                return _json(self.hello or self.release.told["health"])
            case "POST", "/v1/token":
                return _json(self.release.told["token"])
            case "POST", "/v1/push":
                return self._push(PushHeader.from_http(dict(request.headers)), body)
            case "GET", "/v1/witness":
                took = self.streams.get(StreamId(asked["node"], asked["epoch"]))
                return self._position(took, 0) if took else Answer(404, b'{"code":"stream.unknown","message":""}')
            case "GET", "/v1/pull":
                return self._page(asked["scope"], int(asked["cursor"]), float(asked.get("wait", "0")))
            case "GET", "/v1/shared":
                return self._shared(asked["source"], float(asked.get("wait", "0")))
            case "POST", "/v1/claim":
                kind = json.loads(body)["kind"]
                said = {one["asked"]["kind"]: one["answered"] for one in self.release.neighbour["claims"]}
                return _json(said[kind]) if kind in said else Answer(400, b'{"code":"claim.malformed","message":""}')
            case _ if path == f"/v1/snapshot/{self.release.told['manifest']['zone']}":
                sealed = b64(seal(self.asks, bytes.fromhex(self.release.told["catalogue_key"])))
                return _json({**self.release.told["manifest"], "sealed_key": sealed})
            case _ if path.startswith("/v1/snapshot/file/"):
                return Answer(200, self.release.catalogue.read_bytes(), {"Content-Type": "application/zstd"})
            case _:
                return Answer(404, b'{"code":"http.404","message":"not here"}')

    def _push(self, header: PushHeader, body: bytes) -> Answer:
        entries = decode_batch(header.stream, Head(header.from_seq, header.prev_hash), expand([body]))
        with self.guard:
            took = self.streams.setdefault(header.stream, [])
            if header.from_seq != len(took):
                return Answer(409, json.dumps({"code": "gap", "expected": len(took) + 1}).encode())
            took += entries
        return self._position(took, header.clock_ms)

    def _position(self, took: list[StreamEntry], clock_ms: int) -> Answer:
        at = took[-1]
        now = {"through": at.seq, "through_hash": at.chain_hash.hex(), "hq_through": at.seq}
        now |= {"hq_through_hash": at.chain_hash.hex(), "quarantined": [], "clock_offset_ms": 0}
        return _json({name: now.get(name, said) for name, said in self.release.told["push"].items()})

    def _page(self, scope: str, cursor: int, wait_s: float) -> Answer:
        pages = {page["cursor"]: page for page in self.release.told["pages"].get(scope, ())}
        if cursor not in pages:
            return Answer(410, b'{"code":"feed.cursor_too_old","message":"load a snapshot"}')
        page = pages[cursor]
        if not page["body"]:
            self.closing.wait(min(wait_s, LONGEST_WAIT_S))
        packed = zstandard.ZstdCompressor().compress(page["body"].encode())
        return Answer(200, packed, page["headers"])

    def _shared(self, source: str, wait_s: float) -> Answer:
        page = self.release.neighbour["shared"]
        if source == page["source"]:
            self.closing.wait(min(wait_s, LONGEST_WAIT_S))
            return Answer(204)
        return _json(page)


def _json(document: Any) -> Answer:
    return Answer(200, json.dumps(document).encode(), {"Content-Type": "application/json"})


@contextlib.contextmanager
def serving(peer: OldPeer, certificate: Path, key: Path, password: str) -> Iterator[list[str]]:
    """Answers on `peer.port` until the end; yields what it could not answer."""
    with answering(peer.port, peer.answer, (certificate, key, password)) as faults:
        try:
            yield faults
        finally:
            peer.closing.set()
