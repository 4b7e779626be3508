"""A head office, or a machine with the store role, that answers exactly as a version of yesterday did, over TLS.

What it says is taken from the recording. It makes up nothing but positions of a stream, in the recorded shape: a machine
of today pushes its own journal, which no recording can foresee.
"""

import contextlib
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import zstandard

from retail_core.trust.keys import b64
from retail_core.trust.seal import seal
from retail_core.wire.batch import decode_batch, expand
from retail_core.wire.envelope import Head, StreamEntry, StreamId
from retail_core.wire.messages import PushHeader
from tests.golden.releases import Release

LOOPBACK = "127.0.0.1"
LONGEST_WAIT_S = 0.5


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass
class OldPeer:
    """`asks` is the public key snapshots are sealed to; `hello` what `/health` of a store role says."""

    release: Release
    port: int
    asks: str = ""
    hello: Mapping[str, Any] = field(default_factory=dict[str, Any])
    streams: dict[StreamId, list[StreamEntry]] = field(default_factory=dict[StreamId, list[StreamEntry]])
    refused: list[str] = field(default_factory=list[str])
    closing: threading.Event = field(default_factory=threading.Event)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def types(self, node: str) -> list[str]:
        """What was pushed of a node, in order."""
        with self.guard:
            return [at.entry.type for source, took in self.streams.items() if source.node == node for at in took]

    def answer(self, method: str, path: str, asked: Mapping[str, str], fields: dict[str, str], body: bytes) -> Answer:
        match method, path:
            case "GET", "/health":
                return _json(self.hello or self.release.told["health"])
            case "POST", "/v1/token":
                return _json(self.release.told["token"])
            case "POST", "/v1/push":
                return self._push(PushHeader.from_http(fields), body)
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
def serving(peer: OldPeer, certificate: Path, key: Path, password: str) -> Iterator[OldPeer]:
    """Answers on `peer.port` until the end; whatever it could not answer stands in `peer.refused`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the test says what matters."""

        def _do(self) -> None:
            url = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            fields = {name.lower(): value for name, value in self.headers.items()}
            try:
                answer = peer.answer(self.command, url.path, asked, fields, body)
            except Exception as bad:  # noqa: BLE001 - whatever it was, the test has to hear of it
                peer.refused.append(f"{self.command} {self.path}: {bad!r}")
                answer = Answer(500)
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

    class Listening(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A caller that hangs up is no fault here."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key, password)
    server = Listening((LOOPBACK, peer.port), Handler)
    # the handshake belongs to the connection's own thread: who connects and is silent must not hold the others up
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="old peer")
    thread.start()
    try:
        yield peer
    finally:
        peer.closing.set()
        server.shutdown()
        thread.join(10)
        server.server_close()
